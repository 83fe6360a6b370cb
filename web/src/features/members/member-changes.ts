import type { Member } from "../../api/types.ts";
import { counted, people } from "../../ui/counted.ts";

/** What can be done to members, one or many at once. */
export type MemberChange = "changeRole" | "suspend" | "reactivate" | "remove";

/** The ability that it takes, as the API names it. */
export const ABILITY = { changeRole: "changeRole", suspend: "suspend", reactivate: "suspend", remove: "remove" } as const;

/** "Ada Okafor", "3 people". */
export const whom = (members: readonly Member[]) =>
  members.length === 1 && members[0] ? members[0].name : people(members.length);

const DOES: Record<MemberChange, string> = {
  changeRole: "Change role",
  suspend: "Suspend",
  reactivate: "Reactivate",
  remove: "Remove",
};

/** As a button says it where it is plain to whom. A question follows. */
export const shortly = (change: MemberChange) => `${DOES[change]}…`;

/** "Change role of 3 people", "Remove Ada Okafor". */
export const doWords = (change: MemberChange, members: readonly Member[]) =>
  `${DOES[change]}${change === "changeRole" ? " of" : ""} ${whom(members)}`;

/** Why it can't be done to all of them. Null: it can. */
export function whyNotAll(change: MemberChange, members: readonly Member[]): string | null {
  const inTheWay = members.filter(({ can }) => !can[ABILITY[change]]);
  const [first] = inTheWay;
  if (!first) return null;
  const reason = first.why[ABILITY[change]] ?? "";
  // Where it is about one's own role it is the same for everybody.
  if (inTheWay.length === members.length && members.every(({ why }) => why[ABILITY[change]] === reason)) return reason;
  const others = inTheWay.length - 1;
  return `${first.name}: ${reason}${others > 0 ? ` And ${counted(others, "other", "others")}.` : ""}`;
}

/** Those of them that it would change. */
export function affected(change: MemberChange, members: readonly Member[]): Member[] {
  if (change === "suspend") return members.filter(({ status }) => status === "active");
  if (change === "reactivate") return members.filter(({ status }) => status === "suspended");
  return [...members];
}
