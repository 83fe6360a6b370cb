import { sql } from "kysely";
import type { MfaPolicy } from "#contract/http/mfa.ts";
import type { Db } from "../platform/db/pools.ts";

/** Active members, by name. */
export function listActiveMembers(db: Db) {
  return db
    .selectFrom("members")
    .select(["member_id as memberId", "account_id as accountId", "name"])
    .where("status", "=", "active")
    .orderBy("name_key")
    .orderBy("member_id")
    .execute();
}

/** Those of the accounts that have a second factor. For the platform role. */
export async function findEnrolled(db: Db, accountIds: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom("totp_factors")
    .select("account_id as accountId")
    .where("account_id", "=", sql<string>`any(${accountIds}::uuid[])`)
    .execute();
  return new Set(rows.map(({ accountId }) => accountId));
}

export async function setPolicy(db: Db, policy: MfaPolicy): Promise<void> {
  await db.updateTable("tenants").set({ mfa_policy: policy }).execute();
}
