import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Db } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";

/** Hours for which a confirmation link works. */
const SIGN_UP_HOURS = 24;

interface AccountRow {
  accountId: string;
  email: string;
  name: string;
  /** Null for a person who only signs in through single sign-on. */
  passwordHash: string | null;
  deviceEpoch: number;
}

const findByEmail = statement<{ email: string }, AccountRow>("find the account of an address", (db, value) =>
  db
    .selectFrom("accounts")
    .select(["account_id as accountId", "email", "name", "password_hash as passwordHash", "device_epoch as deviceEpoch"])
    .where("email", "=", value("email")),
);

export async function findAccountByEmail(db: Db, email: string): Promise<AccountRow | undefined> {
  const [row] = await findByEmail(db, { email });
  return row;
}

export function findPasswordHash(db: Db, accountId: string) {
  return db.selectFrom("accounts").select("password_hash as passwordHash").where("account_id", "=", accountId).executeTakeFirst();
}

/** Returns nothing when the address already has an account. */
export function insertAccount(db: Db, account: { email: string; name: string; passwordHash: string | null }) {
  return db
    .insertInto("accounts")
    .values({ account_id: uuidv7(), email: account.email, name: account.name, password_hash: account.passwordHash })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .returning(["account_id as accountId", "email", "name", "device_epoch as deviceEpoch"])
    .executeTakeFirst();
}

export async function insertSignUp(
  db: Db,
  signUp: {
    email: string;
    name: string;
    passwordHash: string;
    tokenHash: Buffer;
    browserHash: Buffer;
    invitationTokenSealed: Buffer | null;
  },
): Promise<void> {
  // Delete expired sign-ups of anybody: we do not keep the names, addresses and password hashes of people who never confirmed.
  await db
    .deleteFrom("sign_ups")
    .where("sign_up_id", "in", ({ selectFrom }) =>
      selectFrom("sign_ups")
        .select("sign_up_id")
        .where("expires_at", "<", sql<Date>`now()`)
        .limit(100)
        .forUpdate()
        .skipLocked(),
    )
    .execute();
  await db
    .insertInto("sign_ups")
    .values({
      sign_up_id: uuidv7(),
      email: signUp.email,
      name: signUp.name,
      password_hash: signUp.passwordHash,
      token_hash: signUp.tokenHash,
      browser_hash: signUp.browserHash,
      invitation_token_sealed: signUp.invitationTokenSealed,
      expires_at: sql`now() + make_interval(hours => ${SIGN_UP_HOURS})`,
    })
    .execute();
}

export function findSignUp(db: Db, tokenHash: Buffer) {
  return selectSignUp(db, tokenHash).executeTakeFirst();
}

/** Locks the sign-up, so that a link opened twice at once creates one account. */
export function lockSignUp(db: Db, tokenHash: Buffer) {
  return selectSignUp(db, tokenHash).forUpdate().executeTakeFirst();
}

function selectSignUp(db: Db, tokenHash: Buffer) {
  return db
    .selectFrom("sign_ups")
    .select([
      "sign_up_id as signUpId",
      "email",
      "name",
      "password_hash as passwordHash",
      "browser_hash as browserHash",
      "invitation_token_sealed as invitationTokenSealed",
      "used_at as usedAt",
      sql<boolean>`expires_at < now()`.as("expired"),
    ])
    .where("token_hash", "=", tokenHash);
}

export async function markSignUpUsed(db: Db, signUpId: string): Promise<void> {
  await db
    .updateTable("sign_ups")
    .set({ used_at: sql`now()`, password_hash: null, invitation_token_sealed: null })
    .where("sign_up_id", "=", signUpId)
    .execute();
}

/** Replaces the link of the address's newest unconfirmed sign-up. False when it has none. */
export async function renewSignUpToken(db: Db, email: string, tokenHash: Buffer): Promise<boolean> {
  const renewed = await db
    .updateTable("sign_ups")
    .set({ token_hash: tokenHash, expires_at: sql`now() + make_interval(hours => ${SIGN_UP_HOURS})` })
    .where("sign_up_id", "=", ({ selectFrom }) =>
      selectFrom("sign_ups")
        .select("sign_up_id")
        .where("email", "=", email)
        .where("used_at", "is", null)
        .where("expires_at", ">", sql<Date>`now()`)
        .orderBy("sign_up_id", "desc")
        .limit(1),
    )
    .returning("sign_up_id")
    .executeTakeFirst();
  return renewed !== undefined;
}
