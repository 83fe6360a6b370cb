import { sql } from "kysely";
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

/** The built-in ones first, then by name. */
export function listRoles(db: Db) {
  return select(db)
    .orderBy(sql`array_position(array['admin', 'member', 'viewer'], built_in)`, (order) => order.asc().nullsLast())
    .orderBy(sql`lower(name)`)
    .execute();
}

/** Without counting what hangs on them. */
export function listNames(db: Db) {
  return db.selectFrom("roles").select(["role_id as roleId", "name", "built_in as builtIn"]).execute();
}

/** What each allows, without counting what hangs on it. */
export function listAllowed(db: Db) {
  return db.selectFrom("roles").select(["role_id as roleId", "name", "built_in as builtIn", "permissions"]).execute();
}

export function findRole(db: Db, roleId: string) {
  return select(db).where("role_id", "=", roleId).executeTakeFirst();
}

/** A role that is being deleted is waited for, and then not found; until the transaction ends it cannot be deleted. */
export function holdRole(db: Db, roleId: string) {
  return db
    .selectFrom("roles")
    .select(["role_id as roleId", "name", "built_in as builtIn", "permissions"])
    .where("role_id", "=", roleId)
    .forKeyShare()
    .executeTakeFirst();
}

/** Waits for whoever is putting it to use, and keeps it from being put to use until the transaction ends. */
export function lockRole(db: Db, roleId: string) {
  return db.selectFrom("roles").select("role_id").where("role_id", "=", roleId).forUpdate().executeTakeFirst();
}

interface RoleColumns {
  name: string;
  description: string;
  permissions: Permission[];
}

/** Throws PostgreSQL's unique_violation for a name that is taken. */
export async function insertRole(db: Db, tenantId: string, roleId: string, role: RoleColumns): Promise<void> {
  await db
    .insertInto("roles")
    .values({ tenant_id: tenantId, role_id: roleId, ...role })
    .execute();
}

/** Throws PostgreSQL's unique_violation for a name that is taken. */
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
