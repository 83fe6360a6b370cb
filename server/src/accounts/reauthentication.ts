/** Authenticating again within a session, by password or by code. */
import type { PersonCtx } from "../access/ctx.ts";
import { hasProvedSecondFactor, type Principal } from "../access/principal.ts";
import { renewSession } from "../access/sessions.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import type { Attempts } from "./attempts.ts";
import { findTotp } from "./factor-queries.ts";
import { withHashing } from "./passwords.ts";
import { findPasswordHash } from "./queries.ts";
import { checkCode } from "./second-factor.ts";

/** @throws Refusal reauthentication_required, when the account has a second factor that this session has not proved */
export async function assertSecondFactorProved(services: Services, principal: Principal): Promise<void> {
  if (hasProvedSecondFactor(principal)) return;
  const totp = await services.database.asPlatformStatement("whether a second factor is set up", (db) =>
    findTotp(db, principal.accountId),
  );
  if (totp) {
    throw new Refusal("reauthentication_required", {
      detail: "Enter a code of your authenticator app, or a recovery code, first.",
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
  if (!row || !matches) {
    services.log.warn({ accountId }, "password check of a signed-in person failed");
    throw new Refusal("wrong_credentials", {
      detail: "That isn't your password. Nothing was changed.",
      fields: [{ path: field, message: "That isn't your password." }],
    });
  }
  return row.passwordHash;
}

interface Again {
  password?: string | undefined;
  code?: string | undefined;
  attempts: Attempts;
}

/**
 * Checks a password or a code and renews the session. Each session's attempts are counted apart, so a stolen session cannot keep the person
 * from authenticating in another.
 * @returns the session's new token
 * @throws Refusal wrong_credentials; wrong_code; rate_limited; invalid_input without either; reauthentication_required for a password where
 *   the session needs a code; unavailable, when the hashing queue is full
 */
export async function reauthenticate({ services, principal }: PersonCtx, { password, code, attempts }: Again): Promise<string> {
  const { accountId, sessionId, email } = principal;
  const { database, log } = services;
  if ((password === undefined) === (code === undefined)) {
    throw new Refusal("invalid_input", { fields: [{ path: "password", message: "Enter your password, or a code." }] });
  }
  if (password !== undefined) await assertSecondFactorProved(services, principal);
  const attempt = attempts.begin(accountId, { deviceId: `session ${sessionId}` });
  let token: string;
  if (password !== undefined) {
    await checkPassword(services, { accountId, password, field: "password" });
    token = await database.asPlatform("renew a session", (tx) => renewSession(tx, sessionId, "password"));
  } else {
    const fitting = await checkCode(services, { account: { accountId, email }, code: code ?? "" });
    if (!fitting) {
      log.warn({ accountId }, "code of a signed-in person refused");
      throw new Refusal("wrong_code", { fields: [{ path: "code", message: "That code isn't right, or was used already." }] });
    }
    token = await database.asPlatform("renew a session", async (tx) => {
      await fitting.spend(tx);
      return renewSession(tx, sessionId, fitting.proof);
    });
  }
  attempt.succeeded();
  return token;
}
