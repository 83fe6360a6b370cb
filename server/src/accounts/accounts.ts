/** Sign-up with a confirmed address, and sign-in. No answer here reveals whether an address has an account. */
import { mailedPaths } from "#contract/paths.ts";
import { timingSafeEqual } from "node:crypto";
import type { PublicCtx } from "../access/ctx.ts";
import { type Browser, startSession, startSessionByPassword } from "../access/sessions.ts";
import { findInvitationProof } from "../invitations/invitations.ts";
import type { Database, PlatformTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { open, seal } from "../platform/seal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import type { Attempts } from "./attempts.ts";
import { type Device, deviceGroup } from "./device-cookie.ts";
import { assertNotBreached } from "./breached-passwords.ts";
import { assertGoodPassword, partsOfAddress } from "./password-rules.ts";
import { replacePassword, replacementFor } from "./new-password.ts";
import { type Hashing, withHashing } from "./passwords.ts";
import * as queries from "./queries.ts";
import { findAccountById } from "./factor-queries.ts";
import { type Account, type PendingSignIn, type Session, startSessionOrAsk } from "./second-step.ts";

const SIGN_UP_CONTEXT = "invitation of a sign-up";

function signUpKey(services: Services): Buffer {
  return services.keys.platformKey("sign-up");
}

async function queueConfirmationMail(tx: PlatformTx, services: Services, to: string, token: string): Promise<void> {
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`Confirm your address for whoot`,
    text: mailWords`Someone, hopefully you, signed up for whoot with this address. Open this link within 24 hours to confirm it. If it wasn't you, ignore this mail: no account is created without the link.`,
    link: pageLink(services, mailedPaths.verify(token)),
    tenantId: null,
  });
}

interface NewAccount {
  email: string;
  name: string;
  passwordHash: string;
}

/** Creates the account and signs it in. Returns null when the address has an account by now. */
async function openAccount(tx: PlatformTx, input: NewAccount, browser: Browser): Promise<Session | null> {
  const inserted = await queries.insertAccount(tx.db, input);
  if (!inserted) return null;
  const { deviceEpoch, ...account } = inserted;
  const session = { accountId: account.accountId, deviceEpoch, signedInBy: "mailed_link" as const, proofs: [] };
  return { account, deviceEpoch, sessionToken: await startSession(tx, session, browser) };
}

interface SignUpInput {
  email: string;
  name: string;
  password: string;
  invitationToken?: string | undefined;
  /** Identifies the browser. The confirmation link needs no password in the browser that signed up. */
  browserToken: string;
  /** The browser's current session, which the new one replaces. */
  sessionToken: string | null;
}

/**
 * Signs a person up and mails a confirmation link. With a mailed invitation to the same address, which proves it, the account opens at once.
 * @returns the session of an account that was opened at once, else null
 * @throws Refusal unavailable, when the hashing queue is full
 */
export async function signUp({ services, origin }: PublicCtx, input: SignUpInput): Promise<Session | null> {
  const known = [input.name, ...partsOfAddress(input.email)];
  assertGoodPassword({ password: input.password, field: "password", hasSecondFactor: false, known });
  await assertNotBreached(services, { password: input.password, field: "password" });
  const passwordHash = await withHashing("strangers", (hashing) => hashing.hash(input.password));
  const invitation = input.invitationToken ? await findInvitationProof(services, input.invitationToken) : null;
  const proven = invitation !== null && invitation.provesEmail && invitation.email === input.email;

  return services.database.asPlatform("sign up", async (tx) => {
    if (await queries.findAccountByEmail(tx.db, input.email)) {
      await queueMail(tx.db, services.keys, {
        to: input.email,
        subject: mailWords`You already have a whoot account`,
        text: mailWords`Someone, hopefully you, tried to sign up for whoot with this address, which already has an account. Sign in with your password, or choose a new one there. If it wasn't you, ignore this mail.`,
        link: pageLink(services, mailedPaths.signIn()),
        tenantId: null,
      });
      return null;
    }
    if (proven) {
      return openAccount(tx, { email: input.email, name: input.name, passwordHash }, { token: input.sessionToken, origin });
    }
    const token = makeToken();
    await queries.insertSignUp(tx.db, {
      email: input.email,
      name: input.name,
      passwordHash,
      tokenHash: hashToken(token),
      browserHash: hashToken(input.browserToken),
      invitationTokenSealed: input.invitationToken ? seal(signUpKey(services), input.invitationToken, SIGN_UP_CONTEXT) : null,
    });
    await queueConfirmationMail(tx, services, input.email, token);
    return null;
  });
}

