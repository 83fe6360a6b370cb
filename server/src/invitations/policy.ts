import { type Member, rolePermissions } from "../members/admit.ts";

interface RoleRow {
  builtIn: string | null;
  permissions: string[] | null;
}

/** What an invitation says of itself, of its role and of the member who vouches for it; null where that member is gone. */
export interface Standing {
  acceptedAt: Date | null;
  revokedAt: Date | null;
  expired: boolean;
  role: RoleRow;
  voucher: { status: string; role: RoleRow } | null;
}

export type InvitationState = "accepted" | "revoked" | "expired" | "lapsed" | "pending";

/**
 * An invitation gives what whoever vouches for it could give now: nobody keeps a way in for a second address after they were
 * removed, and a role that was raised since is not given by somebody who does not hold what it has become.
 */
function stillVouchedFor({ role, voucher }: Standing): boolean {
  if (voucher?.status !== "active") return false;
  const held = rolePermissions(voucher.role);
  return held.has("users.invite") && [...rolePermissions(role)].every((permission) => held.has(permission));
}

export function stateOf(invitation: Standing): InvitationState {
  if (invitation.acceptedAt) return "accepted";
  if (invitation.revokedAt) return "revoked";
  if (invitation.expired) return "expired";
  return stillVouchedFor(invitation) ? "pending" : "lapsed";
}

/** Sending again is giving the role again. */
export function mayResend(sender: Member, role: RoleRow): boolean {
  return [...rolePermissions(role)].every((permission) => sender.may(permission));
}
