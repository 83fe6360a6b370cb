/** Challenges for using a passkey, and sign-in with a passkey alone. The challenge for signing in lists no passkeys, so it reveals no account. */
import type { PasskeyAnswer } from "#contract/http/passkeys.ts";
import type { PersonCtx, PublicCtx } from "../access/ctx.ts";
import { startSession } from "../access/sessions.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { CHALLENGE_SECONDS, type ChallengeUse, makeChallenge } from "./passkey-challenge.ts";
import { checkPasskey, requireRelyingParty } from "./passkey-check.ts";
import { listPasskeys, type PasskeyRow } from "./passkey-queries.ts";
import { describeKnown } from "./passkeys.ts";
import { aboutSecondStep, findWaiting, type Session } from "./second-step.ts";

interface Request {
  use: ChallengeUse & { browserToken: string };
  passkeys: readonly PasskeyRow[];
  userVerification: "required" | "preferred";
}

function makeRequest(services: Services, { use, passkeys, userVerification }: Request) {
  const { id: rpId } = requireRelyingParty(services);
  return {
    challenge: makeChallenge(services, use),
    rpId,
    allowCredentials: passkeys.map(describeKnown),
    userVerification,
    timeout: CHALLENGE_SECONDS * 1_000,
  };
}

/** @throws Refusal passkeys_unavailable */
export function startPasskeySignIn({ services }: PublicCtx, { browserToken }: { browserToken: string }) {
  const use = { purpose: "sign in" as const, about: "", browserToken };
  return makeRequest(services, { use, passkeys: [], userVerification: "required" });
}

/** A challenge for the passkeys of one account. @throws Refusal passkeys_unavailable; not_found when the account has none for this host */
async function makeAccountRequest(services: Services, accountId: string, use: Request["use"]) {
  const { id } = requireRelyingParty(services);
  const all = await services.database.asPlatformStatement("list passkeys", (db) => listPasskeys(db, accountId));
  const passkeys = all.filter(({ rpId }) => rpId === id);
  if (passkeys.length === 0) throw new Refusal("not_found", { detail: "You have no passkey that works here." });
  return makeRequest(services, { use, passkeys, userVerification: "preferred" });
}

interface SecondStep {
  /** Set by the first step. */
  cookie: string | null;
  browserToken: string;
}

/** @throws Refusal sign_in_expired; passkeys_unavailable; not_found */
export async function startPasskeySecondStep({ services }: PublicCtx, { cookie, browserToken }: SecondStep) {
  const waiting = await findWaiting(services, cookie);
  const use = { purpose: "second step" as const, about: aboutSecondStep(waiting), browserToken };
  return makeAccountRequest(services, waiting.account.accountId, use);
}

/** @throws Refusal passkeys_unavailable; not_found */
export function startPasskeyAgain({ services, principal }: PersonCtx, { browserToken }: { browserToken: string }) {
  const use = { purpose: "authenticate again" as const, about: principal.sessionId, browserToken };
  return makeAccountRequest(services, principal.accountId, use);
}

interface SignIn {
  passkey: PasskeyAnswer;
  browserToken: string | null;
  /** The browser's current session, which the new one replaces. */
  sessionToken: string | null;
}

/**
 * Attempts are not counted by account: nobody can guess a signature, and a count would let strangers lock people out.
 * @throws Refusal passkeys_unavailable; passkey_expired; passkey_refused
 */
export async function signInWithPasskey({ services, origin }: PublicCtx, input: SignIn): Promise<Session> {
  const { database, log } = services;
  const use = { purpose: "sign in" as const, about: "", browserToken: input.browserToken };
  const checked = await checkPasskey(services, input.passkey, { ...use, accountId: null }).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === "passkey_refused") log.warn({ accountId: null, ...origin }, "sign-in refused");
    throw error;
  });
  const { account, deviceEpoch, proof } = checked;
  const { accountId } = account;
  const sessionToken = await database.asPlatform("start a session", async (tx) => {
    await checked.spend(tx);
    const session = { accountId, deviceEpoch, signedInBy: "passkey" as const, proofs: [proof] };
    return startSession(tx, session, { token: input.sessionToken, origin });
  });
  log.info({ accountId, ...origin }, "signed in");
  return { account, deviceEpoch, sessionToken };
}
