import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

/** Minutes for which a reset link works. */
export const RESET_MINUTES = 30;

/** Locks the account, so that concurrent requests count each other's mails. */
export function lockAccountOf(db: Db, email: string) {
  return db
    .selectFrom("accounts")
    .select(["account_id as accountId", "device_epoch as deviceEpoch"])
    .where("email", "=", email)
    .forUpdate()
    .executeTakeFirst();
}

/** Deletes up to 100 old links of all accounts, so that the table stays small. */
export async function deleteOldResets(db: Db): Promise<void> {
  await db
    .deleteFrom("password_resets")
    .where("token_hash", "in", ({ selectFrom }) =>
      selectFrom("password_resets")
        .select("token_hash")
        .where("created_at", "<", sql<Date>`now() - interval '1 day'`)
        .limit(100)
        .forUpdate()
        .skipLocked(),
    )
    .execute();
}

/** `mailed`: links in the last 24 hours. `minutesSinceNewest`: age of the newest link that still works, or null when none does. */
export async function findRecentResets(
  db: Db,
  accountId: string,
): Promise<{ mailed: number; minutesSinceNewest: number | null }> {
  const { mailed, minutes } = await db
    .selectFrom("password_resets")
    .select(({ fn }) => [
      fn.countAll<string>().as("mailed"),
      sql<
        string | null
      >`extract(epoch from now() - max(created_at) filter (where used_at is null and expires_at > now())) / 60`.as("minutes"),
    ])
    .where("account_id", "=", accountId)
    .where("created_at", ">", sql<Date>`now() - interval '1 day'`)
    .executeTakeFirstOrThrow();
  return { mailed: Number(mailed), minutesSinceNewest: minutes === null ? null : Number(minutes) };
}

export async function insertReset(db: Db, accountId: string, tokenHash: Buffer): Promise<void> {
  await db
    .insertInto("password_resets")
    .values({
      token_hash: tokenHash,
      account_id: accountId,
      expires_at: sql`now() + make_interval(mins => ${RESET_MINUTES})`,
    })
    .execute();
}

export function findReset(db: Db, tokenHash: Buffer) {
  return db
    .selectFrom("password_resets")
    .select(["account_id as accountId", "used_at as usedAt", sql<boolean>`expires_at < now()`.as("expired")])
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
}

/** Invalidates every reset link that was mailed so far. */
export async function markResetsUsed(db: Db, accountId: string): Promise<void> {
  await db
    .updateTable("password_resets")
    .set({ used_at: sql`now()` })
    .where("account_id", "=", accountId)
    .where("used_at", "is", null)
    .execute();
}

/**
 * Sets the password and raises the device epoch: browsers that signed in with the old password become strangers.
 * @param currentHash null for any. Otherwise nothing is changed or returned unless the account still has this hash.
 */
export function setPassword(db: Db, accountId: string, passwordHash: string, currentHash: string | null) {
  return db
    .updateTable("accounts")
    .set({ password_hash: passwordHash, device_epoch: sql`device_epoch + 1` })
    .where("account_id", "=", accountId)
    .where(sql<boolean>`(${currentHash}::text is null or password_hash = ${currentHash})`)
    .returning(["account_id as accountId", "email", "name", "device_epoch as deviceEpoch"])
    .executeTakeFirst();
}
