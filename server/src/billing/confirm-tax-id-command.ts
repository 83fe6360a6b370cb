/**
 * `npm run whoot -- billing confirm-tax-id SLUG`: records that the operator has checked a workspace's tax id, so that reverse charge may
 * apply.
 */
import { lockRoster } from "../access/roster.ts";
import { openAudit, WHOOT } from "../audit/audit.ts";
import type { Config } from "../config.ts";
import { announceChanged } from "../platform/changes.ts";
import type { Database } from "../platform/db/pools.ts";
import { onDatabase } from "../platform/db/for-commands.ts";
import { UsageError } from "../platform/usage.ts";
import { findWorkspaceName } from "./lifecycle-queries.ts";
import { findWorkspace } from "./operating.ts";
import * as queries from "./profile-queries.ts";

interface Outcome {
  confirmed: boolean;
  says: string;
}

/** @param only refuses any other tax id, because it may have changed since it was checked. @throws UsageError for an unknown slug */
async function confirm(database: Database, slug: string, only: string | undefined): Promise<Outcome> {
  const tenantId = await findWorkspace(database, slug);
  return database.withTenant(tenantId, async (tx) => {
    await lockRoster(tx);
    const profile = await queries.findProfile(tx.db);
    if (!profile?.tax_id) return { confirmed: false, says: `${slug} has no tax id in its billing profile.` };
    const { tax_id: taxId, tax_id_confirmed_at: before } = profile;
    const whose = `${taxId} of ${profile.company}, ${profile.country}`;
    if (only !== undefined && only.replaceAll(/[\s.-]/g, "").toUpperCase() !== taxId.replaceAll(/[\s.-]/g, "").toUpperCase()) {
      return { confirmed: false, says: `${slug} has another tax id: ${whose}. Nothing was confirmed.` };
    }
    if (before !== null) return { confirmed: true, says: `${whose} was confirmed already, at ${before.toISOString()}.` };
    await queries.confirmTaxId(tx.db);
    const name = await findWorkspaceName(tx.db);
    openAudit(tx, WHOOT).record({
      action: "billing.tax_id_confirmed",
      target: { type: "workspace", id: tenantId, name },
      changes: { taxId: { to: taxId } },
    });
    await announceChanged(tx, "billing");
    return { confirmed: true, says: `Confirmed ${whose}. Documents from now on treat ${slug} as a business.` };
  });
}

export const billingConfirmTaxId = {
  usage: "billing confirm-tax-id SLUG [TAX-ID]",
  does: "Confirms that the tax id in a workspace's billing profile is the company's, once you have looked it up. Reverse charge applies to confirmed ones only. With TAX-ID, only if it is still that one.",

  /** @throws UsageError for bad arguments, and for an unknown workspace */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [slug, only, ...rest] = args;
    if (slug === undefined) throw new UsageError("Where? Give the workspace's slug, the part of its address after the slash.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    const { confirmed, says } = await onDatabase(config, (database) => confirm(database, slug, only));
    print(says);
    return confirmed ? 0 : 1;
  },
};
