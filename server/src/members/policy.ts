/** Which members an actor may change. */
import type { Member } from "../access/member.ts";
import { outOfReach, type Permission, whatItAllows } from "#contract/permissions.ts";

export type RosterChange = "changeRole" | "suspend" | "reactivate" | "remove" | "disableMfa";

export const NEEDED: Record<RosterChange, Permission> = {
  changeRole: "users.change_role",
  suspend: "users.suspend",
  reactivate: "users.suspend",
  remove: "users.remove",
  disableMfa: "users.disable_mfa",
};

interface Target {
  memberId: string;
  isOwner: boolean;
  roleName: string;
  permissions: ReadonlySet<Permission>;
}

type Actor = Pick<Member, "memberId" | "may">;

interface Obstacle {
  code: "not_yourself" | "owner_protected" | "outranked";
  /** A sentence for the actor. */
  reason: string;
}

const ONESELF: Record<RosterChange, string> = {
  changeRole: "You can't change your own role. Ask another admin.",
  suspend: "You can't suspend yourself.",
  reactivate: "You can't reactivate yourself.",
  remove: "You can't remove yourself. Leave the workspace instead.",
  disableMfa: "Turn off your own two-step verification in your account.",
};

const OWNER: Record<RosterChange, string> = {
  changeRole: "The owner is always an Admin.",
  suspend: "The owner can't be suspended. Transfer ownership first.",
  reactivate: "The owner is always active.",
  remove: "The owner can't be removed. Transfer ownership first.",
  disableMfa: "Only whoever runs this whoot server can turn off the owner's two-step verification.",
};

/** Why this actor, whose role has the needed permission, cannot make this change to this member. Null: they can. */
export function obstacle(actor: Actor, target: Target, change: RosterChange): Obstacle | null {
  if (target.memberId === actor.memberId) return { code: "not_yourself", reason: ONESELF[change] };
  if (target.isOwner) return { code: "owner_protected", reason: OWNER[change] };
  // Without the second factor the actor might sign in as the target, so the target's whole role counts.
  const reach = change === "changeRole" || change === "disableMfa" ? "role" : "membership";
  const beyond = outOfReach(target.permissions, actor.may, reach);
  if (!beyond) return null;
  return { code: "outranked", reason: `Their role, ${target.roleName}, lets them ${whatItAllows(beyond)}, and yours doesn't.` };
}

/** Whether somebody could make this change to this member at this moment. */
export function mayChange(actor: Actor, target: Target, change: RosterChange): boolean {
  return actor.may(NEEDED[change]) && obstacle(actor, target, change) === null;
}

/** The sentence that says why the viewer can't make this change. Null: they can. */
export function whyNot(viewer: Member, target: Target, change: RosterChange): string | null {
  if (!viewer.may(NEEDED[change])) return `Your role, ${viewer.roleName}, doesn't let you ${whatItAllows(NEEDED[change])}.`;
  return obstacle(viewer, target, change)?.reason ?? null;
}
