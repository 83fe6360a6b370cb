/** Gate 1: an active membership of this tenant. Later gates ask the member that this returns. */
import { sql } from "kysely";
import { builtInPermissions, type BuiltInRole, type Permission, whatItAllows } from "#contract/permissions.ts";
import type { Actor } from "../audit/audit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { enterSession, touchSession } from "./member-sessions.ts";

export interface Member {
  memberId: string;
  accountId: string;
  name: string;
  roleId: string;
  roleName: string;
  isOwner: boolean;
  permissions: ReadonlySet<Permission>;
  /** As the audit log names them. */
  actor: Actor;
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
 * @param origin where the request came from: the first one of a session signs it in to this tenant. Null when nobody asks (a recheck).
 * @throws Refusal not_found for people who are no members, suspended
 */
export async function admit(
  tx: TenantTx,
  account: { accountId: string; sessionId: string },
  origin: Origin | null,
): Promise<Member> {
  const row = orNotFound(
    await tx.db
      .selectFrom("members")
      .innerJoin("roles", (join) =>
        join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
      )
      .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
      .leftJoin("member_sessions", (join) =>
        join
          .onRef("member_sessions.tenant_id", "=", "members.tenant_id")
          .onRef("member_sessions.member_id", "=", "members.member_id")
          .on("member_sessions.session_id", "=", account.sessionId),
      )
      .select([
        "members.member_id as memberId",
        "members.name",
        "members.status",
        "roles.role_id as roleId",
        "roles.name as roleName",
        "roles.built_in as builtIn",
        "roles.permissions",
        "tenants.owner_member_id as ownerMemberId",
        "member_sessions.last_seen_at as lastSeenAt",
        sql<boolean>`member_sessions.last_seen_at < now() - interval '5 minutes'`.as("stale"),
      ])
      .where("members.account_id", "=", account.accountId)
      .executeTakeFirst(),
  );
  if (row.status !== "active") throw new Refusal("suspended");
  const permissions = rolePermissions(row);
  const actor = { memberId: row.memberId, name: row.name, ipAddress: null, userAgent: null, ...origin };
  if (origin !== null) {
    if (row.lastSeenAt === null) await enterSession(tx, account.sessionId, actor);
    else if (row.stale) await touchSession(tx, account.sessionId, row.memberId);
  }
  return {
    memberId: row.memberId,
    accountId: account.accountId,
    name: row.name,
    roleId: row.roleId,
    roleName: row.roleName,
    isOwner: row.memberId === row.ownerMemberId,
    permissions,
    actor,
    may: (permission) => permissions.has(permission),
    require(permission) {
      if (permissions.has(permission)) return;
      throw new Refusal("forbidden", {
        detail: `Your role, ${row.roleName}, doesn't let you ${whatItAllows(permission)}. Ask an admin of the workspace.`,
      });
    },
  };
}
