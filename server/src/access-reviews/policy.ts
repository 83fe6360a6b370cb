import type { DecisionRefusal } from "#contract/http/access-reviews.ts";
import { outOfReach, type Permission } from "#contract/permissions.ts";
import type { Member } from "../members/admit.ts";

export type Choice = "approve" | "change" | "revoke";

interface Reviewed {
  memberId: string;
  isOwner: boolean;
  /** Null: they are no member any more. */
  nowRoleId: string | null;
  /** What their role allows now. */
  permissions: Iterable<Permission>;
}

interface Setting {
  /** The review is over. */
  ended: boolean;
  /** Nobody but this reviewer may run reviews: then, and only then, they answer for themselves. */
  alone: boolean;
}

/**
 * Why this reviewer cannot choose this about that member; null: they can. Nobody does through a review what they could not do
 * directly, so changing and revoking also ask what the members feature asks when it is done.
 */
export function decisionRefusal(
  reviewer: Pick<Member, "memberId" | "may">,
  item: Reviewed,
  choice: Choice,
  { ended, alone }: Setting,
): DecisionRefusal | null {
  if (ended) return "ended";
  // Also after a decision: what was approved of somebody who is gone stands, and can't be said again.
  if (item.nowRoleId === null) return "left";
  const isSelf = item.memberId === reviewer.memberId;
  if (isSelf && !(choice === "approve" && alone)) return "self";
  if (choice === "approve") return null;
  if (item.isOwner) return "owner";
  if (choice === "change" && !reviewer.may("users.change_role")) return "cannot_change_role";
  if (choice === "revoke" && !reviewer.may("users.remove")) return "cannot_remove";
  return outOfReach(item.permissions, reviewer.may, choice === "change" ? "role" : "membership") && "outranked";
}

/** What the interface may offer about one member. */
export function decisionAbilities(reviewer: Pick<Member, "memberId" | "may">, item: Reviewed, setting: Setting) {
  return {
    approve: decisionRefusal(reviewer, item, "approve", setting),
    change: decisionRefusal(reviewer, item, "change", setting),
    revoke: decisionRefusal(reviewer, item, "revoke", setting),
  };
}
