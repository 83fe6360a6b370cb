/**
 * Sign-in in two steps. After a right password, or a mailed link, an account with a second factor gets no session but a sealed cookie, which
 * lets this browser prove it within ten minutes. A new password or a sign-out everywhere ends it, because both raise the device epoch.
 */
import { z } from "zod";
import type { PasskeyAnswer } from "#contract/http/passkeys.ts";
import type { PublicCtx } from "../access/ctx.ts";
import { type Browser, startSession } from "../access/sessions.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { relyingParty } from "../platform/http/relying-party.ts";
import { Refusal } from "../platform/refusal.ts";
import { open, seal } from "../platform/seal.ts";
import type { Services } from "../services.ts";
import type { Attempt, Attempts } from "./attempts.ts";
import type { Device } from "./device-cookie.ts";
import { findAccountById, findSecondFactors } from "./factor-queries.ts";
import { checkPasskey } from "./passkey-check.ts";
import { checkCode, type FittingCode } from "./second-factor.ts";

export interface Account {
  accountId: string;
  email: string;
  name: string;
}

/** A new session, with what the browser's cookies need. */
export interface Session {
  account: Account;
  sessionToken: string;
  deviceEpoch: number;
}

/** A sign-in that waits for a second factor. */
export interface PendingSignIn {
  /** The cookie's value. */
  secondStep: string;
  /** Which second factors the account has, besides recovery codes. */
  factors: { totp: boolean; passkey: boolean };
}

export const SECOND_STEP_SECONDS = 10 * 60;

const CONTEXT = "sign-in that waits for a code";
const key = ({ keys }: Pick<Services, "keys">) => keys.platformKey("second step");

const Waiting = z.strictObject({
  accountId: z.uuid(),
  deviceEpoch: z.int(),
  signedInBy: z.enum(["password", "mailed_link"]),
  /** Unix time in milliseconds. */
  at: z.number(),
});

function readCookie(services: Services, cookie: string | null): z.infer<typeof Waiting> | null {
  // Sealed, the values take about 200 characters.
  if (cookie === null || cookie.length > 1_000) return null;
  try {
    const waiting = Waiting.parse(JSON.parse(open(key(services), Buffer.from(cookie, "base64url"), CONTEXT).toString()));
    return waiting.at + SECOND_STEP_SECONDS * 1_000 > Date.now() ? waiting : null;
  } catch {
    return null; // forged, or sealed with another master key
  }
}

interface FirstStep {
  account: Account;
  deviceEpoch: number;
  signedInBy: "password" | "mailed_link";
}

/**
 * Starts a session, or asks for a second factor if the account has one.
 * @throws Refusal wrong_credentials, when the device epoch has changed
 */
export async function startSessionOrAsk(
  tx: PlatformTx,
  services: Services,
  { account, deviceEpoch, signedInBy }: FirstStep,
  browser: Browser,
): Promise<Session | PendingSignIn> {
  const { accountId } = account;
  const { any, totp, passkey } = await findSecondFactors(tx.db, accountId, relyingParty(services)?.id ?? null);
  if (any) {
    const waiting: z.infer<typeof Waiting> = { accountId, deviceEpoch, signedInBy, at: Date.now() };
    const secondStep = seal(key(services), JSON.stringify(waiting), CONTEXT).toString("base64url");
    return { secondStep, factors: { totp, passkey } };
  }
  const proofs = signedInBy === "password" ? (["password"] as const) : [];
  return { account, deviceEpoch, sessionToken: await startSession(tx, { accountId, deviceEpoch, signedInBy, proofs }, browser) };
}

/** A first step that was taken. */
export interface WaitingSignIn extends FirstStep {
  /** When the first step succeeded, as Unix time in milliseconds. */
  at: number;
}

