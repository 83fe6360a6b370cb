import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

const COLUMNS = ["role_id as roleId", "name", "built_in as builtIn", "permissions"] as const;

/** The built-in ones first, then by name. */
export function listRoles(db: Db) {
  return db
    .selectFrom("roles")
    .select(COLUMNS)
    .orderBy(sql`array_position(array['admin', 'member', 'viewer'], built_in)`, (order) => order.asc().nullsLast())
    .orderBy(sql`lower(name)`)
    .execute();
}

export function findRole(db: Db, roleId: string) {
  return db.selectFrom("roles").select(COLUMNS).where("role_id", "=", roleId).executeTakeFirst();
}
