/** Shared by the operator's commands of billing. */
import { resolve } from "node:path";
import pino from "pino";
import { Slug } from "#contract/slug.ts";
import { lockRoster } from "../access/roster.ts";
import type { Config } from "../config.ts";
import type { Database } from "../platform/db/pools.ts";
import { onDatabase } from "../platform/db/for-commands.ts";
import { openKeys } from "../platform/keys.ts";
import { UsageError } from "../platform/usage.ts";
import { openSettledBilling } from "./catalogues.ts";
import { openIssuedNumbers, raiseSeries } from "./issued-numbers.ts";
import { type BillingCtx, openBillingCtx } from "./lifecycle.ts";
import * as queries from "./lifecycle-queries.ts";
import { MANUAL } from "./payments/payments.ts";

/** @throws UsageError for an unknown workspace */
export async function findWorkspace(database: Database, slug: string): Promise<string> {
  const tenantId = Slug.safeParse(slug).success
    ? await database.asPlatformStatement("a workspace's billing by its slug", (db) => queries.findTenantId(db, slug))
    : undefined;
  if (tenantId === undefined) throw new UsageError(`There is no workspace at ${slug}.`);
  return tenantId;
}

export interface Operating {
  database: Database;
  /** Runs `work` on a workspace's billing, behind its roster lock. */
  on<Result>(tenantId: string, work: (billingCtx: BillingCtx) => Promise<Result>): Promise<Result>;
}

/** @throws UsageError while billing is off */
export function operate<Result>(config: Config, work: (operating: Operating) => Promise<Result>): Promise<Result> {
  return onDatabase(config, async (database) => {
    const billing = await openSettledBilling(database);
    const log = pino({ level: config.logLevel }, pino.destination(2));
    const services = {
      billing,
      database,
      keys: openKeys(config.keysFolder, config.masterKey),
      numbers: openIssuedNumbers(resolve(config.dataFolder, "deletions")),
      publicUrl: () => config.url ?? `http://localhost:${config.port}`,
      // The server may have a provider that this shell doesn't name: its jobs charge cards and close pages.
      payments: { ...MANUAL, provider: "stripe" as const },
      log,
    };
    await raiseSeries(services);
    return work({
      database,
      on: (tenantId, step) =>
        database.withTenant(tenantId, async (tx) => {
          await lockRoster(tx);
          return step(openBillingCtx(services, tx, billing.sale));
        }),
    });
  });
}
