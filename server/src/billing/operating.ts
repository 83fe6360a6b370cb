/** What the operator's commands of billing have in common. */
import { lockRoster } from "../access/roster.ts";
import { openAudit, WHOOT } from "../audit/audit.ts";
import type { Config } from "../config.ts";
import type { Database } from "../platform/db/pools.ts";
import { onDatabase } from "../platform/db/reach.ts";
import { openKeys } from "../platform/keys.ts";
import pino from "pino";
import { openSettledBilling } from "./catalogues.ts";
import type { Look } from "./lifecycle.ts";

export interface Operating {
  database: Database;
  /** Runs `work` on the billing of a workspace, behind its roster lock. */
  on<Result>(tenantId: string, work: (look: Look) => Promise<Result>): Promise<Result>;
}

/** @throws UsageError while billing is off */
export function operate<Result>(config: Config, work: (operating: Operating) => Promise<Result>): Promise<Result> {
  return onDatabase(config, async (database) => {
    const billing = await openSettledBilling(database);
    const services = {
      billing,
      database,
      keys: openKeys(config.keysFolder, config.masterKey),
      publicUrl: () => config.url ?? `http://localhost:${config.port}`,
      log: pino({ level: config.logLevel }, pino.destination(2)),
    };
    return work({
      database,
      on: (tenantId, step) =>
        database.withTenant(tenantId, async (tx) => {
          await lockRoster(tx);
          return step({ services, tx, sale: billing.sale, now: billing.now(), audit: openAudit(tx, WHOOT) });
        }),
    });
  });
}
