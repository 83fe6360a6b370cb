/**
 * Sign-in in two steps. After a right password, or a mailed link, an account with a second factor gets no session but a sealed cookie, which
 * lets this browser try codes for ten minutes. A new password or a sign-out everywhere ends it, because both raise the device epoch.
 */
import { z } from "zod";
import type { PublicCtx } from "../access/ctx.ts";
import type { SignedInBy } from "../access/principal.ts";
import { type Browser, startSession } from "../access/sessions.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import { open, seal } from "../platform/seal.ts";
import type { Services } from "../services.ts";
import type { Attempts } from "./attempts.ts";
import type { Device } from "./device-cookie.ts";
import { findAccountById, findTotp } from "./factor-queries.ts";
import { checkCode } from "./second-factor.ts";

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

/** A sign-in that waits for a code. */
export interface PendingSignIn {
  /** The cookie's value. */
  secondStep: string;
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
  signedInBy: SignedInBy;
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
  if (await findTotp(tx.db, accountId)) {
    const waiting: z.infer<typeof Waiting> = { accountId, deviceEpoch, signedInBy, at: Date.now() };
    return { secondStep: seal(key(services), JSON.stringify(waiting), CONTEXT).toString("base64url") };
  }
  const proofs = signedInBy === "password" ? (["password"] as const) : [];
  return { account, deviceEpoch, sessionToken: await startSession(tx, { accountId, deviceEpoch, signedInBy, proofs }, browser) };
}

interface SecondStepInput {
  /** Of `startSessionOrAsk`; null when the browser has none. */
  cookie: string | null;
  code: string;
  /** Finds the device cookie's entry for an email address. */
  deviceFor: (email: string) => Device | null;
  /** IP address, by which strangers' attempts are counted. */
  address: string;
  /** The browser's current session, which the new one replaces. */
  sessionToken: string | null;
  attempts: Attempts;
}

/**
 * Checks the code and starts the session. Wrong codes are counted as wrong passwords are (attempts.ts): known browsers apart from strangers.
 * @throws Refusal sign_in_expired; wrong_code; rate_limited; unavailable, when the hashing queue is full
 */
export async function finishSignIn({ services, origin }: PublicCtx, input: SecondStepInput): Promise<Session> {
  const { database, log } = services;
  const waiting = readCookie(services, input.cookie);
  if (!waiting) throw new Refusal("sign_in_expired");
  const { accountId, signedInBy } = waiting;
  const found = await database.asPlatformStatement("find who is signing in", (db) => findAccountById(db, accountId));
  if (found?.deviceEpoch !== waiting.deviceEpoch) throw new Refusal("sign_in_expired");
  const { deviceEpoch, ...account } = found;
  const device = input.deviceFor(account.email);
  const isKnown = device !== null && device.epoch === deviceEpoch;
  const attempt = input.attempts.begin(accountId, isKnown ? { deviceId: device.id } : { address: input.address });
  const fitting = await checkCode(services, { account, code: input.code }).catch((error: unknown) => {
    attempt.cancelled();
    throw error;
  });
  const refused = () => log.warn({ accountId, ...origin }, "second step of a sign-in refused");
  if (!fitting) {
    refused();
    throw new Refusal("wrong_code");
  }
  const proofs = signedInBy === "password" ? (["password", fitting.proof] as const) : [fitting.proof];
  const sessionToken = await database.asPlatform("start a session", async (tx) => {
    await fitting.spend(tx).catch((error: unknown) => {
      if (error instanceof Refusal) refused();
      throw error;
    });
    return startSession(tx, { accountId, deviceEpoch, signedInBy, proofs }, { token: input.sessionToken, origin });
  });
  attempt.succeeded();
  log.info({ accountId, ...origin }, "signed in");
  return { account, deviceEpoch, sessionToken };
}
