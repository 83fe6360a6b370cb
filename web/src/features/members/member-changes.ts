import { MAX_MEMBERS_AT_ONCE } from "#contract/http/members.ts";
import type { Member } from "../../api/types.ts";
import { counted, people } from "../../ui/counted.ts";

/** A change that can be made to one or many members at once. */
export type MemberChange = "changeRole" | "suspend" | "reactivate" | "remove";

/** The ability that each change needs, by its name in the API. */
export const ABILITY = { changeRole: "changeRole", suspend: "suspend", reactivate: "suspend", remove: "remove" } as const;

/** "Ada Okafor", "3 people". */
export const whom = (members: readonly Member[]) =>
  members.length === 1 && members[0] ? members[0].name : people(members.length);

const VERBS: Record<MemberChange, string> = {
  changeRole: "Change role",
  suspend: "Suspend",
  reactivate: "Reactivate",
  remove: "Remove",
};

/** "Suspend…": for a button beside the person or the selection. The dots announce a question. */
export const shortLabel = (change: MemberChange) => `${VERBS[change]}…`;

/** "Change role of 3 people", "Remove Ada Okafor". */
export const doWords = (change: MemberChange, members: readonly Member[]) =>
  `${VERBS[change]}${change === "changeRole" ? " of" : ""} ${whom(members)}`;

/** Why the change can't be made to all of these members; null if it can. */
export function whyNotAll(change: MemberChange, members: readonly Member[]): string | null {
  const unchangeable = members.filter(({ can }) => !can[ABILITY[change]]);
  const [first] = unchangeable;
  if (!first) return null;
  const reason = first.why[ABILITY[change]] ?? "";
  // A reason that is about this person's own role is the same for everybody.
  if (unchangeable.length === members.length && members.every(({ why }) => why[ABILITY[change]] === reason)) return reason;
  const others = unchangeable.length - 1;
  return `${first.name}: ${reason}${others > 0 ? ` And ${counted(others, "other", "others")}.` : ""}`;
}

/** The selected members that a change applies to. In a selection too large to check by hand, those that can't be changed are left out. */
export function targetsOf(change: MemberChange, members: readonly Member[]): Member[] {
  const all = affected(change, members);
  const able = all.length > MAX_MEMBERS_AT_ONCE ? all.filter(({ can }) => can[ABILITY[change]]) : all;
  return able.length > 0 ? able : all;
}

/** The members that a change would alter: only active ones can be suspended, only suspended ones reactivated. */
export function affected(change: MemberChange, members: readonly Member[]): Member[] {
  if (change === "suspend") return members.filter(({ status }) => status === "active");
  if (change === "reactivate") return members.filter(({ status }) => status === "suspended");
  return [...members];
}

/** "3 people were removed." */
export function doneWords(change: MemberChange, members: readonly Member[], roleName: string): string {
  const who = whom(members);
  const were = members.length === 1 ? "was" : "were";
  switch (change) {
    case "changeRole":
      return `${who} now ${members.length === 1 ? "has" : "have"} the role ${roleName}.`;
    case "suspend":
      return `${who} ${were} suspended.`;
    case "reactivate":
      return `${who} ${were} reactivated.`;
    case "remove":
      return `${who} ${were} removed.`;
  }
}