type SignUpRow = NonNullable<Awaited<ReturnType<typeof queries.findSignUp>>> & { passwordHash: string };

/** @throws Refusal not_found, link_used, link_expired */
function usableSignUp(row: Awaited<ReturnType<typeof queries.findSignUp>>): SignUpRow {
  const { passwordHash, ...signUp } = orNotFound(row);
  if (signUp.usedAt || passwordHash === null) throw new Refusal("link_used");
  if (signUp.expired) throw new Refusal("link_expired");
  return { ...signUp, passwordHash };
}

/**
 * Confirms an address: creates the account and starts a session.
 * @throws Refusal not_found, link_used, link_expired, wrong_credentials; password_required, in another browser than the one that signed up;
 *   unavailable, when the hashing queue is full
 */
export async function verifyEmail(
  { services, origin }: PublicCtx,
  input: { token: string; password?: string | undefined; browserToken: string | null; sessionToken: string | null },
): Promise<Session & { invitationToken: string | null }> {
  const tokenHash = hashToken(input.token);
  const { database } = services;
  const signUp = usableSignUp(await database.asPlatformStatement("find a sign-up", (db) => queries.findSignUp(db, tokenHash)));
  const sameBrowser = input.browserToken !== null && timingSafeEqual(hashToken(input.browserToken), signUp.browserHash);
  if (!sameBrowser) {
    const { password } = input;
    if (password === undefined) throw new Refusal("password_required");
    const compare = (hashing: Hashing) => hashing.matches(signUp.passwordHash, password);
    if (!(await withHashing({ known: signUp.signUpId }, compare))) throw new Refusal("wrong_credentials");
  }
  return database.asPlatform("confirm an address", async (tx) => {
    // A sign-up's password and browser never change, so the checks above still hold.
    const { signUpId, email, name, passwordHash, invitationTokenSealed } = usableSignUp(
      await queries.lockSignUp(tx.db, tokenHash),
    );
    const session = await openAccount(tx, { email, name, passwordHash }, { token: input.sessionToken, origin });
    if (!session) throw new Refusal("link_used");
    await queries.markSignUpUsed(tx.db, signUpId);
    const invitationToken = invitationTokenSealed
      ? open(signUpKey(services), invitationTokenSealed, SIGN_UP_CONTEXT).toString()
      : null;
    return { ...session, invitationToken };
  });
}

/** Mails another confirmation link, if the address has an unconfirmed sign-up. */
export async function resendVerificationMail({ services }: PublicCtx, { email }: { email: string }): Promise<void> {
  await services.database.asPlatform("resend the confirmation mail", async (tx) => {
    const token = makeToken();
    if (await queries.renewSignUpToken(tx.db, email, hashToken(token))) {
      await queueConfirmationMail(tx, services, email, token);
    }
  });
}

interface Credentials {
  email: string;
  password: string;
  /** Replaces a password that is too short. */
  newPassword?: string | undefined;
  /** The device cookie's entry for this email address. */
  device: Device | null;
  /** IP address, by which strangers' attempts are counted. */
  address: string;
  /** The browser's current session, which the new one replaces. */
  sessionToken: string | null;
  attempts: Attempts;
}

