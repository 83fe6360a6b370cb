/** Authenticating again within a session, by any factor that the person has. */
import type { PasskeyAnswer } from "#contract/http/passkeys.ts";
import type { PersonCtx } from "../access/ctx.ts";
import { hasProvedMoreThanPassword, type Principal, type Proof } from "../access/principal.ts";
import { renewSession } from "../access/sessions.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import type { Attempts } from "./attempts.ts";
import { findSecondFactors } from "./factor-queries.ts";
import { checkPasskey } from "./passkey-check.ts";
import { withHashing } from "./passwords.ts";
import { findPasswordHash } from "./queries.ts";
import { checkCode } from "./second-factor.ts";

/** @throws Refusal reauthentication_required, when the account has a second factor that this session has not proved */
export async function assertSecondFactorProved(services: Services, principal: Principal): Promise<void> {
  if (hasProvedMoreThanPassword(principal)) return;
  const factors = await services.database.asPlatformStatement("whether a second factor is set up", (db) =>
    findSecondFactors(db, principal.accountId, null),
  );
  if (factors.any) {
    throw new Refusal("reauthentication_required", {
      detail: "Use a passkey, or enter a code of your authenticator app or a recovery code, first.",
    });
  }
}

/**
 * Compares a password with the person's own.
 * @param input `field`: the request's field that holds the password
 * @returns the stored hash, which the password matched
 * @throws Refusal wrong_credentials; unavailable, when the hashing queue is full
 */
export async function checkPassword(
  services: Services,
  { accountId, password, field }: { accountId: string; password: string; field: string },
): Promise<string> {
  const row = await services.database.asPlatformStatement("authenticate again", (db) => findPasswordHash(db, accountId));
  const matches = await withHashing({ known: accountId }, (hashing) => hashing.matches(row?.passwordHash, password));
  if (!row?.passwordHash || !matches) {
    services.log.warn({ accountId }, "password check of a signed-in person failed");
    throw new Refusal("wrong_credentials", {
      detail: "That isn't your password. Nothing was changed.",
      fields: [{ path: field, message: "That isn't your password." }],
    });
  }
  return row.passwordHash;
}

interface Again {
  /** One of the three. */
  password?: string | undefined;
  code?: string | undefined;
  passkey?: PasskeyAnswer | undefined;
  /** The browser's cookie, to which the passkey's challenge is bound. */
  browserToken: string | null;
  attempts: Attempts;
}

interface Fitting {
  proof: Proof;
  spend?: (tx: PlatformTx) => Promise<void>;
}

/**
 * Checks one factor and renews the session. Each session's attempts are counted apart, so a stolen session cannot keep the person from
 * authenticating in another. Passkeys are not counted: nobody can guess a signature.
 * @returns the session's new token
 * @throws Refusal wrong_credentials; wrong_code; passkey_refused; passkey_expired; rate_limited; invalid_input without exactly one factor;
 *   reauthentication_required for a password where the session needs another factor; unavailable, when the hashing queue is full
 */
export async function reauthenticate({ services, principal }: PersonCtx, input: Again): Promise<string> {
  const { accountId, sessionId, email } = principal;
  const { password, code, passkey, browserToken, attempts } = input;
  if ([password, code, passkey].filter((factor) => factor !== undefined).length !== 1) {
    throw new Refusal("invalid_input", { fields: [{ path: "password", message: "Enter your password, or a code." }] });
  }
  const check = async (): Promise<Fitting> => {
    if (password !== undefined) {
      await checkPassword(services, { accountId, password, field: "password" });
      return { proof: "password" };
    }
    const fitting = await checkCode(services, { account: { accountId, email }, code: code ?? "" });
    if (fitting) return fitting;
    services.log.warn({ accountId }, "code of a signed-in person refused");
    throw new Refusal("wrong_code", { fields: [{ path: "code", message: "That code isn't right, or was used already." }] });
  };
  if (password !== undefined) await assertSecondFactorProved(services, principal);
  const attempt = passkey === undefined ? attempts.begin(accountId, { deviceId: `session ${sessionId}` }) : null;
  const { proof, spend } = passkey
    ? await checkPasskey(services, passkey, { purpose: "authenticate again", about: sessionId, browserToken, accountId })
    : await check();
  const token = await services.database.asPlatform("renew a session", async (tx) => {
    await spend?.(tx);
    return renewSession(tx, sessionId, proof);
  });
  attempt?.succeeded();
  return token;
}
