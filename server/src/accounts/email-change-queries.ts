import { sql } from "kysely";
import { EMAIL_CHANGE_MINUTES } from "#contract/http/email-change.ts";
import type { Db } from "../platform/db/pools.ts";

export function findChange(db: Db, accountId: string) {
  return db
    .selectFrom("email_changes")
    .select(["email", "expires_at as expiresAt"])
    .where("account_id", "=", accountId)
    .where("expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
}

/** Replaces the account's earlier change. */
export function setChange(db: Db, change: { accountId: string; email: string; tokenHash: Buffer }) {
  const values = {
    email: change.email,
    token_hash: change.tokenHash,
    created_at: sql<Date>`now()`,
    expires_at: sql<Date>`now() + make_interval(mins => ${EMAIL_CHANGE_MINUTES})`,
  };
  return db
    .insertInto("email_changes")
    .values({ account_id: change.accountId, ...values })
    .onConflict((conflict) => conflict.column("account_id").doUpdateSet(values))
    .returning(["email", "expires_at as expiresAt"])
    .executeTakeFirstOrThrow();
}

/** Also called for a new password, because somebody else may have asked for the change. */
export async function deleteChange(db: Db, accountId: string): Promise<void> {
  await db.deleteFrom("email_changes").where("account_id", "=", accountId).execute();
}

export function findByToken(db: Db, tokenHash: Buffer) {
  return db
    .selectFrom("email_changes")
    .select(["account_id as accountId", "email", sql<boolean>`expires_at <= now()`.as("expired")])
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
}

/** Locks the account: joining a workspace locks this row, too (foreign key), so the list of its workspaces stays complete. */
export function lockAccount(db: Db, accountId: string) {
  return db.selectFrom("accounts").select("email").where("account_id", "=", accountId).forUpdate().executeTakeFirst();
}

export async function setEmail(db: Db, accountId: string, email: string): Promise<void> {
  await db.updateTable("accounts").set({ email }).where("account_id", "=", accountId).execute();
}
