/** What a random step of the tenancy test does: who, where, with whose ids; and what the model says of it. */
import type { Permission } from "#contract/permissions.ts";
import type { Answer } from "./http.ts";
import type { Person } from "./people.ts";
import type { ModelMember, ModelTenant } from "./tenancy-model.ts";

export interface Step {
  kind: string;
  from: "owner" | "insider" | "neighbour" | "anybody";
  who: number;
  /** In which of the two. */
  second: boolean;
  /** With an id of the other tenant in place of one of the tenant's own. */
  crossed: boolean;
  target: number;
  /** Further ones, where a step takes several at once. */
  more: number[];
  role: number;
  permissions: Permission[];
}

export interface Scene {
  here: ModelTenant;
  there: ModelTenant;
  person: Person;
  /** Everybody who may belong to one or the other. */
  crowd: Person[];
  step: Step;
}

export interface Deed {
  /** Who does it, where that is not whoever the step chose. */
  by?: Person;
  /** By the model. With an id of the other tenant never. */
  allowed: boolean;
  /** Asked of no workspace: what a stranger is told says nothing of one. */
  aboveTenants?: boolean;
  /** Ids that the answer may repeat: it says of each that was asked for what became of it. */
  repeats?: string[];
  send(): Promise<Answer>;
  /** After a success: waits for what goes on behind it. */
  settle?(): Promise<unknown>;
  /** What a success changes in the model. */
  apply(answer: Answer): void | Promise<void>;
}

/** Null: nothing to do, as there is nobody, no role, no channel to do it with. */
export type Doing = (scene: Scene) => Deed | null;

export const pick = <Item>(items: Item[], index: number): Item | undefined => items[index % Math.max(1, items.length)];

/** One to four, each once; when crossed, one of them is the other tenant's. */
export function pickSeveral<Item>(own: Item[], foreign: Item[], { crossed, target, more }: Step): Item[] {
  const picked = [target, ...more].map((index, place) => pick(crossed && place === 0 ? foreign : own, index));
  return [...new Set(picked)].filter((item) => item !== undefined);
}

/** Mostly one of the tenant's own making: that the built-in ones stay as they are is soon seen. */
export const pickToTouch = ({ roles }: ModelTenant, index: number) =>
  pick(index % 5 === 0 ? roles : roles.filter(({ builtIn }) => !builtIn), index);

export const idsOf = (members: ModelMember[]) => members.map(({ memberId }) => memberId);
