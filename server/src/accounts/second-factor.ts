/** Checks codes of an authenticator app, and recovery codes. Each is accepted once: the database decides, also when two come at once. */
import type { Proof } from "../access/principal.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import { open, seal } from "../platform/seal.ts";
import type { Services } from "../services.ts";
import { queueRecoveryCodeUsedMail } from "./factor-mails.ts";
import * as queries from "./factor-queries.ts";
import { hashRecoveryCode } from "./recovery-codes.ts";
import { findStep } from "./totp.ts";

const secretKey = ({ keys }: Pick<Services, "keys">) => keys.platformKey("totp secrets");
const contextOf = (accountId: string) => `totp secret of ${accountId}`;

export function sealTotpSecret(services: Pick<Services, "keys">, accountId: string, secret: Buffer): Buffer {
  return seal(secretKey(services), secret, contextOf(accountId));
}

/** @throws Refusal wrong_code, after a restore with another master key */
export function openTotpSecret(services: Pick<Services, "keys" | "log">, accountId: string, sealed: Buffer): Buffer {
  try {
    return open(secretKey(services), sealed, contextOf(accountId));
  } catch (error) {
    services.log.error({ err: error, accountId }, "an authenticator app's secret was sealed with another master key");
    throw new Refusal("wrong_code", {
      detail: "This server can't check codes of your authenticator app any more. Use a recovery code, then set the app up again.",
    });
  }
}

/** A code that fits. It counts only once `spend` has run, in the transaction that acts on it. */
export interface FittingCode {
  proof: Proof;
  /** @throws Refusal wrong_code, when the code was used meanwhile */
  spend(tx: PlatformTx): Promise<void>;
}

interface CodeOfAccount {
  account: { accountId: string; email: string };
  /** In its canonical form: 6 digits, or the 10 characters of a recovery code. */
  code: string;
}

/**
 * @returns null for a wrong code
 * @throws Refusal unavailable, when the hashing queue is full
 */
export function checkCode(services: Services, input: CodeOfAccount): Promise<FittingCode | null> {
  return /^\d{6}$/.test(input.code) ? checkTotp(services, input) : checkRecoveryCode(services, input);
}

function assertSpent(spent: boolean): void {
  if (!spent) throw new Refusal("wrong_code");
}

async function checkTotp(services: Services, { account: { accountId }, code }: CodeOfAccount): Promise<FittingCode | null> {
  const row = await services.database.asPlatformStatement("find an authenticator app", (db) => queries.findTotp(db, accountId));
  if (!row) return null;
  const { secretSealed } = row;
  const step = findStep(openTotpSecret(services, accountId, secretSealed), code, Date.now());
  if (step === null) return null;
  return {
    proof: "totp",
    async spend({ db }) {
      assertSpent(await queries.spendStep(db, accountId, { secretSealed, step }));
    },
  };
}

async function checkRecoveryCode(services: Services, { account, code }: CodeOfAccount): Promise<FittingCode | null> {
  const { accountId, email } = account;
  const set = await services.database.asPlatformStatement("find recovery codes", (db) =>
    queries.findRecoveryCodes(db, accountId),
  );
  if (!set) return null;
  const hash = await hashRecoveryCode(accountId, code, set.salt);
  return {
    proof: "recoveryCode",
    async spend(tx) {
      assertSpent(await queries.spendRecoveryCode(tx.db, accountId, hash));
      const left = Number((await queries.findRecoveryCodes(tx.db, accountId))?.left ?? 0);
      await queueRecoveryCodeUsedMail(tx, services, { to: email, left });
    },
  };
}
