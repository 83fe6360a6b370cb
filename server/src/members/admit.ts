/** Gate 1: an active membership of this tenant. Later gates ask the member that this returns. */
import { builtInPermissions, type BuiltInRole, type Permission, whatItAllows } from "#contract/permissions.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";

export interface Member {
  memberId: string;
  accountId: string;
  name: string;
  roleId: string;
  roleName: string;
  isOwner: boolean;
  permissions: ReadonlySet<Permission>;
  may(permission: Permission): boolean;
  /** @throws Refusal forbidden, naming what the role lacks */
  require(permission: Permission): void;
}

/** What a role allows: a built-in one by the code's table, a custom one by its row. */
export function rolePermissions(role: { builtIn: string | null; permissions: string[] | null }): ReadonlySet<Permission> {
  if (role.builtIn) return builtInPermissions(role.builtIn as BuiltInRole);
  return new Set((role.permissions ?? []) as Permission[]);
}

/**
 * The member that this account is in the transaction's tenant.
 * @throws Refusal not_found for people who are no members, suspended
 */
export async function admit(tx: TenantTx, account: { accountId: string }): Promise<Member> {
  const row = orNotFound(
    await tx.db
      .selectFrom("members")
      .innerJoin("roles", (join) =>
        join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
      )
      .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
      .select([
        "members.member_id as memberId",
        "members.name",
        "members.status",
        "roles.role_id as roleId",
        "roles.name as roleName",
        "roles.built_in as builtIn",
        "roles.permissions",
        "tenants.owner_member_id as ownerMemberId",
      ])
      .where("members.account_id", "=", account.accountId)
      .executeTakeFirst(),
  );
  if (row.status !== "active") throw new Refusal("suspended");
  const permissions = rolePermissions(row);
  return {
    memberId: row.memberId,
    accountId: account.accountId,
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
