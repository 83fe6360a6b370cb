/** The clock: runs the steps of each workspace's billing that are due. */
import { enqueue, type JobKind, releaseHeld } from "../platform/jobs.ts";
import type { Db } from "../platform/db/pools.ts";
import type { Services } from "../services.ts";
import { type BillingCtx, processTenant } from "./lifecycle.ts";
import * as queries from "./lifecycle-queries.ts";
import { toDate } from "./rows.ts";
import { pagesOfTenants } from "./tenant-pages.ts";

/** Processes every workspace that is due. */
export const BILL_DUE: JobKind<unknown> = { name: "billDue", crew: "upkeep", schedule: "* * * * *" };
/** Processes every workspace, after the catalogue has changed or billing was switched on or off. */
export const SETTLE_ALL: JobKind<unknown> = { name: "settleBilling", crew: "upkeep" };

type ClockServices = BillingCtx["services"];

/** How many workspaces are processed at once. More would be no faster on two cores, and take connections from people. */
const TOGETHER = 2;
const PAGE = 100;

/** One workspace's failure does not stop the others. @returns the ids of the workspaces that failed */
async function processEach(services: ClockServices, tenantIds: readonly string[], signal: AbortSignal): Promise<string[]> {
  const left = [...tenantIds];
  const failed: string[] = [];
  async function work(): Promise<void> {
    for (let tenantId = left.shift(); tenantId !== undefined && !signal.aborted; tenantId = left.shift()) {
      try {
        await processTenant(services, tenantId);
      } catch (error) {
        services.log.error({ err: error, tenantId }, "looking at a workspace's billing failed; trying again");
        failed.push(tenantId);
      }
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, work));
  signal.throwIfAborted();
  return failed;
}

interface Run {
  /** Whether another run was requested meanwhile. */
  again: boolean;
}

const running = new WeakMap<Services["database"], Run>();

/**
 * Harmless when repeated; a failed workspace is tried again a minute later. While a run is in progress, a second call only asks it to run
 * once more. Mails with documents go out at the end, including those of a run that was killed.
 */
export async function billDue(services: ClockServices, signal: AbortSignal): Promise<void> {
  const ongoing = running.get(services.database);
  if (ongoing) {
    ongoing.again = true;
    return;
  }
  const run: Run = { again: true };
  running.set(services.database, run);
  try {
    while (run.again) {
      run.again = false;
      await processDue(services, signal);
    }
  } finally {
    running.delete(services.database);
  }
  await services.numbers.written();
  await releaseHeld(services);
}

async function processDue(services: ClockServices, signal: AbortSignal): Promise<void> {
  await services.billing.readClock();
  const now = toDate(services.billing.now());
  for (let after: queries.Due | null = null; ;) {
    const due: queries.Due[] = await services.database.asPlatformStatement("whose billing is due", (db) =>
      queries.listDue(db, now, after, PAGE),
    );
    await processEach(
      services,
      due.map(({ tenantId }) => tenantId),
      signal,
    );
    after = due.at(-1) ?? null;
    if (after === null) return;
  }
}

export async function settleAll(services: ClockServices, signal: AbortSignal): Promise<void> {
  await services.billing.readClock();
  for await (const tenantIds of pagesOfTenants(services.database, "every workspace, for billing", queries.listTenants)) {
    const failed = await processEach(services, tenantIds, signal);
    // The clock retries these every minute.
    await services.database.asPlatformStatement("whose billing failed", (db) => queries.makeDue(db, failed));
  }
  const version = services.billing.sale?.version ?? 0;
  await services.database.asPlatformStatement("the catalogue that all are settled by", (db) =>
    queries.setSettledVersion(db, version),
  );
}

/** Call in the transaction that creates the tenant. If the server dies after the commit, the clock then starts the tenant's billing. */
export async function makeNewTenantDue({ billing }: Pick<Services, "billing">, db: Db, tenantId: string): Promise<void> {
  if (billing.sale) await queries.makeDue(db, [tenantId]);
}

/** Starts a new tenant's billing, which may begin with a trial. Never throws: the clock retries what fails here. */
export async function beginBilling(services: ClockServices, tenantId: string): Promise<void> {
  if (services.billing.sale) await processEach(services, [tenantId], new AbortController().signal);
}

/** Call when the server starts. Queues a run over all workspaces if the catalogue has changed. */
export async function resumeBilling({ billing, database }: Pick<Services, "billing" | "database">): Promise<void> {
  await database.asPlatform("whether what is sold has changed", async ({ db }) => {
    if ((await queries.findSettledVersion(db)) === (billing.sale?.version ?? 0)) return;
    await enqueue(db, SETTLE_ALL, {}, SETTLE_ALL.name);
  });
}
