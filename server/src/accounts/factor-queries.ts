import { sql } from "kysely";
import { hasSecondFactor } from "../access/second-factor.ts";
import { announceChanged } from "../platform/changes.ts";
import type { Db } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";
import { hasPasskey } from "./passkey-queries.ts";

/** Minutes within which a new authenticator app must be confirmed. */
const PENDING_MINUTES = 30;

export function findTotp(db: Db, accountId: string) {
  return db
    .selectFrom("totp_factors")
    .select(["secret_sealed as secretSealed", "enrolled_at as enrolledAt"])
    .where("account_id", "=", accountId)
    .executeTakeFirst();
}

interface FactorsRow {
  totp: boolean;
  passkey: boolean;
  any: boolean;
}

const findFactors = statement<{ accountId: string; rpId: string }, FactorsRow>("find second factors", (db, value) =>
  db
    .selectFrom("accounts")
    .leftJoin("totp_factors", "totp_factors.account_id", "accounts.account_id")
    .select(({ ref }) => [
      sql<boolean>`totp_factors.account_id is not null`.as("totp"),
      hasPasskey(ref("accounts.account_id"), value("rpId")).as("passkey"),
      hasSecondFactor(ref("accounts.account_id")).as("any"),
    ])
    .where("accounts.account_id", "=", value("accountId")),
);

/** Which second factors the account has. `passkey`: one that works at this RP id. `any`: also a passkey of an earlier public URL. */
export async function findSecondFactors(db: Db, accountId: string, rpId: string | null) {
  const [row] = await findFactors(db, { accountId, rpId: rpId ?? "" });
  return { totp: row?.totp ?? false, passkey: row?.passkey ?? false, any: row?.any ?? false };
}

/**
 * Marks the code of a time step as used. Of two requests with one code, one gets true: the second waits for the row and then finds the step
 * used.
 * @param secretSealed the secret that the code was compared with, which may have been replaced meanwhile
 */
export async function spendStep(db: Db, accountId: string, { secretSealed, step }: { secretSealed: Buffer; step: number }) {
  const spent = await db
    .updateTable("totp_factors")
    .set({ last_step: step })
    .where("account_id", "=", accountId)
    .where("secret_sealed", "=", secretSealed)
    .where("last_step", "<", String(step))
    .returning("account_id")
    .executeTakeFirst();
  return spent !== undefined;
}

export async function setPendingTotp(db: Db, accountId: string, secretSealed: Buffer): Promise<void> {
  await db
    .insertInto("pending_totp_factors")
    .values({ account_id: accountId, secret_sealed: secretSealed })
    .onConflict((conflict) =>
      conflict.column("account_id").doUpdateSet({ secret_sealed: secretSealed, created_at: sql<Date>`now()` }),
    )
    .execute();
}

export function findPendingTotp(db: Db, accountId: string) {
  return db
    .selectFrom("pending_totp_factors")
    .select("secret_sealed as secretSealed")
    .where("account_id", "=", accountId)
    .where("created_at", ">", sql<Date>`now() - make_interval(mins => ${PENDING_MINUTES})`)
    .executeTakeFirst();
}

/** Of two requests that confirm one secret, one gets true. */
export async function takePendingTotp(db: Db, accountId: string, secretSealed: Buffer): Promise<boolean> {
  const taken = await db
    .deleteFrom("pending_totp_factors")
    .where("account_id", "=", accountId)
    .where("secret_sealed", "=", secretSealed)
    .returning("account_id")
    .executeTakeFirst();
  return taken !== undefined;
}

/** @param step the time step of the code that confirmed the app; that code is used up, too */
export async function setTotp(db: Db, accountId: string, { secretSealed, step }: { secretSealed: Buffer; step: number }) {
  const values = { secret_sealed: secretSealed, last_step: step, enrolled_at: sql<Date>`now()` };
  await db
    .insertInto("totp_factors")
    .values({ account_id: accountId, ...values })
    .onConflict((conflict) => conflict.column("account_id").doUpdateSet(values))
    .execute();
}

