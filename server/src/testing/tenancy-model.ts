/**
 * A small model of who may do what: two workspaces, their members, roles and channels, and for each step whether it may be done.
 * Written from the product's rules, not from the server's code: where the two differ, one of them is wrong.
 */
import { builtInPermissions, type Permission } from "#contract/permissions.ts";
import type { Person, Workspace } from "./people.ts";

export interface ModelRole {
  roleId: string;
  name: string;
  builtIn: boolean;
  permissions: ReadonlySet<Permission>;
  version: number;
}

export interface ModelMember {
  person: Person;
  memberId: string;
  role: ModelRole;
  suspended: boolean;
}

export interface ModelInvitation {
  invitationId: string;
  person: Person;
  role: ModelRole;
  /** As the member they were: who left and came back vouches for nothing of before. */
  inviter: ModelMember;
}

export interface ModelTenant {
  workspace: Workspace;
  roles: ModelRole[];
  members: ModelMember[];
  owner: ModelMember;
  /** Ids, and who may talk there is of no interest here. */
  channels: string[];
  invitations: ModelInvitation[];
}

export function newTenant(workspace: Workspace, owner: Person, ownerMemberId: string): ModelTenant {
  const roles = (["Admin", "Member", "Viewer"] as const).map((name) => ({
    roleId: workspace.roles[name],
    name,
    builtIn: true,
    permissions: builtInPermissions(name.toLowerCase() as "admin"),
    version: 1,
  }));
  const member = { person: owner, memberId: ownerMemberId, role: roles[0] as ModelRole, suspended: false };
  return { workspace, roles, members: [member], owner: member, channels: [], invitations: [] };
}

export function memberOf(tenant: ModelTenant, person: Person): ModelMember | undefined {
  return tenant.members.find((member) => member.person === person);
}

export const covers = (holder: ReadonlySet<Permission>, asked: Iterable<Permission>) =>
  [...asked].every((permission) => holder.has(permission));

/** Gates 1 and 2: an active member whose role has the permission. */
export function may(tenant: ModelTenant, person: Person, permission: Permission | null): boolean {
  const member = memberOf(tenant, person);
  return member !== undefined && !member.suspended && (permission === null || member.role.permissions.has(permission));
}

const EVERYDAY = builtInPermissions("member");

/**
 * Changing, suspending, reactivating or removing somebody: never oneself, never the owner, never somebody who holds more. For a change of role
 * that is all that they hold; else what they hold beyond a Member.
 */
export function mayChange(tenant: ModelTenant, person: Person, target: ModelMember, permission: Permission): boolean {
  const actor = memberOf(tenant, person);
  const inQuestion = [...target.role.permissions].filter((held) => permission === "users.change_role" || !EVERYDAY.has(held));
  return (
    actor !== undefined &&
    may(tenant, person, permission) &&
    actor !== target &&
    target !== tenant.owner &&
    covers(actor.role.permissions, inQuestion)
  );
}

/** Nobody gives what they do not hold. */
export function mayGive(tenant: ModelTenant, person: Person, permissions: Iterable<Permission>): boolean {
  const actor = memberOf(tenant, person);
  return actor !== undefined && covers(actor.role.permissions, permissions);
}

/** Editing or deleting a role: of the workspace's own making, not one's own, not one that holds more. */
export function mayTouchRole(tenant: ModelTenant, person: Person, role: ModelRole, permission: Permission): boolean {
  const actor = memberOf(tenant, person);
  return (
    actor !== undefined &&
    may(tenant, person, permission) &&
    !role.builtIn &&
    actor.role !== role &&
    covers(actor.role.permissions, role.permissions)
  );
}

/** An invitation is worth what whoever invited could still give. */
export function isGood(tenant: ModelTenant, { inviter, role }: ModelInvitation): boolean {
  return (
    tenant.members.includes(inviter) &&
    may(tenant, inviter.person, "users.invite") &&
    mayGive(tenant, inviter.person, role.permissions)
  );
}
