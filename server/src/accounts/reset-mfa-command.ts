/** `npm run whoot -- account reset-mfa EMAIL`: turns two-step verification off for somebody who has lost everything. */
import { readAddress } from "#contract/addresses.ts";
import { mailedPaths } from "#contract/paths.ts";
import type { Config } from "../config.ts";
import type { Database } from "../platform/db/pools.ts";
import { onDatabase } from "../platform/db/for-commands.ts";
import { openKeys } from "../platform/keys.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { UsageError } from "../platform/usage.ts";
import * as factorQueries from "./factor-queries.ts";
import { findAccountByEmail } from "./queries.ts";
import { removeSecondFactors } from "./lost-factors.ts";

/** @throws UsageError for an address without an account */
function resetMfa(database: Database, config: Config, email: string): Promise<boolean> {
  const keys = openKeys(config.keysFolder, config.masterKey);
  return database.asPlatform("reset a second factor", async (tx) => {
    const account = await findAccountByEmail(tx.db, email);
    if (!account) throw new UsageError(`There is no account with the address ${email}.`);
    const { accountId } = account;
    await factorQueries.lockAccount(tx.db, accountId);
    if (!(await removeSecondFactors(tx.db, accountId))) return false;
    await queueMail(tx.db, keys, {
      to: email,
      subject: mailWords`Two-step verification was turned off for you`,
      text: mailWords`Whoever runs this whoot server turned two-step verification off for your account, because somebody said that you lost your second factors and your recovery codes. Your authenticator app, passkeys and recovery codes no longer work. Signing in needs the password alone until you set it up again in your account. If you didn't ask for this, choose a new password at once and tell whoever runs the server:`,
      link: pageLink({ publicUrl: () => config.url ?? `http://localhost:${config.port}` }, mailedPaths.account()),
      tenantId: null,
    });
    return true;
  });
}

export const accountResetMfa = {
  usage: "account reset-mfa EMAIL",
  does: "Turns two-step verification off for a person who lost their authenticator app, passkeys and recovery codes, and mails them. Make sure first that it is them.",

  /** @throws UsageError, also for an address without an account */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [typed, ...rest] = args;
    const email = typed === undefined ? null : readAddress(typed);
    if (email === null) throw new UsageError("Whose? Give the email address of the account.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    const wasOn = await onDatabase(config, (database) => resetMfa(database, config, email));
    print(wasOn ? `Two-step verification of ${email} is off. A mail tells them.` : `${email} has no two-step verification.`);
    return wasOn ? 0 : 1;
  },
};
