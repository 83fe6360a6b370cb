/** `npm run whoot -- sso disable SLUG`: stops requiring single sign-on, for a workspace that nobody can enter any more. */
import { openAudit, WHOOT } from "../audit/audit.ts";
import { lockRoster } from "../access/roster.ts";
import type { Config } from "../config.ts";
import { announceChanged } from "../platform/changes.ts";
import type { Database } from "../platform/db/pools.ts";
import { onDatabase } from "../platform/db/for-commands.ts";
import { openKeys } from "../platform/keys.ts";
import { mailWords } from "../platform/mail/words.ts";
import { UsageError } from "../platform/usage.ts";
import { findTenantBySlug, findTenantNames } from "../tenants/tenants.ts";
import { mailConfigurers } from "./mails.ts";
import * as queries from "./queries.ts";

/** @returns whether single sign-on was required. @throws UsageError for an unknown slug */
async function stopRequiring(database: Database, config: Config, slug: string): Promise<boolean> {
  const keys = openKeys(config.keysFolder, config.masterKey);
  const tenantId = await findTenantBySlug(database, slug);
  if (tenantId === null) throw new UsageError(`There is no workspace at ${slug}.`);
  return database.withTenant(tenantId, async (tx) => {
    await lockRoster(tx);
    const { policy, hours } = await queries.findPolicy(tx.db);
    if (policy !== "required") return false;
    await queries.setPolicy(tx.db, "optional", hours);
    const { name } = await findTenantNames(tx);
    openAudit(tx, WHOOT).record({
      action: "sso.policy_changed",
      target: { type: "workspace", id: tenantId, name },
      changes: { policy: { from: "required", to: "optional" } },
    });
    const publicUrl = () => config.url ?? `http://localhost:${config.port}`;
    await mailConfigurers({ keys, publicUrl }, tx, (tenant) => ({
      subject: mailWords`${tenant} no longer requires single sign-on`,
      text: mailWords`Whoever runs this whoot server stopped requiring single sign-on in ${tenant}. Members come in with their password or passkey again. Test the connection before you require it again:`,
    }));
    await announceChanged(tx, "tenant");
    return true;
  });
}

export const ssoDisable = {
  usage: "sso disable SLUG",
  does: "Stops requiring single sign-on in a workspace, for when its identity provider keeps everybody out. Its admins are told by mail.",

  /** @throws UsageError, also for an unknown workspace */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [slug, ...rest] = args;
    if (slug === undefined) throw new UsageError("Where? Give the workspace's slug, the part of its address after the slash.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    const was = await onDatabase(config, (database) => stopRequiring(database, config, slug));
    print(
      was
        ? `Single sign-on is no longer required at ${slug}. Its admins get a mail.`
        : `Single sign-on isn't required at ${slug}.`,
    );
    return was ? 0 : 1;
  },
};
