/** What people may change in their own account: name, password, and sessions. */
import { mailedPaths } from "#contract/paths.ts";
import { sql } from "kysely";
import type { PersonCtx } from "../access/ctx.ts";
import { endSessionsOf, findTenantsOf } from "../access/sessions.ts";
import { renameMember } from "../members/members.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { deleteChange } from "./email-change-queries.ts";
import { withHashing } from "./passwords.ts";
import { checkPassword } from "./reauthentication.ts";
import { markResetsUsed, setPassword } from "./reset-queries.ts";
import type { Account } from "./second-step.ts";

export async function queuePasswordChangedMail(tx: PlatformTx, services: Services, to: string): Promise<void> {
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`Your whoot password was changed`,
    text: mailWords`The password of your whoot account was just changed, and every other browser was signed out. If it was you, there is nothing to do. If it wasn't, choose a new password at once:`,
    link: pageLink(services, mailedPaths.forgotPassword()),
    tenantId: null,
  });
}

/**
 * Sets a new password, ends every other session, invalidates mailed reset links, and notifies the person by mail.
 * @returns the account's new device epoch
 * @throws Refusal wrong_credentials, when the current password is wrong; unavailable, when the hashing queue is full
 */
export async function changePassword(
  { services, principal, origin }: PersonCtx,
  input: { currentPassword: string; newPassword: string },
): Promise<number> {
  const { accountId, sessionId } = principal;
  const currentHash = await checkPassword(services, {
    accountId,
    password: input.currentPassword,
    field: "currentPassword",
  });
  const passwordHash = await withHashing({ known: accountId }, (hashing) => hashing.hash(input.newPassword));
  return services.database.asPlatform("change a password", async (tx) => {
    const changed = await setPassword(tx.db, accountId, passwordHash, currentHash);
    if (!changed) throw new Refusal("wrong_credentials"); // changed or reset meanwhile
    await markResetsUsed(tx.db, accountId);
    await deleteChange(tx.db, accountId);
    await endSessionsOf(tx, accountId, sessionId, origin);
    await queuePasswordChangedMail(tx, services, changed.email);
    return changed.deviceEpoch;
  });
}

/**
 * Ends every session, live audio included, and invalidates mailed reset links. Every known browser becomes a stranger's.
 * @returns the account's new device epoch
 */
export function signOutEverywhere({ services, principal, origin }: PersonCtx): Promise<number> {
  const { accountId } = principal;
  return services.database.asPlatform("sign out everywhere", async (tx) => {
    const { deviceEpoch } = await tx.db
      .updateTable("accounts")
      .set({ device_epoch: sql`device_epoch + 1` })
      .where("account_id", "=", accountId)
      .returning("device_epoch as deviceEpoch")
      .executeTakeFirstOrThrow();
    await markResetsUsed(tx.db, accountId);
    await endSessionsOf(tx, accountId, null, origin);
    return deviceEpoch;
  });
}

/** Renames the person in the account and in every workspace, which holds a copy of the name. All in one transaction. */
export function rename({ services, principal, origin }: PersonCtx, { name }: { name: string }): Promise<Account> {
  const { accountId, email } = principal;
  return services.database.asPlatform("rename an account", async (tx) => {
    // Lock the account: joining a workspace locks this row, too (foreign key), so the list of tenants below stays complete.
    await tx.db.selectFrom("accounts").select("account_id").where("account_id", "=", accountId).forUpdate().execute();
    await tx.db.updateTable("accounts").set({ name }).where("account_id", "=", accountId).execute();
    for (const tenantId of await findTenantsOf(tx, accountId)) {
      await tx.enterTenant(tenantId);
      await renameMember(tx.db, { tenantId, accountId, name, origin });
    }
    return { accountId, email, name };
  });
}
