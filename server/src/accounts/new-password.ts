/** New passwords of accounts: checked by what the account has, and set. */
import { MIN_PASSWORD_ALONE, passwordLength } from "#contract/passwords.ts";
import { endSessionsOf } from "../access/sessions.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { mailedPaths } from "#contract/paths.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import type { Origin } from "../platform/http/caller.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { listTenantsOf } from "../tenants/tenants.ts";
import { assertNotBreached } from "./breached-passwords.ts";
import { deleteChange } from "./email-change-queries.ts";
import { findSecondFactors } from "./factor-queries.ts";
import { assertGoodPassword, partsOfAddress } from "./password-rules.ts";
import { withHashing } from "./passwords.ts";
import { markResetsUsed, setPassword } from "./reset-queries.ts";
import type { Account } from "./second-step.ts";

/**
 * Checks a new password of an account and hashes it.
 * @param input `field`: the request's field that holds the password
 * @throws Refusal invalid_input, with a message for the field; unavailable, when the hashing queue is full
 */
export async function hashNewPassword(
  services: Services,
  { account, password, field }: { account: Account; password: string; field: string },
): Promise<string> {
  const { accountId, email, name } = account;
  const [factors, tenants] = await Promise.all([
    services.database.asPlatformStatement("whether a second factor is set up", (db) => findSecondFactors(db, accountId, null)),
    listTenantsOf(services, accountId),
  ]);
  const known = [name, ...partsOfAddress(email), ...tenants.flatMap((tenant) => [tenant.name, tenant.slug])];
  assertGoodPassword({ password, field, hasSecondFactor: factors.any, known });
  await assertNotBreached(services, { password, field });
  return withHashing({ known: accountId }, (hashing) => hashing.hash(password));
}

interface Typed {
  account: Account;
  /** The account's current password, which was checked before. */
  password: string;
  newPassword: string | undefined;
}

/**
 * A person without a second factor needs a long password, also if they removed the factor or chose the password before this rule. Only
 * here, where the password is typed, is its length known.
 * @returns the hash of the password to set; null when the present one may stay
 * @throws Refusal password_too_short without a new one; otherwise as `hashNewPassword`
 */
export async function replacementFor(services: Services, { account, password, newPassword }: Typed): Promise<string | null> {
  if (passwordLength(password) >= MIN_PASSWORD_ALONE) return null;
  const factors = await services.database.asPlatformStatement("whether a second factor is set up", (db) =>
    findSecondFactors(db, account.accountId, null),
  );
  if (factors.any) return null;
  if (newPassword === undefined) throw new Refusal("password_too_short");
  return hashNewPassword(services, { account, password: newPassword, field: "newPassword" });
}

interface Change {
  accountId: string;
  /** The session that goes on; null to end them all. */
  keep: string | null;
  origin: Origin;
}

/**
 * Sets a password, ends sessions, mailed links and a change of address that waits, and tells the person.
 * @param hashes `passwordHash`: the account's own when the change was allowed
 * @returns the account's new device epoch
 * @throws Refusal wrong_credentials, when the password was changed meanwhile
 */
export async function replacePassword(
  tx: PlatformTx,
  services: Services,
  { accountId, keep, origin }: Change,
  { passwordHash, replacement }: { passwordHash: string; replacement: string },
): Promise<number> {
  const changed = await setPassword(tx.db, accountId, replacement, passwordHash);
  if (!changed) throw new Refusal("wrong_credentials");
  await markResetsUsed(tx.db, accountId);
  await deleteChange(tx.db, accountId);
  await endSessionsOf(tx, accountId, keep, origin);
  await queuePasswordChangedMail(tx, services, changed.email);
  return changed.deviceEpoch;
}

export async function queuePasswordChangedMail(tx: PlatformTx, services: Services, to: string): Promise<void> {
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`Your whoot password was changed`,
    text: mailWords`The password of your whoot account was just changed, and every other browser was signed out. If it was you, there is nothing to do. If it wasn't, choose a new password at once:`,
    link: pageLink(services, mailedPaths.forgotPassword()),
    tenantId: null,
  });
}
