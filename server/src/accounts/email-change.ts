/**
 * A change of an account's address. It takes a recent authentication and the link in the new mailbox. The present address gets two mails. No
 * answer tells whether the new address has an account: its owner gets a mail instead of the link.
 */
import { mailedPaths } from "#contract/paths.ts";
import { EMAIL_CHANGE_MINUTES } from "#contract/http/email-change.ts";
import type { PersonCtx, PublicCtx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { findTenantsOf } from "../access/sessions.ts";
import { changeMemberEmail } from "../members/members.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { isUniqueViolation } from "../platform/db/violations.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import * as queries from "./email-change-queries.ts";
import { findAccountByEmail } from "./queries.ts";
import { assertSecondFactorProved } from "./reauthentication.ts";
import { markResetsUsed } from "./reset-queries.ts";

function present(change: { email: string; expiresAt: Date } | undefined) {
  return { pending: change ? { email: change.email, expiresAt: change.expiresAt.toISOString() } : null };
}

export async function getEmailChange({ services, principal }: PersonCtx) {
  const change = await services.database.asPlatformStatement("a change of address that waits", (db) =>
    queries.findChange(db, principal.accountId),
  );
  return present(change);
}

/** @throws Refusal reauthentication_required; invalid_input for the present address */
export async function startEmailChange({ services, principal }: PersonCtx, { email }: { email: string }) {
  assertRecentlyAuthenticated(principal);
  await assertSecondFactorProved(services, principal);
  if (email === principal.email) {
    const message = "That is your address already.";
    throw new Refusal("invalid_input", { detail: message, fields: [{ path: "email", message }] });
  }
  const { accountId } = principal;
  const token = makeToken();
  const change = await services.database.asPlatform("ask for another address", async (tx) => {
    const taken = await findAccountByEmail(tx.db, email);
    const set = await queries.setChange(tx.db, { accountId, email, tokenHash: hashToken(token) });
    if (taken) await queueTakenMail(tx, services, email);
    else await queueLinkMail(tx, services, email, token);
    await queueMail(tx.db, services.keys, {
      to: principal.email,
      subject: mailWords`Someone asked to change the address of your whoot account`,
      text: mailWords`Someone, hopefully you, asked to change the address of your whoot account to ${email}. Nothing changes until the link is opened that was mailed there. If it was you, there is nothing to do. If it wasn't, choose a new password at once, which also stops the change:`,
      link: pageLink(services, mailedPaths.forgotPassword()),
      tenantId: null,
    });
    return set;
  });
  services.log.info({ accountId }, "change of address requested");
  return present(change);
}

async function queueLinkMail(tx: PlatformTx, services: Services, to: string, token: string): Promise<void> {
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`Confirm your new address for whoot`,
    text: mailWords`Someone, hopefully you, wants to use this address for their whoot account. Open this link within ${EMAIL_CHANGE_MINUTES} minutes to confirm it. If it wasn't you, ignore this mail: nothing changes without the link.`,
    link: pageLink(services, mailedPaths.emailChange(token)),
    tenantId: null,
  });
}

async function queueTakenMail(tx: PlatformTx, services: Services, to: string): Promise<void> {
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`Your address is in use for a whoot account already`,
    text: mailWords`Someone, hopefully you, wants to use this address for another whoot account. It belongs to an account already, so nothing changes. To use the other account, sign in there and choose another address. If it wasn't you, ignore this mail.`,
    link: pageLink(services, mailedPaths.signIn()),
    tenantId: null,
  });
}

export async function cancelEmailChange({ services, principal }: PersonCtx): Promise<void> {
  await services.database.asPlatformStatement("give up a change of address", (db) =>
    queries.deleteChange(db, principal.accountId),
  );
}

/**
 * Changes the address in the account and in every workspace, all in one transaction.
 * @throws Refusal not_found, also for a link that was used or replaced; link_expired; link_used, when the address has an account by now
 */
export async function confirmEmailChange({ services, origin }: PublicCtx, input: { token: string }): Promise<{ email: string }> {
  const tokenHash = hashToken(input.token);
  const { database, log } = services;
  const { accountId } = orNotFound(
    await database.asPlatformStatement("find a change of address", (db) => queries.findByToken(db, tokenHash)),
  );
  const email = await database.asPlatform("change an address", async (tx) => {
    // Locked first, so that of two requests with one link the second finds nothing.
    const { email: before } = orNotFound(await queries.lockAccount(tx.db, accountId));
    const change = orNotFound(await queries.findByToken(tx.db, tokenHash));
    if (change.expired) throw new Refusal("link_expired");
    await takeAddress(tx, accountId, change.email);
    await queries.deleteChange(tx.db, accountId);
    // Links in the earlier mailbox must not open the account any more.
    await markResetsUsed(tx.db, accountId);
    for (const to of [before, change.email]) await queueChangedMail(tx, services, to, change.email);
    for (const tenantId of await findTenantsOf(tx, accountId)) {
      await tx.enterTenant(tenantId);
      await changeMemberEmail(tx.db, { tenantId, accountId, email: change.email, origin });
    }
    return change.email;
  });
  log.info({ accountId }, "address changed");
  return { email };
}

/** @throws Refusal link_used, when the address has an account by now */
async function takeAddress(tx: PlatformTx, accountId: string, email: string): Promise<void> {
  const taken = () =>
    new Refusal("link_used", { detail: "This address belongs to another account by now. Nothing was changed." });
  if (await findAccountByEmail(tx.db, email)) throw taken();
  try {
    await queries.setEmail(tx.db, accountId, email);
  } catch (error) {
    if (isUniqueViolation(error)) throw taken();
    throw error;
  }
}

async function queueChangedMail(tx: PlatformTx, services: Services, to: string, email: string): Promise<void> {
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`The address of your whoot account was changed`,
    text: mailWords`The address of your whoot account is ${email} now. Sign in with it from now on. If it was you, there is nothing to do. If it wasn't, tell an admin of your workspaces or whoever runs whoot at once, and choose a new password if you still can:`,
    link: pageLink(services, mailedPaths.forgotPassword()),
    tenantId: null,
  });
}
