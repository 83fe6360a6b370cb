/**
 * Decides who gets in through a connection. The connection and the subject identify a person. An address only finds a member or an
 * invitation to join to them. One function decides for both protocols and every purpose.
 */
import { builtInPermissions, outOfReach, type Permission } from "#contract/permissions.ts";
import { rolePermissions } from "../access/member.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { findOpenInvitation } from "../invitations/invitations.ts";
import { holdsDomain } from "../domains/domains.ts";
import { type Asserted, SsoRefusal } from "./asserted.ts";
import * as queries from "./queries.ts";
import type { Connection, MemberRow } from "./queries.ts";

type Found = NonNullable<MemberRow>;

/** What a sign-in will do. */
export type Decision =
  /** The subject belongs to this member. */
  | { kind: "known"; member: Found }
  /** The subject will be joined to this member, whose address is on a domain that the workspace has proved. */
  | { kind: "join_member"; member: Found; address: string }
  /** The person becomes a member, by accepting an invitation or just in time. */
  | { kind: "new_member"; address: string; roleId: string; invitationId: string | null };

/**
 * The permissions of the trustee: the member who last changed what the connection trusts. Nobody is joined automatically who may do more.
 */
async function trusteeMay(tx: TenantTx, { trustedBy }: Connection): Promise<(permission: Permission) => boolean> {
  const trustee = trustedBy ? await queries.findMember(tx.db, trustedBy) : undefined;
  // A trustee who has left vouches only for people with the permissions of a Member.
  const permissions = trustee?.status === "active" ? rolePermissions(trustee) : builtInPermissions("member");
  return (permission) => permissions.has(permission);
}

async function isWithinReach(
  tx: TenantTx,
  connection: Connection,
  role: { builtIn: string | null; permissions: string[] | null },
): Promise<boolean> {
  return !outOfReach(rolePermissions(role), await trusteeMay(tx, connection), "role");
}

function assertActive(member: Found): void {
  if (member.status !== "active") throw new SsoRefusal("suspended");
}

async function newcomerRole(tx: TenantTx, connection: Connection): Promise<string> {
  const role = connection.defaultRoleId ? await queries.findRole(tx.db, connection.defaultRoleId) : undefined;
  if (!role || !(await isWithinReach(tx, connection, role))) throw new SsoRefusal("no_default_role");
  return role.roleId;
}

/**
 * Decides which member a person is, or becomes.
 * @throws SsoRefusal suspended, subject_case, address_missing, address_unverified, address_foreign, owner_not_joined, out_of_reach,
 * already_joined, not_invited, no_default_role
 */
export async function decide(tx: TenantTx, connection: Connection, asserted: Asserted): Promise<Decision> {
  const { connectionId } = connection;
  const { subject, address, addressVerified } = asserted;
  const identity = await queries.findIdentity(tx.db, connectionId, subject);
  if (identity) {
    const member = await queries.findMember(tx.db, identity.memberId);
    if (!member) throw new SsoRefusal("not_invited");
    assertActive(member);
    return { kind: "known", member };
  }
  if (await queries.hasOtherCase(tx.db, connectionId, subject)) throw new SsoRefusal("subject_case", { received: subject });
  if (address === null) throw new SsoRefusal("address_missing");
  if (addressVerified === false) throw new SsoRefusal("address_unverified", { received: address });
  // The tenant's admins choose the provider, so its word about an address counts only on domains that the tenant has proved by DNS.
  const domain = address.slice(address.lastIndexOf("@") + 1);
  if (!(await holdsDomain(tx, domain))) throw new SsoRefusal("address_foreign", { received: address });

  const member = await queries.findMemberByEmail(tx.db, address);
  if (member) {
    assertActive(member);
    if (member.isOwner) throw new SsoRefusal("owner_not_joined");
    if (!(await isWithinReach(tx, connection, member))) throw new SsoRefusal("out_of_reach");
    if ((await queries.listLinkedConnections(tx.db, member.memberId)).has(connectionId)) throw new SsoRefusal("already_joined");
    return { kind: "join_member", member, address };
  }
  const invitation = await findOpenInvitation(tx, address);
  if (invitation) {
    const role = await queries.findRole(tx.db, invitation.roleId);
    if (!role || !(await isWithinReach(tx, connection, role))) throw new SsoRefusal("out_of_reach");
    return { kind: "new_member", address, ...invitation };
  }
  if (connection.joining !== "just_in_time") throw new SsoRefusal("not_invited", { received: address });
  return { kind: "new_member", address, roleId: await newcomerRole(tx, connection), invitationId: null };
}

export interface RoleChange {
  roleId: string;
  roleName: string;
  group: string;
}

/**
 * The role that the person's groups give, if it differs from their present one. The first matching group counts. Null for the owner, if the
 * provider sent no groups, and if the trustee may not act on the old or the new role.
 */
export async function roleByGroups(
  tx: TenantTx,
  connection: Connection,
  member: Pick<Found, "roleId" | "isOwner" | "builtIn" | "permissions">,
  groups: readonly string[] | null,
): Promise<RoleChange | null> {
  if (groups === null || member.isOwner) return null;
  const mapped = connection.groupRoles.find(({ group }) => groups.includes(group));
  if (!mapped || mapped.roleId === member.roleId) return null;
  const role = await queries.findRole(tx.db, mapped.roleId);
  if (!role) return null;
  const fits = (await isWithinReach(tx, connection, role)) && (await isWithinReach(tx, connection, member));
  return fits ? { roleId: role.roleId, roleName: role.name, group: mapped.group } : null;
}
