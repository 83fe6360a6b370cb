/** A member as the gates see them: who they are in the tenant, and what their role allows. */
import { builtInPermissions, type BuiltInRole, type Permission, whatItAllows } from "#contract/permissions.ts";
import { Refusal } from "../platform/refusal.ts";

export interface Member {
  memberId: string;
  accountId: string;
  name: string;
  roleId: string;
  roleName: string;
  isOwner: boolean;
  permissions: ReadonlySet<Permission>;
  may(permission: Permission): boolean;
  /** @throws Refusal forbidden, which names the missing permission */
  require(permission: Permission): void;
}

/** The permissions of a role. The contract defines those of built-in roles; the row of a custom role has its own. */
export function rolePermissions(role: { builtIn: string | null; permissions: string[] | null }): ReadonlySet<Permission> {
  if (role.builtIn) return builtInPermissions(role.builtIn as BuiltInRole);
  return new Set((role.permissions ?? []) as Permission[]);
}

interface MemberRow {
  memberId: string;
  accountId: string;
  name: string;
  roleId: string;
  roleName: string;
  builtIn: string | null;
  permissions: string[] | null;
  ownerMemberId: string;
}

export function toMember(row: MemberRow): Member {
  const permissions = rolePermissions(row);
  return {
    memberId: row.memberId,
    accountId: row.accountId,
    name: row.name,
    roleId: row.roleId,
    roleName: row.roleName,
    isOwner: row.memberId === row.ownerMemberId,
    permissions,
    may: (permission) => permissions.has(permission),
    require(permission) {
      if (permissions.has(permission)) return;
      throw new Refusal("forbidden", {
        detail: `Your role, ${row.roleName}, doesn't let you ${whatItAllows(permission)}. Ask an admin of the workspace.`,
      });
    },
  };
}
