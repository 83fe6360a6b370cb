import { type Expression, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

/** False when the challenge was spent before. The second of two waits for the first one's transaction. */
export async function spendChallenge(db: Db, hash: Buffer): Promise<boolean> {
  await db
    .deleteFrom("spent_passkey_challenges")
    .where("challenge_hash", "in", ({ selectFrom }) =>
      selectFrom("spent_passkey_challenges")
        .select("challenge_hash")
        // Challenges work for five minutes; the rest is for clocks of several servers.
        .where("spent_at", "<", sql<Date>`now() - interval '1 hour'`)
        .limit(100)
        .forUpdate()
        .skipLocked(),
    )
    .execute();
  const spent = await db
    .insertInto("spent_passkey_challenges")
    .values({ challenge_hash: hash })
    .onConflict((conflict) => conflict.column("challenge_hash").doNothing())
    .returning("challenge_hash")
    .executeTakeFirst();
  return spent !== undefined;
}

/** Oldest first. */
export function listPasskeys(db: Db, accountId: string) {
  return db
    .selectFrom("passkeys")
    .select([
      "passkey_id as passkeyId",
      "rp_id as rpId",
      "credential_id as credentialId",
      "transports",
      "name",
      "verifies_user as verifiesUser",
      "created_at as createdAt",
      "last_used_at as lastUsedAt",
    ])
    .where("account_id", "=", accountId)
    .orderBy("passkey_id")
    .execute();
}

export type PasskeyRow = Awaited<ReturnType<typeof listPasskeys>>[number];

/** The passkey with its account, as a sign-in needs them. */
export function findPasskey(db: Db, rpId: string, credentialId: Buffer) {
  return db
    .selectFrom("passkeys")
    .innerJoin("accounts", "accounts.account_id", "passkeys.account_id")
    .select([
      "passkeys.passkey_id as passkeyId",
      "passkeys.public_key as publicKey",
      "passkeys.sign_count as signCount",
      "accounts.account_id as accountId",
      "accounts.email",
      "accounts.name",
      "accounts.device_epoch as deviceEpoch",
    ])
    .where("passkeys.rp_id", "=", rpId)
    .where("passkeys.credential_id", "=", credentialId)
    .executeTakeFirst();
}

interface NewRow {
  passkeyId: string;
  accountId: string;
  rpId: string;
  credentialId: Buffer;
  publicKey: Buffer;
  signCount: number;
  transports: string[];
  name: string;
  verifiesUser: boolean;
}

/** Returns nothing when the credential is known already, to whichever account. */
export function insertPasskey(db: Db, passkey: NewRow) {
  return db
    .insertInto("passkeys")
    .values({
      passkey_id: passkey.passkeyId,
      account_id: passkey.accountId,
      rp_id: passkey.rpId,
      credential_id: passkey.credentialId,
      public_key: passkey.publicKey,
      sign_count: passkey.signCount,
      transports: passkey.transports,
      name: passkey.name,
      verifies_user: passkey.verifiesUser,
    })
    .onConflict((conflict) => conflict.columns(["rp_id", "credential_id"]).doNothing())
    .returning("created_at as createdAt")
    .executeTakeFirst();
}

/** False when the passkey was removed meanwhile. */
export async function noteUse(db: Db, passkeyId: string, { signCount, verified }: { signCount: number; verified: boolean }) {
  const used = await db
    .updateTable("passkeys")
    .set({
      last_used_at: sql<Date>`now()`,
      sign_count: sql<string>`greatest(sign_count, ${signCount})`,
      verifies_user: sql<boolean>`verifies_user or ${verified}`,
    })
    .where("passkey_id", "=", passkeyId)
    .returning("passkey_id")
    .executeTakeFirst();
  return used !== undefined;
}

/** False when the account has no such passkey. */
export async function renamePasskey(db: Db, accountId: string, passkeyId: string, name: string): Promise<boolean> {
  const renamed = await db
    .updateTable("passkeys")
    .set({ name })
    .where("account_id", "=", accountId)
    .where("passkey_id", "=", passkeyId)
    .returning("passkey_id")
    .executeTakeFirst();
  return renamed !== undefined;
}

/** Returns nothing when the account has no such passkey. */
export function deletePasskey(db: Db, accountId: string, passkeyId: string) {
  return db
    .deleteFrom("passkeys")
    .where("account_id", "=", accountId)
    .where("passkey_id", "=", passkeyId)
    .returning("name")
    .executeTakeFirst();
}

/** Returns how many passkeys the account had. */
export async function deletePasskeys(db: Db, accountId: string): Promise<number> {
  const deleted = await db.deleteFrom("passkeys").where("account_id", "=", accountId).returning("passkey_id").execute();
  return deleted.length;
}

/** Whether the account of this row has a passkey that works at this RP id. */
export function hasPasskey(accountId: Expression<string>, rpId: Expression<string>) {
  return sql<boolean>`exists (select from passkeys where passkeys.account_id = ${accountId} and passkeys.rp_id = ${rpId})`;
}
