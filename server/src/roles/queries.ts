import { sql } from "kysely";
import { MAX_ROLES } from "#contract/http/roles.ts";
import type { Permission } from "#contract/permissions.ts";
import type { Db } from "../platform/db/pools.ts";

function select(db: Db) {
  return db.selectFrom("roles").select([
    "role_id as roleId",
    "name",
    "description",
    "built_in as builtIn",
    "permissions",
    "version",
    sql<number>`(select count(*) from members m where m.tenant_id = roles.tenant_id and m.role_id = roles.role_id)::int`.as(
      "members",
    ),
    sql<number>`(select count(*) from invitations i where i.tenant_id = roles.tenant_id and i.role_id = roles.role_id
      and i.accepted_at is null and i.revoked_at is null)::int`.as("invitations"),
    sql<number>`(select count(*) from channel_talker_roles t where t.tenant_id = roles.tenant_id
      and t.role_id = roles.role_id)::int`.as("channels"),
  ]);
}

export type RoleRow = Awaited<ReturnType<typeof listRoles>>[number];

/** Built-in roles first, then custom roles by name. */
export function listRoles(db: Db) {
  return select(db)
    .orderBy(sql`array_position(array['admin', 'member', 'viewer'], built_in)`, (order) => order.asc().nullsLast())
    .orderBy(sql`lower(name)`)
    .limit(MAX_ROLES)
    .execute();
}

export function findRole(db: Db, roleId: string) {
  return select(db).where("role_id", "=", roleId).executeTakeFirst();
}

/** Waits for transactions that start to use the role, and keeps others from starting to use it until this transaction ends. */
export function lockRole(db: Db, roleId: string) {
  return db.selectFrom("roles").select("role_id").where("role_id", "=", roleId).forUpdate().executeTakeFirst();
}

interface RoleColumns {
  name: string;
  description: string;
  permissions: Permission[];
}

/** @throws PostgreSQL's unique_violation for a name that is taken */
export async function insertRole(db: Db, tenantId: string, roleId: string, role: RoleColumns): Promise<void> {
  await db
    .insertInto("roles")
    .values({ tenant_id: tenantId, role_id: roleId, ...role })
    .execute();
}

/** @throws PostgreSQL's unique_violation for a name that is taken */
export async function updateRole(db: Db, roleId: string, role: RoleColumns): Promise<void> {
  await db
    .updateTable("roles")
    .set({ ...role, version: sql`version + 1` })
    .where("role_id", "=", roleId)
    .execute();
}

export async function deleteRole(db: Db, roleId: string): Promise<void> {
  await db.deleteFrom("roles").where("role_id", "=", roleId).execute();
}
