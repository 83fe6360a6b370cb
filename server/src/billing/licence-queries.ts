import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";

const licences = statement("count licences", (db) =>
  db.selectFrom("tenants").select([
    "licences as limit",
    sql<string>`(select count(*) from members where status = 'active')`.as("used"),
    sql<string>`(select count(*) from invitations
        where accepted_at is null and revoked_at is null and expires_at > now())`.as("reserved"),
  ]),
);

/**
 * Also counts a lapsed invitation, because it works again as soon as its sender may give its role again. One statement, so that the
 * numbers are of the same moment.
 */
export async function countLicences(db: Db): Promise<{ limit: number | null; used: number; reserved: number }> {
  const [counted] = await licences(db, {});
  if (!counted) throw new Error("the tenant is gone");
  return { limit: counted.limit, used: Number(counted.used), reserved: Number(counted.reserved) };
}
