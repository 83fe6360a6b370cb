/** Whose sessions an actor may end. */
import { outOfReach, type Permission, whatItAllows } from "#contract/permissions.ts";
import type { Member } from "../access/member.ts";

interface Target {
  memberId: string;
  isOwner: boolean;
  roleName: string;
  permissions: ReadonlySet<Permission>;
}

interface Obstacle {
  code: "owner_protected" | "outranked";
  /** A sentence for the actor. */
  reason: string;
}

/** Why this actor, who may end sessions, can't end this member's. Null: they can. The reach is that of suspending (docs/decisions/0017). */
export function obstacle(actor: Member, target: Target): Obstacle | null {
  if (target.memberId === actor.memberId) return null;
  if (target.isOwner) return { code: "owner_protected", reason: "Only the owner can end their own sessions." };
  const beyond = outOfReach(target.permissions, actor.may, "membership");
  if (!beyond) return null;
  return { code: "outranked", reason: `Their role, ${target.roleName}, lets them ${whatItAllows(beyond)}, and yours doesn't.` };
}