/**
 * An account with a second factor gets no session yet. Sign-ins and refusals go to the server's log, not to audit logs (docs/decisions/0018-failed-sign-ins.md). Never log what was typed: people
 * type passwords into the wrong field.
 * @throws Refusal wrong_credentials, after the same work for an unknown address as for a wrong password; rate_limited; password_too_short,
 *   for a right password that needs a longer one; invalid_input for that one; unavailable, when the hashing queue is full
 */
export async function signIn({ services, origin }: PublicCtx, input: Credentials): Promise<Session | PendingSignIn> {
  const { email, password, device, address, attempts } = input;
  const asStranger = () => attempts.begin(email, { address });
  // Count a stranger before looking anything up.
  let attempt = device === null ? asStranger() : null;
  const work = async (hashing: Hashing) => {
    const row = await services.database.asPlatformStatement("sign in", (db) => queries.findAccountByEmail(db, email));
    const isKnown = device !== null && device.epoch === row?.deviceEpoch;
    attempt ??= isKnown ? attempts.begin(email, { deviceId: device.id }) : asStranger();
    return { row, matches: await hashing.matches(row?.passwordHash, password) };
  };
  const { row, matches } = await withHashing(device === null ? "strangers" : { known: deviceGroup(email, device) }, work).catch(
    (error: unknown) => {
      attempt?.cancelled();
      throw error;
    },
  );
  const stored = row?.passwordHash;
  if (!row || !stored || !matches) {
    services.log.warn({ accountId: row?.accountId ?? null, ...origin }, "sign-in refused");
    throw new Refusal("wrong_credentials");
  }
  attempt?.succeeded();
  const { passwordHash: _, deviceEpoch, ...account } = row;
  const replacement = await replacementFor(services, { account, password, newPassword: input.newPassword });
  const result =
    (replacement === null && input.sessionToken === null
      ? await startAtOnce(services, { account, deviceEpoch, origin })
      : null) ??
    (await services.database.asPlatform("start a session", async (tx) => {
      const change = { accountId: account.accountId, keep: null, origin };
      const epoch =
        replacement === null ? deviceEpoch : await replacePassword(tx, services, change, { passwordHash: stored, replacement });
      const firstStep = { account, deviceEpoch: epoch, signedInBy: "password" as const };
      return startSessionOrAsk(tx, services, firstStep, { token: input.sessionToken, origin });
    }));
  if ("account" in result) services.log.info({ accountId: account.accountId, ...origin }, "signed in");
  return result;
}

/** Most sign-ins need no transaction. Null for one that does: the account has a second factor or is locked, or its device epoch has changed. */
async function startAtOnce(
  { database }: Services,
  { account, deviceEpoch, origin }: { account: Account; deviceEpoch: number; origin: Origin },
): Promise<Session | null> {
  const sessionToken = await startSessionByPassword(database, { accountId: account.accountId, deviceEpoch }, origin);
  return sessionToken === null ? null : { account, deviceEpoch, sessionToken };
}

/**
 * The account of an address that somebody else than the person has proved: a workspace that holds the address's domain. A new account has no
 * password until the person chooses one by mail.
 */
export function findOrOpenAccount(database: Database, { email, name }: { email: string; name: string }): Promise<Account> {
  return database.asPlatform("open an account for somebody who joins by single sign-on", async (tx) => {
    const inserted = await queries.insertAccount(tx.db, { email, name, passwordHash: null });
    const { accountId, name: known } = inserted ?? orNotFound(await queries.findAccountByEmail(tx.db, email));
    return { accountId, email, name: known };
  });
}

/** The device epoch for a session that starts now (startSession). @throws Refusal not_found */
export async function findDeviceEpoch(tx: PlatformTx, accountId: string): Promise<number> {
  return orNotFound(await findAccountById(tx.db, accountId)).deviceEpoch;
}

export type { Account };
export { endTwoStepVerification, hasSecondFactor, lockFactors, makePasswordCheck } from "./lost-factors.ts";
