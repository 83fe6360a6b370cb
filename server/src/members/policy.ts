/** Who may change whom among the members. */
import { outOfReach, type Permission, whatItAllows } from "#contract/permissions.ts";
import type { Member } from "./admit.ts";

export type RosterChange = "changeRole" | "suspend" | "reactivate" | "remove";

export const NEEDED: Record<RosterChange, Permission> = {
  changeRole: "users.change_role",
  suspend: "users.suspend",
  reactivate: "users.suspend",
  remove: "users.remove",
};

interface Target {
  memberId: string;
  isOwner: boolean;
  roleName: string;
  permissions: ReadonlySet<Permission>;
}

interface Obstacle {
  code: "not_yourself" | "owner_protected" | "outranked";
  /** What stands in the way, in words. */
  reason: string;
}

const ONESELF: Record<RosterChange, string> = {
  changeRole: "Nobody changes their own role. Another admin can.",
  suspend: "Nobody suspends themselves.",
  reactivate: "Nobody reactivates themselves.",
  remove: "Nobody removes themselves. Leave the workspace instead.",
};

const OWNER: Record<RosterChange, string> = {
  changeRole: "The owner is always an Admin.",
  suspend: "The owner can't be suspended. Another owner has to take over first.",
  reactivate: "The owner is always active.",
  remove: "The owner can't be removed. Another owner has to take over first.",
};

/** What keeps this actor, whose role has the permission, from this change of this member. Null: nothing. */
export function obstacle(actor: Member, target: Target, change: RosterChange): Obstacle | null {
  if (target.memberId === actor.memberId) return { code: "not_yourself", reason: ONESELF[change] };
  if (target.isOwner) return { code: "owner_protected", reason: OWNER[change] };
  const beyond = outOfReach(target.permissions, actor.may, change === "changeRole" ? "role" : "membership");
  if (!beyond) return null;
  return { code: "outranked", reason: `Their role, ${target.roleName}, lets them ${whatItAllows(beyond)}, and yours doesn't.` };
}

/** Why the viewer can't do this to the member, in words. Null: they can. */
export function whyNot(viewer: Member, target: Target, change: RosterChange): string | null {
  if (!viewer.may(NEEDED[change])) return `Your role, ${viewer.roleName}, doesn't let you ${whatItAllows(NEEDED[change])}.`;
  return obstacle(viewer, target, change)?.reason ?? null;
}
