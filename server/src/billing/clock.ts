/** The clock: looks at each workspace's billing when something is to happen there by itself. */
import { enqueue, type JobKind, releaseHeld } from "../platform/jobs.ts";
import type { Db } from "../platform/db/pools.ts";
import type { Services } from "../services.ts";
import { type Look, lookAt } from "./lifecycle.ts";
import * as queries from "./lifecycle-queries.ts";
import { toDate } from "./rows.ts";
import { pagesOfTenants } from "./tenant-pages.ts";

/** Looks at every workspace that is due. */
export const BILL_DUE: JobKind<unknown> = { name: "billDue", crew: "upkeep", schedule: "* * * * *" };
/** Looks at every workspace, after the catalogue has changed or billing was switched on or off. */
export const SETTLE_ALL: JobKind<unknown> = { name: "settleBilling", crew: "upkeep" };

type Needed = Look["services"];

/** Workspaces that are looked at together. More would be no faster on two cores, and take connections from people. */
const TOGETHER = 2;
const PAGE = 100;

/** @returns those that failed. One that can't be looked at keeps no other from its turn */
async function lookAtEach(services: Needed, tenantIds: readonly string[], signal: AbortSignal): Promise<string[]> {
  const left = [...tenantIds];
  const failed: string[] = [];
  async function work(): Promise<void> {
    for (let tenantId = left.shift(); tenantId !== undefined && !signal.aborted; tenantId = left.shift()) {
      try {
        await lookAt(services, tenantId);
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
  /** Whether another run was asked for meanwhile. */
  again: boolean;
}

const running = new WeakMap<Services["database"], Run>();

/**
 * Harmless when repeated. Who failed has its turn a minute later. A run beside another would only wait for it, and keep others from working.
 * Mails with documents go out after it, also those of a run that was killed.
 */
export async function billDue(services: Needed, signal: AbortSignal): Promise<void> {
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
      await lookAtDue(services, signal);
    }
  } finally {
    running.delete(services.database);
  }
  await services.numbers.written();
  await releaseHeld(services);
}

async function lookAtDue(services: Needed, signal: AbortSignal): Promise<void> {
  await services.billing.readClock();
  const now = toDate(services.billing.now());
  for (let after: queries.Due | null = null; ;) {
    const due: queries.Due[] = await services.database.asPlatformStatement("whose billing is due", (db) =>
      queries.listDue(db, now, after, PAGE),
    );
    await lookAtEach(
      services,
      due.map(({ tenantId }) => tenantId),
      signal,
    );
    after = due.at(-1) ?? null;
    if (after === null) return;
  }
}

export async function settleAll(services: Needed, signal: AbortSignal): Promise<void> {
  await services.billing.readClock();
  for await (const tenantIds of pagesOfTenants(services.database, "every workspace, for billing", queries.listTenants)) {
    const failed = await lookAtEach(services, tenantIds, signal);
    // The clock tries those again, each minute.
    await services.database.asPlatformStatement("whose billing failed", (db) => queries.lookAtThese(db, failed));
  }
  const version = services.billing.sale?.version ?? 0;
  await services.database.asPlatformStatement("the catalogue that all are settled by", (db) =>
    queries.setSettledVersion(db, version),
  );
}

/** Call it in the transaction that creates the tenant: should the server die after it, the clock begins its billing. */
export async function lookAtNewTenant({ billing }: Pick<Services, "billing">, db: Db, tenantId: string): Promise<void> {
  if (billing.sale) await queries.lookAtThese(db, [tenantId]);
}

/** Begins a new tenant's billing: its trial. Never throws: what fails here, the clock does. */
export async function beginBilling(services: Needed, tenantId: string): Promise<void> {
  if (services.billing.sale) await lookAtEach(services, [tenantId], new AbortController().signal);
}

/** When the server starts: has every workspace looked at if what is sold has changed. */
export async function resumeBilling({ billing, database }: Pick<Services, "billing" | "database">): Promise<void> {
  await database.asPlatform("whether what is sold has changed", async ({ db }) => {
    if ((await queries.findSettledVersion(db)) === (billing.sale?.version ?? 0)) return;
    await enqueue(db, SETTLE_ALL, {}, SETTLE_ALL.name);
  });
}