/** False when the account has no authenticator app. */
export async function deleteTotp(db: Db, accountId: string): Promise<boolean> {
  const deleted = await db
    .deleteFrom("totp_factors")
    .where("account_id", "=", accountId)
    .returning("account_id")
    .executeTakeFirst();
  await db.deleteFrom("pending_totp_factors").where("account_id", "=", accountId).execute();
  return deleted !== undefined;
}

export function findRecoveryCodes(db: Db, accountId: string) {
  return db
    .selectFrom("recovery_code_sets as sets")
    .select((select) => [
      "sets.salt",
      "sets.created_at as createdAt",
      select
        .selectFrom("recovery_codes as codes")
        .select((count) => count.fn.countAll<string>().as("left"))
        .whereRef("codes.account_id", "=", "sets.account_id")
        .where("codes.used_at", "is", null)
        .as("left"),
    ])
    .where("sets.account_id", "=", accountId)
    .executeTakeFirst();
}

/** False when the account has codes already. Lock the account first, or two factors that are set up at once could both bring codes. */
export async function setFirstRecoveryCodes(
  db: Db,
  accountId: string,
  made: { salt: Buffer; hashes: Buffer[] },
): Promise<boolean> {
  if (await findRecoveryCodes(db, accountId)) return false;
  await setRecoveryCodes(db, accountId, made);
  return true;
}

/** Replaces the account's set. */
export async function setRecoveryCodes(
  db: Db,
  accountId: string,
  { salt, hashes }: { salt: Buffer; hashes: Buffer[] },
): Promise<void> {
  await deleteRecoveryCodes(db, accountId);
  await db.insertInto("recovery_code_sets").values({ account_id: accountId, salt }).execute();
  await db
    .insertInto("recovery_codes")
    .values(hashes.map((hash) => ({ account_id: accountId, code_hash: hash })))
    .execute();
}

async function deleteRecoveryCodes(db: Db, accountId: string): Promise<void> {
  await db.deleteFrom("recovery_code_sets").where("account_id", "=", accountId).execute();
}

/** Of two requests with one code, one gets true. */
export async function spendRecoveryCode(db: Db, accountId: string, hash: Buffer): Promise<boolean> {
  const spent = await db
    .updateTable("recovery_codes")
    .set({ used_at: sql<Date>`now()` })
    .where("account_id", "=", accountId)
    .where("code_hash", "=", hash)
    .where("used_at", "is", null)
    .returning("account_id")
    .executeTakeFirst();
  return spent !== undefined;
}

/**
 * When no second factor is left, deletes the recovery codes, and sessions no longer count as having proved a factor. Tenants that demand a
 * second factor end their live audio.
 * @returns whether none is left
 */
export async function endWithoutFactors(db: Db, accountId: string): Promise<boolean> {
  if ((await findSecondFactors(db, accountId, null)).any) return false;
  await deleteRecoveryCodes(db, accountId);
  await forgetSecondFactorProofs(db, accountId);
  return true;
}

async function forgetSecondFactorProofs(db: Db, accountId: string): Promise<void> {
  await db
    .updateTable("sessions")
    .set({ totp_at: null, recovery_code_at: null, passkey_at: null, verified_passkey_at: null })
    .where("account_id", "=", accountId)
    .execute();
  const enforcing = await db
    .selectFrom("directory_memberships")
    .innerJoin("tenants", "tenants.tenant_id", "directory_memberships.tenant_id")
    .select("tenants.tenant_id as tenantId")
    .where("directory_memberships.account_id", "=", accountId)
    .where("tenants.mfa_policy", "=", "enforced")
    .execute();
  for (const { tenantId } of enforcing) await announceChanged({ db, tenantId }, "members");
}

/** Locks the account, so that changes of its factors run one after another. */
export async function lockAccount(db: Db, accountId: string): Promise<void> {
  await db.selectFrom("accounts").select("account_id").where("account_id", "=", accountId).forNoKeyUpdate().execute();
}

export function findAccountById(db: Db, accountId: string) {
  return db
    .selectFrom("accounts")
    .select(["account_id as accountId", "email", "name", "device_epoch as deviceEpoch"])
    .where("account_id", "=", accountId)
    .executeTakeFirst();
}
