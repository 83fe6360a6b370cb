/** What people may change in their own account: name, password, and sessions. */
import { sql } from "kysely";
import type { PersonCtx } from "../access/ctx.ts";
import { endSessionsOf, findTenantsOf } from "../access/sessions.ts";
import { renameMember } from "../members/members.ts";
import { hashNewPassword, replacePassword } from "./new-password.ts";
import { checkPassword } from "./reauthentication.ts";
import { markResetsUsed } from "./reset-queries.ts";
import type { Account } from "./second-step.ts";

/**
 * Sets a new password, ends every other session, invalidates mailed reset links, and notifies the person by mail.
 * @returns the account's new device epoch
 * @throws Refusal wrong_credentials, when the current password is wrong; invalid_input for the new one; unavailable, when the hashing queue is full
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
  const { email, name } = principal;
  const account = { accountId, email, name };
  const replacement = await hashNewPassword(services, { account, password: input.newPassword, field: "newPassword" });
  return services.database.asPlatform("change a password", (tx) =>
    replacePassword(tx, services, { accountId, keep: sessionId, origin }, { passwordHash: currentHash, replacement }),
  );
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
