/**
 * Challenges of passkeys carry their own proof, so none is stored before it is answered, and any number of tabs may wait for one. A MAC binds
 * a challenge to its purpose, to the browser's cookie and to a time. An answered one is recorded as spent, so that a captured answer fails.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { PlatformTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import { hashToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { spendChallenge } from "./passkey-queries.ts";

export const CHALLENGE_SECONDS = 5 * 60;

/** Bytes: random ‖ Unix time in milliseconds ‖ MAC. */
const NONCE = 16;
const TIME = 6;
const MAC = 32;
const LENGTH = NONCE + TIME + MAC;

export interface ChallengeUse {
  /** `about`: the sign-in or session that it is for. */
  purpose: "sign in" | "second step" | "authenticate again" | "add";
  about: string;
  /** The browser's cookie; null when it has none. */
  browserToken: string | null;
}

type Ask = ChallengeUse & { browserToken: string };

function macOf({ keys }: Pick<Services, "keys">, head: Buffer, { purpose, about, browserToken }: Ask): Buffer {
  const use = JSON.stringify([purpose, about, hashToken(browserToken).toString("base64url")]);
  return createHmac("sha256", keys.platformKey("passkey challenges")).update(head).update(use).digest();
}

export function makeChallenge(services: Pick<Services, "keys">, use: Ask, now = Date.now()): string {
  const head = Buffer.concat([randomBytes(NONCE), Buffer.alloc(TIME)]);
  head.writeUIntBE(now, NONCE, TIME);
  return Buffer.concat([head, macOf(services, head, use)]).toString("base64url");
}

/** @throws Refusal passkey_expired, for any challenge that this browser did not get for this use within five minutes */
export function assertChallenge(services: Pick<Services, "keys">, challenge: string, use: ChallengeUse, now = Date.now()): void {
  const { browserToken } = use;
  const bytes = Buffer.from(challenge, "base64url");
  if (browserToken === null || bytes.length !== LENGTH) throw new Refusal("passkey_expired");
  const head = bytes.subarray(0, NONCE + TIME);
  const isOurs = timingSafeEqual(bytes.subarray(NONCE + TIME), macOf(services, head, { ...use, browserToken }));
  const age = now - head.readUIntBE(NONCE, TIME);
  if (!isOurs || age > CHALLENGE_SECONDS * 1_000) throw new Refusal("passkey_expired");
}

/**
 * Uses the challenge up. Call it in the transaction that acts on the answer: of two answers to one challenge, only one succeeds. @throws Refusal
 * passkey_expired
 */
export async function spend(tx: PlatformTx, challenge: string): Promise<void> {
  const hash = createHash("sha256").update(Buffer.from(challenge, "base64url")).digest();
  if (!(await spendChallenge(tx.db, hash))) throw new Refusal("passkey_expired");
}
