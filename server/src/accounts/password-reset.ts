/** Password reset by a mailed link, which works once within 30 minutes. No answer here reveals whether an address has an account. */
import { mailedPaths } from "#contract/paths.ts";
import type { PublicCtx } from "../access/ctx.ts";
import { endSessionsOf } from "../access/sessions.ts";
import { pageLink } from "../platform/mail/link.ts";
import { enqueue, type JobKind } from "../platform/jobs.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { open, seal } from "../platform/seal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { deleteChange } from "./email-change-queries.ts";
import type { Device } from "./device-cookie.ts";
import { findAccountById } from "./factor-queries.ts";
import { hashNewPassword, queuePasswordChangedMail } from "./new-password.ts";
import * as queries from "./reset-queries.ts";
import { type PendingSignIn, type Session, startSessionOrAsk } from "./second-step.ts";

/** The job's payload: a `ResetRequest`, sealed, in base64. */
interface SealedRequest {
  sealed: string;
}

export const MAIL_PASSWORD_RESET: JobKind<SealedRequest> = { name: "mailPasswordReset", crew: "mails" };

const CONTEXT = "address of a password reset";
const key = ({ keys }: Pick<Services, "keys">) => keys.platformKey("password reset");

/**
 * Minutes between two mails to one account, by the number it got within a day. A link works for 30 minutes and the pause is at most 20, so
 * the owner always has a link with 10 minutes left, and strangers cannot flood the mailbox.
 */
const pauseAfter = (mailed: number) => (mailed === 0 ? 0 : Math.min(20, 2 ** (mailed - 1)));

/**
 * Asks for a reset link. The account is looked up in a job, so that this request takes the same time for every address.
 * @param input `device`: the device cookie's entry for the address. A known browser gets its mail despite mails that strangers asked for.
 */
export async function requestPasswordReset(
  { services }: PublicCtx,
  { email, device }: { email: string; device: Device | null },
): Promise<void> {
  const job = jobFor(services, { email, deviceEpoch: device?.epoch ?? null });
  await services.database.asPlatformStatement("ask for a reset link", (db) => enqueue(db, MAIL_PASSWORD_RESET, job));
}

interface ResetRequest {
  email: string;
  /** Null for a stranger's browser. */
  deviceEpoch: number | null;
}

/** Seals the payload, so that the job table reveals no email address to a reader of the database. */
export function jobFor(services: Services, request: ResetRequest): SealedRequest {
  return { sealed: seal(key(services), JSON.stringify(request), CONTEXT).toString("base64") };
}

/** The job: mails a link if the address has an account and the pause since the last link is over. */
export async function mailPasswordReset(services: Services, job: SealedRequest): Promise<void> {
  const opened = open(key(services), Buffer.from(job.sealed, "base64"), CONTEXT).toString();
  const { email, deviceEpoch } = JSON.parse(opened) as ResetRequest;
  await services.database.asPlatform("mail a reset link", async (tx) => {
    const account = await queries.lockAccountOf(tx.db, email);
    if (!account) return;
    const { accountId } = account;
    // Signing out everywhere raises the epoch, so those browsers become strangers.
    const knownBrowser = deviceEpoch === account.deviceEpoch;
    await queries.deleteOldResets(tx.db);
    const { mailed, minutesSinceNewest } = await queries.findRecentResets(tx.db, accountId);
    if (!knownBrowser && minutesSinceNewest !== null && minutesSinceNewest < pauseAfter(mailed)) return;
    const token = makeToken();
    await queries.insertReset(tx.db, accountId, hashToken(token));
    await queueMail(tx.db, services.keys, {
      to: email,
      subject: mailWords`Choose a new password for whoot`,
      text: mailWords`Someone, hopefully you, asked for a new password for your whoot account. Open this link within ${queries.RESET_MINUTES} minutes to choose one. If it wasn't you, ignore this mail: your password stays as it is.`,
      link: pageLink(services, mailedPaths.resetPassword(token)),
      tenantId: null,
    });
  });
}

/** @throws Refusal not_found, link_used, link_expired */
function usable(row: Awaited<ReturnType<typeof queries.findReset>>) {
  const reset = orNotFound(row);
  if (reset.usedAt) throw new Refusal("link_used");
  if (reset.expired) throw new Refusal("link_expired");
  return reset;
}

/**
 * Sets the password, ends every session of the account, and starts one in this browser. A second factor stays as it is and is asked for
 * first (ASVS 5.0 §6.4.3).
 * @throws Refusal not_found, link_used, link_expired; invalid_input for the password; unavailable, when the hashing queue is full
 */
export async function resetPassword(
  { services, origin }: PublicCtx,
  input: { token: string; password: string; sessionToken: string | null },
): Promise<Session | PendingSignIn> {
  const { database, log } = services;
  const tokenHash = hashToken(input.token);
  const { accountId } = usable(await database.asPlatformStatement("find a reset link", (db) => queries.findReset(db, tokenHash)));
  const owner = orNotFound(await database.asPlatformStatement("whose reset link", (db) => findAccountById(db, accountId)));
  const passwordHash = await hashNewPassword(services, { account: owner, password: input.password, field: "password" });
  const session = await database.asPlatform("reset a password", async (tx) => {
    // Lock the account's row first, so that the second of two concurrent resets finds its link used.
    const { deviceEpoch, ...account } = orNotFound(await queries.setPassword(tx.db, accountId, passwordHash, null));
    usable(await queries.findReset(tx.db, tokenHash));
    await queries.markResetsUsed(tx.db, accountId);
    await deleteChange(tx.db, accountId);
    await endSessionsOf(tx, accountId, null, origin);
    await queuePasswordChangedMail(tx, services, account.email);
    const firstStep = { account, deviceEpoch, signedInBy: "mailed_link" as const };
    return startSessionOrAsk(tx, services, firstStep, { token: input.sessionToken, origin });
  });
  log.info({ accountId }, "password reset");
  return session;
}
