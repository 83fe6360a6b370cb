import { withheld } from "#contract/permissions.ts";
import { type Member, rolePermissions } from "../access/member.ts";

interface RoleRow {
  builtIn: string | null;
  permissions: string[] | null;
}

/** What decides an invitation's state. `voucher`: its sender, who vouches for it; null when they are no longer a member. */
export interface Standing {
  acceptedAt: Date | null;
  revokedAt: Date | null;
  expired: boolean;
  role: RoleRow;
  voucher: { status: string; role: RoleRow } | null;
}

export type InvitationState = "accepted" | "revoked" | "expired" | "lapsed" | "pending";

/**
 * Whether the sender could give the invitation's role now. So nobody keeps a way in for a second address after they are removed, and a role
 * that gained permissions since is not given by a sender who lacks them.
 */
function stillVouchedFor({ role, voucher }: Standing): boolean {
  if (voucher?.status !== "active") return false;
  const held = rolePermissions(voucher.role);
  return held.has("users.invite") && withheld(rolePermissions(role), (permission) => held.has(permission)).length === 0;
}

export function stateOf(invitation: Standing): InvitationState {
  if (invitation.acceptedAt) return "accepted";
  if (invitation.revokedAt) return "revoked";
  if (invitation.expired) return "expired";
  return stillVouchedFor(invitation) ? "pending" : "lapsed";
}

/** Sending an invitation again gives its role, so the sender needs the role's permissions. */
export function mayResend(sender: Member, role: RoleRow): boolean {
  return withheld(rolePermissions(role), sender.may).length === 0;
}
