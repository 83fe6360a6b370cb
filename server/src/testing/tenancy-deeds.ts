/** What a random step of the tenancy test does: who acts, where, with whose ids, and what the model says about it. */
import type { Permission } from "#contract/permissions.ts";
import type { Answer } from "./http.ts";
import type { Person } from "./people.ts";
import type { ModelMember, ModelTenant } from "./tenancy-model.ts";

export interface Step {
  kind: string;
  from: "owner" | "insider" | "neighbour" | "anybody";
  who: number;
  /** Whether it is in the second of the two tenants. */
  second: boolean;
  /** Whether an id of the other tenant takes the place of one of the tenant's own. */
  crossed: boolean;
  target: number;
  /** More targets, for a step that takes several. */
  more: number[];
  role: number;
  permissions: Permission[];
}

export interface Scene {
  here: ModelTenant;
  there: ModelTenant;
  person: Person;
  /** Everybody who may belong to either tenant. */
  crowd: Person[];
  step: Step;
}

export interface Deed {
  /** Who acts, if it is not the person whom the step chose. */
  by?: Person;
  /** Whether the model allows it. With an id of the other tenant it never does. */
  allowed: boolean;
  /** Whether the request names no workspace, so that its answer says nothing about one. */
  aboveTenants?: boolean;
  /** Ids of the other tenant that the answer may repeat, because it reports on each requested id. */
  repeats?: string[];
  send(): Promise<Answer>;
  /** After a success: waits for work in the background. */
  settle?(): Promise<unknown>;
  /** Applies a success to the model. */
  apply(answer: Answer): void | Promise<void>;
}

/** Null if there is nothing to do, because the person, role or channel for it does not exist. */
export type Doing = (scene: Scene) => Deed | null;

export const pick = <Item>(items: Item[], index: number): Item | undefined => items[index % Math.max(1, items.length)];

/** Picks one to four different items. If the step is crossed, the first is the other tenant's. */
export function pickSeveral<Item>(own: Item[], foreign: Item[], { crossed, target, more }: Step): Item[] {
  const picked = [target, ...more].map((index, place) => pick(crossed && place === 0 ? foreign : own, index));
  return [...new Set(picked)].filter((item) => item !== undefined);
}

/** Mostly picks a custom role. Built-in ones are picked rarely, because they only ever refuse changes. */
export const pickToTouch = ({ roles }: ModelTenant, index: number) =>
  pick(index % 5 === 0 ? roles : roles.filter(({ builtIn }) => !builtIn), index);

export const idsOf = (members: ModelMember[]) => members.map(({ memberId }) => memberId);
