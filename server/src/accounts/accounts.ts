/** People, above tenants: sign-up with a confirmed address, sign-in. Nothing here tells whether an address has an account. */
import { timingSafeEqual } from "node:crypto";
import type { InvitationProof } from "../invitations/invitations.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { open, seal } from "../platform/seal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";
import * as queries from "./queries.ts";
import { startSession } from "./sessions.ts";

export interface Account {
  accountId: string;
  email: string;
  name: string;
}

interface Session {
  account: Account;
  sessionToken: string;
}

const SIGN_UP_CONTEXT = "invitation of a sign-up";

function signUpKey(services: Services): Buffer {
  return services.keys.platformKey("sign-up");
}

async function queueConfirmationMail(tx: PlatformTx, services: Services, to: string, token: string): Promise<void> {
  await queueMail(tx.db, services.keys, {
    to,
    subject: "Confirm your address for whoot",
    text: "Somebody, we hope you, signed up for whoot with this address. Open this link within 24 hours to confirm it. If it wasn't you, ignore this mail: without the link there is no account.",
    link: `${services.publicUrl()}/verify#${token}`,
    tenantId: null,
  });
}

/**
 * Signs a person up. Null unless the sign-up carries a mailed invitation for that very address, which proves it.
 * @param browserToken marks the browser; its confirmation link works there without the password.
 */
export async function signUp(
  services: Services,
  input: { email: string; name: string; password: string; invitationToken?: string | undefined; browserToken: string },
  findInvitation: (token: string) => Promise<InvitationProof | null>,
): Promise<Session | null> {
  const passwordHash = await hashPassword(input.password);
  const invitation = input.invitationToken ? await findInvitation(input.invitationToken) : null;
  const proven = invitation !== null && invitation.provesEmail && invitation.email === input.email;

  return services.database.asPlatform("sign up", async (tx) => {
    if (await queries.findAccountByEmail(tx.db, input.email)) {
      await queueMail(tx.db, services.keys, {
        to: input.email,
        subject: "You already have a whoot account",
        text: "Somebody, we hope you, tried to sign up for whoot with this address, which has an account already. Sign in with its password. If it wasn't you, there is nothing to do.",
        link: `${services.publicUrl()}/sign-in`,
        tenantId: null,
      });
      return null;
    }
    if (proven) {
      const account = await queries.insertAccount(tx.db, { ...input, passwordHash });
      if (!account) return null; // made at this very moment by another request
      return { account, sessionToken: await startSession(tx, account.accountId) };
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

/**
 * Confirms an address: the account comes to be and a session starts.
 * @throws Refusal not_found, link_used, link_expired, password_required (another browser), wrong_credentials
 */
export async function verifyEmail(
  services: Services,
  input: { token: string; password?: string | undefined; browserToken: string | null },
): Promise<Session & { invitationToken: string | null }> {
  return services.database.asPlatform("confirm an address", async (tx) => {
    const signUp = orNotFound(await queries.findSignUp(tx.db, hashToken(input.token)));
    if (signUp.usedAt || signUp.passwordHash === null) throw new Refusal("link_used");
    if (signUp.expired) throw new Refusal("link_expired");
    const sameBrowser = input.browserToken !== null && timingSafeEqual(hashToken(input.browserToken), signUp.browserHash);
    if (!sameBrowser) {
      if (input.password === undefined) throw new Refusal("password_required");
      if (!(await passwordMatches(signUp.passwordHash, input.password))) throw new Refusal("wrong_credentials");
    }
    const account = await queries.insertAccount(tx.db, {
      email: signUp.email,
      name: signUp.name,
      passwordHash: signUp.passwordHash,
    });
    if (!account) throw new Refusal("link_used");
    await queries.markSignUpUsed(tx.db, signUp.signUpId);
    const invitationToken = signUp.invitationTokenSealed
      ? open(signUpKey(services), signUp.invitationTokenSealed, SIGN_UP_CONTEXT).toString()
      : null;
    return { account, sessionToken: await startSession(tx, account.accountId), invitationToken };
  });
}

/** Mails another confirmation link, if a sign-up waits at this address. */
export async function resendVerificationMail(services: Services, email: string): Promise<void> {
  await services.database.asPlatform("resend the confirmation mail", async (tx) => {
    const token = makeToken();
    if (await queries.renewSignUpToken(tx.db, email, hashToken(token))) {
      await queueConfirmationMail(tx, services, email, token);
    }
  });
}

/**
 * Told in the server's log, and in no tenant's (docs/decisions/0018-failed-sign-ins.md): never by what was typed, which may be a password
 * in the wrong field.
 * @throws Refusal wrong_credentials, alike and after the same work for an unknown address and a wrong password.
 */
export async function signIn(services: Services, input: { email: string; password: string }, origin: Origin): Promise<Session> {
  const found = await services.database.readAsPlatform("sign in", (db) => queries.findAccountByEmail(db, input.email));
  const matches = await passwordMatches(found?.passwordHash, input.password);
  if (!found || !matches) {
    services.log.warn({ accountId: found?.accountId ?? null, ...origin }, "a sign-in was refused");
    throw new Refusal("wrong_credentials");
  }
  const sessionToken = await services.database.asPlatform("start a session", (tx) => startSession(tx, found.accountId));
  services.log.info({ accountId: found.accountId, ...origin }, "somebody signed in");
  const { passwordHash: _, ...account } = found;
  return { account, sessionToken };
}

/** Asks a signed-in person for the password again, before what cannot be undone. @throws Refusal wrong_credentials */
export async function reauthenticate(services: Services, accountId: string, password: string): Promise<void> {
  const found = await services.database.readAsPlatform("authenticate again", (db) => queries.findPasswordHash(db, accountId));
  if (!(await passwordMatches(found?.passwordHash, password))) {
    services.log.warn({ accountId }, "a password that was asked for again was wrong");
    throw new Refusal("wrong_credentials", {
      detail: "That isn't your password. Nothing was changed.",
      fields: [{ path: "password", message: "That isn't your password." }],
    });
  }
}

/** Only for whoever proved to read that mailbox: it tells whether the address has an account. */
export async function hasAccount(services: Services, email: string): Promise<boolean> {
  const found = await services.database.readAsPlatform("whether the invited person has an account", (db) =>
    queries.findAccountByEmail(db, email),
  );
  return found !== undefined;
}
