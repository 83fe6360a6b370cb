/** The account's second factors: set up, replaced and removed by the person. Every change is mailed. */
import type { PersonCtx } from "../access/ctx.ts";
import { hasProvedMoreThanPassword, hasProvedSecondFactor } from "../access/principal.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { renewSession } from "../access/sessions.ts";
import { encodeBase32 } from "../platform/base32.ts";
import { relyingParty } from "../platform/http/relying-party.ts";
import { Refusal } from "../platform/refusal.ts";
import { queueFactorMail } from "./factor-mails.ts";
import * as queries from "./factor-queries.ts";
import { listPasskeys, type PasskeyRow } from "./passkey-queries.ts";
import { assertSecondFactorProved } from "./reauthentication.ts";
import { makeRecoveryCodes } from "./recovery-codes.ts";
import { openTotpSecret, sealTotpSecret } from "./second-factor.ts";
import { findStep, makeTotpSecret, totpUri } from "./totp.ts";

/** @throws Refusal reauthentication_required */
export async function assertMayChangeFactors({ services, principal }: PersonCtx): Promise<void> {
  assertRecentlyAuthenticated(principal);
  await assertSecondFactorProved(services, principal);
}

export function presentPasskey(row: Omit<PasskeyRow, "credentialId" | "transports">, rpId: string | null) {
  return {
    passkeyId: row.passkeyId,
    name: row.name,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    host: row.rpId,
    works: row.rpId === rpId,
    signsIn: row.verifiesUser,
  };
}

export async function getFactors({ services, principal }: PersonCtx) {
  const { accountId } = principal;
  const { database } = services;
  const [totp, codes, passkeys] = await Promise.all([
    database.asPlatformStatement("read an authenticator app", (db) => queries.findTotp(db, accountId)),
    database.asPlatformStatement("count recovery codes", (db) => queries.findRecoveryCodes(db, accountId)),
    database.asPlatformStatement("list passkeys", (db) => listPasskeys(db, accountId)),
  ]);
  const rpId = relyingParty(services)?.id ?? null;
  const hasSecondFactor = totp !== undefined || passkeys.length > 0;
  return {
    totp: totp ? { enrolledAt: totp.enrolledAt.toISOString() } : null,
    recoveryCodes: codes ? { createdAt: codes.createdAt.toISOString(), left: Number(codes.left) } : null,
    passkeys: passkeys.map((row) => presentPasskey(row, rpId)),
    provedSecondFactor: hasProvedSecondFactor(principal),
    passwordSuffices: !hasSecondFactor || hasProvedMoreThanPassword(principal),
  };
}

/** @throws Refusal reauthentication_required */
export async function startTotp(ctx: PersonCtx): Promise<{ secret: string; uri: string }> {
  await assertMayChangeFactors(ctx);
  const { services, principal } = ctx;
  const { accountId, email } = principal;
  const secret = makeTotpSecret();
  await services.database.asPlatformStatement("start to set up an authenticator app", (db) =>
    queries.setPendingTotp(db, accountId, sealTotpSecret(services, accountId, secret)),
  );
  return { secret: encodeBase32(secret), uri: totpUri(secret, email) };
}

/**
 * Puts the new secret to use if the code fits. It does not need a recent authentication, because `startTotp` did and gave the secret to that
 * person alone.
 * @returns the session's new token, and recovery codes if the account had none
 * @throws Refusal enrolment_expired; wrong_code; unavailable, when the hashing queue is full
 */
export async function confirmTotp(
  { services, principal }: PersonCtx,
  { code }: { code: string },
): Promise<{ sessionToken: string; recoveryCodes: string[] | null }> {
  const { accountId, sessionId, email } = principal;
  const { database, log } = services;
  const pending = await database.asPlatformStatement("find a new authenticator app", (db) =>
    queries.findPendingTotp(db, accountId),
  );
  if (!pending) throw new Refusal("enrolment_expired");
  const { secretSealed } = pending;
  const step = findStep(openTotpSecret(services, accountId, secretSealed), code, Date.now());
  if (step === null) {
    throw new Refusal("wrong_code", {
      detail: "That code doesn't fit. Check that the clock of your phone is right, and enter the code that it shows now.",
      fields: [{ path: "code", message: "That code doesn't fit. Enter the one that your app shows now." }],
    });
  }
  const oldCodes = await database.asPlatformStatement("find recovery codes", (db) => queries.findRecoveryCodes(db, accountId));
  // Hashed before the transaction.
  const newCodes = oldCodes ? null : await makeRecoveryCodes(accountId);
  const confirmed = await database.asPlatform("set up an authenticator app", async (tx) => {
    await queries.lockAccount(tx.db, accountId);
    if (!(await queries.takePendingTotp(tx.db, accountId, secretSealed))) throw new Refusal("enrolment_expired");
    const isFirst = (await queries.findTotp(tx.db, accountId)) === undefined;
    await queries.setTotp(tx.db, accountId, { secretSealed, step });
    const hasNewCodes = newCodes !== null && (await queries.setFirstRecoveryCodes(tx.db, accountId, newCodes));
    await queueFactorMail(tx, services, { to: email, change: isFirst ? "on" : "replaced" });
    return { sessionToken: await renewSession(tx, sessionId, "totp"), recoveryCodes: hasNewCodes ? newCodes.codes : null };
  });
  log.info({ accountId }, "authenticator app set up");
  return confirmed;
}

/** @throws Refusal reauthentication_required; not_found, when there is none */
export async function removeTotp(ctx: PersonCtx): Promise<void> {
  await assertMayChangeFactors(ctx);
  const { services, principal } = ctx;
  const { accountId, email } = principal;
  await services.database.asPlatform("remove an authenticator app", async (tx) => {
    await queries.lockAccount(tx.db, accountId);
    if (!(await queries.deleteTotp(tx.db, accountId))) throw new Refusal("not_found");
    const isOff = await queries.endWithoutFactors(tx.db, accountId);
    await queueFactorMail(tx, services, { to: email, change: isOff ? "off" : "appRemoved" });
  });
  services.log.info({ accountId }, "authenticator app removed");
}

/** @throws Refusal reauthentication_required; not_found, without a second factor; unavailable, when the hashing queue is full */
export async function renewRecoveryCodes(ctx: PersonCtx): Promise<string[]> {
  await assertMayChangeFactors(ctx);
  const { services, principal } = ctx;
  const { accountId, email } = principal;
  const newCodes = await makeRecoveryCodes(accountId);
  await services.database.asPlatform("make recovery codes", async (tx) => {
    await queries.lockAccount(tx.db, accountId);
    if (!(await queries.findSecondFactors(tx.db, accountId, null)).any) throw new Refusal("not_found");
    await queries.setRecoveryCodes(tx.db, accountId, newCodes);
    await queueFactorMail(tx, services, { to: email, change: "newCodes" });
  });
  return newCodes.codes;
}
