import { sql } from "kysely";
import type { MfaPolicy } from "#contract/http/tenants.ts";
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

/**
 * Finds which of the accounts have a second factor that an enforced policy accepts. For the platform role.
 * @param rpId passkeys of other hosts do not count, because they can't be used. Null when none can be used.
 */
export async function findEnrolled(db: Db, accountIds: readonly string[], rpId: string | null): Promise<Set<string>> {
  const wanted = sql<string>`any(${accountIds}::uuid[])`;
  const rows = await db
    .selectFrom("totp_factors")
    .select("account_id as accountId")
    .where("account_id", "=", wanted)
    .union(
      db
        .selectFrom("passkeys")
        .select("account_id as accountId")
        .where("account_id", "=", wanted)
        .where("rp_id", "=", rpId ?? ""),
    )
    .execute();
  return new Set(rows.map(({ accountId }) => accountId));
}

export async function setPolicy(db: Db, policy: MfaPolicy): Promise<void> {
  await db.updateTable("tenants").set({ mfa_policy: policy }).execute();
}
