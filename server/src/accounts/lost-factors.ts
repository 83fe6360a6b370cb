/**
 * Turns two-step verification off for a person who has lost every second factor, by the operator's command or at the request of workspaces.
 */
import { endSessionsOf } from "../access/sessions.ts";
import type { Db, PlatformTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { makeAttempts } from "./attempts.ts";
import { queueFactorMail } from "./factor-mails.ts";
import * as queries from "./factor-queries.ts";
import { deletePasskeys } from "./passkey-queries.ts";
import { checkPassword } from "./reauthentication.ts";

/** Lock the account first. @returns false when the account has no second factor */
export async function removeSecondFactors(db: Db, accountId: string): Promise<boolean> {
  const hadApp = await queries.deleteTotp(db, accountId);
  const hadPasskeys = (await deletePasskeys(db, accountId)) > 0;
  if (!hadApp && !hadPasskeys) return false;
  await queries.endWithoutFactors(db, accountId);
  return true;
}

export async function hasSecondFactor({ database }: Services, accountId: string): Promise<boolean> {
  const factors = await database.asPlatformStatement("whether a second factor is set up", (db) =>
    queries.findSecondFactors(db, accountId, null),
  );
  return factors.any;
}

interface Guess {
  accountId: string;
  password: string;
  /** IP address, by which attempts are counted. */
  address: string;
}

/**
 * Checks the password of somebody who opened a mailed link. Wrong guesses are slowed down, as at the sign-in.
 * @returns a check that throws Refusal wrong_credentials, rate_limited; unavailable, when the hashing queue is full
 */
export function makePasswordCheck(services: Services): (guess: Guess) => Promise<void> {
  const attempts = makeAttempts({ advice: "or ask for another link" });
  return async ({ accountId, password, address }) => {
    const attempt = attempts.begin(accountId, { address });
    await checkPassword(services, { accountId, password, field: "password" }).catch((error: unknown) => {
      if (!(error instanceof Refusal && error.code === "wrong_credentials")) attempt.cancelled();
      throw error;
    });
    attempt.succeeded();
  };
}

/** Locks the account, so that changes of its factors run one after another. */
export async function lockFactors({ db }: PlatformTx, accountId: string): Promise<void> {
  await queries.lockAccount(db, accountId);
}

/** Removes the second factors, ends all sessions of the account, and mails the person. Lock the account first. */
export async function endTwoStepVerification(
  tx: PlatformTx,
  services: Services,
  { accountId, origin }: { accountId: string; origin: Origin },
): Promise<void> {
  if (!(await removeSecondFactors(tx.db, accountId))) return;
  await endSessionsOf(tx, accountId, null, origin);
  const account = await queries.findAccountById(tx.db, accountId);
  if (account) await queueFactorMail(tx, services, { to: account.email, change: "off" });
}
