/** Compares every workspace's ledger with its documents, each night. */
import { setTimeout as sleep } from "node:timers/promises";
import type { JobKind } from "../platform/jobs.ts";
import type { Services } from "../services.ts";
import { type Difference, findDifference, findSlug } from "./ledger-queries.ts";
import { listTenants } from "./lifecycle-queries.ts";
import { findBalance } from "./store-queries.ts";
import { pagesOfTenants } from "./tenant-pages.ts";

export const CHECK_LEDGERS: JobKind<unknown> = { name: "checkLedgers", crew: "upkeep", schedule: "41 2 * * *" };

/** After each workspace, the check pauses this many times as long as it took, at most MAX_REST_MS. Nobody waits for it. */
const REST = 3;
const MAX_REST_MS = 250;

type CheckServices = Pick<Services, "database" | "log">;

/** The first difference in the workspace's ledger, with the slug; null if there is none. */
export async function checkLedger(
  { database }: CheckServices,
  tenantId: string,
): Promise<(Difference & { slug: string }) | null> {
  return database.withTenant(tenantId, async ({ db }) => {
    const balance = await findBalance(db);
    const negative = { document: null, what: "balance at least", expected: "0", found: String(balance) };
    const difference = (await findDifference(db)) ?? (balance < 0n ? negative : undefined);
    return difference ? { ...difference, slug: await findSlug(db) } : null;
  });
}

/** A workspace that cannot be read does not stop the others. @returns how many workspaces have a difference */
export async function checkLedgers(services: CheckServices, signal: AbortSignal): Promise<number> {
  const { database, log } = services;
  let different = 0;
  for await (const tenantIds of pagesOfTenants(database, "every workspace, for its ledger", listTenants)) {
    for (const tenantId of tenantIds) {
      const begunAt = performance.now();
      try {
        const difference = await checkLedger(services, tenantId);
        if (difference) {
          different += 1;
          log.error({ tenantId, ...difference }, "a workspace's ledger differs from its documents; this is the first difference");
        }
      } catch (error) {
        log.error({ err: error, tenantId }, "a workspace's ledger could not be compared with its documents");
      }
      await sleep(Math.min(MAX_REST_MS, (performance.now() - begunAt) * REST), undefined, { signal });
    }
  }
  return different;
}