/** @throws Refusal sign_in_expired */
export async function findWaiting(services: Services, cookie: string | null): Promise<WaitingSignIn> {
  const waiting = readCookie(services, cookie);
  if (!waiting) throw new Refusal("sign_in_expired");
  const { accountId, signedInBy, at } = waiting;
  const found = await services.database.asPlatformStatement("find who is signing in", (db) => findAccountById(db, accountId));
  if (found?.deviceEpoch !== waiting.deviceEpoch) throw new Refusal("sign_in_expired");
  const { deviceEpoch, ...account } = found;
  return { account, deviceEpoch, signedInBy, at };
}

/** Binds a passkey's challenge to one first step. */
export const aboutSecondStep = ({ account, deviceEpoch, at }: WaitingSignIn) => `${account.accountId} ${deviceEpoch} ${at}`;

interface SecondStepInput {
  /** Set by `startSessionOrAsk`; null when the browser has none. */
  cookie: string | null;
  /** One of the two. */
  code?: string | undefined;
  passkey?: PasskeyAnswer | undefined;
  /** The browser's cookie, to which the passkey's challenge is bound. */
  browserToken: string | null;
  /** Finds the device cookie's entry for an email address. */
  deviceFor: (email: string) => Device | null;
  /** IP address, by which strangers' attempts are counted. */
  address: string;
  /** The browser's current session, which the new one replaces. */
  sessionToken: string | null;
  attempts: Attempts;
}

/**
 * Checks the second factor and starts the session. Wrong codes are counted as wrong passwords are (attempts.ts): known browsers apart from
 * strangers. Passkeys are not counted: nobody can guess a signature.
 * @throws Refusal invalid_input without exactly one factor; sign_in_expired; wrong_code; passkey_refused; passkey_expired; rate_limited;
 *   unavailable, when the hashing queue is full
 */
export async function finishSignIn({ services, origin }: PublicCtx, input: SecondStepInput): Promise<Session> {
  const { database, log } = services;
  const { code, passkey, browserToken } = input;
  if ((code === undefined) === (passkey === undefined)) {
    throw new Refusal("invalid_input", { fields: [{ path: "code", message: "Enter a code, or use a passkey." }] });
  }
  const waiting = await findWaiting(services, input.cookie);
  const { account, deviceEpoch, signedInBy } = waiting;
  const { accountId } = account;
  const refused = (error: unknown) => {
    if (error instanceof Refusal && error.status === 401) log.warn({ accountId, ...origin }, "second step of a sign-in refused");
    throw error;
  };
  const about = aboutSecondStep(waiting);
  const fitting = await (
    passkey
      ? checkPasskey(services, passkey, { purpose: "second step", about, browserToken, accountId })
      : checkCounted(services, waiting, { ...input, code: code ?? "" })
  ).catch(refused);
  const proofs = signedInBy === "password" ? (["password", fitting.proof] as const) : [fitting.proof];
  const sessionToken = await database.asPlatform("start a session", async (tx) => {
    await fitting.spend(tx).catch(refused);
    return startSession(tx, { accountId, deviceEpoch, signedInBy, proofs }, { token: input.sessionToken, origin });
  });
  if ("attempt" in fitting) fitting.attempt.succeeded();
  log.info({ accountId, ...origin }, "signed in");
  return { account, deviceEpoch, sessionToken };
}

/** @throws Refusal wrong_code; rate_limited; unavailable */
async function checkCounted(
  services: Services,
  { account, deviceEpoch }: WaitingSignIn,
  { code, deviceFor, address, attempts }: SecondStepInput & { code: string },
): Promise<FittingCode & { attempt: Attempt }> {
  const device = deviceFor(account.email);
  const isKnown = device !== null && device.epoch === deviceEpoch;
  const attempt = attempts.begin(account.accountId, isKnown ? { deviceId: device.id } : { address });
  const fitting = await checkCode(services, { account, code }).catch((error: unknown) => {
    attempt.cancelled();
    throw error;
  });
  if (!fitting) throw new Refusal("wrong_code");
  return { ...fitting, attempt };
}
