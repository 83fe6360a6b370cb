import type { Member } from "../access/member.ts";
import type { DecisionRefusal } from "#contract/http/access-reviews.ts";
import { outOfReach, type Permission } from "#contract/permissions.ts";

export type Choice = "approve" | "change" | "revoke";

interface Reviewed {
  memberId: string;
  isOwner: boolean;
  /** Null for a former member. */
  nowRoleId: string | null;
  /** The permissions of their role now. */
  permissions: Iterable<Permission>;
}

interface Setting {
  /** The review is over. */
  ended: boolean;
  /** Nobody else may run reviews. Only then may the reviewer approve their own access. */
  alone: boolean;
}

/**
 * Why this reviewer cannot make this choice about this member; null: they can. Changing and revoking need the same permissions as without a review.
 */
export function decisionRefusal(
  reviewer: Pick<Member, "memberId" | "may">,
  item: Reviewed,
  choice: Choice,
  { ended, alone }: Setting,
): DecisionRefusal | null {
  if (ended) return "ended";
  // Applies after a decision, too: the decision stands, but cannot be replaced once the member is gone.
  if (item.nowRoleId === null) return "left";
  const isSelf = item.memberId === reviewer.memberId;
  if (isSelf && !(choice === "approve" && alone)) return "self";
  if (choice === "approve") return null;
  if (item.isOwner) return "owner";
  if (choice === "change" && !reviewer.may("users.change_role")) return "cannot_change_role";
  if (choice === "revoke" && !reviewer.may("users.remove")) return "cannot_remove";
  return outOfReach(item.permissions, reviewer.may, choice === "change" ? "role" : "membership") && "outranked";
}

/** For each choice, why the reviewer cannot make it about this member, or null. */
export function decisionAbilities(reviewer: Pick<Member, "memberId" | "may">, item: Reviewed, setting: Setting) {
  return {
    approve: decisionRefusal(reviewer, item, "approve", setting),
    change: decisionRefusal(reviewer, item, "change", setting),
    revoke: decisionRefusal(reviewer, item, "revoke", setting),
  };
}
