/**
 * The job that erases what is left of a deleted tenant. It can be stopped at any point and repeated from any: each step is harmless
 * when it is done already, and what it counts is counted exactly once. Rows are counted in the transaction that erases them; files
 * are noted before they are removed and counted after.
 *
 * Requests that were admitted before the deletion may still be writing. Each transaction that erases is alone in the tenant, so that
 * neither waits for the other with something that the other wants; what they added goes with the last one, and what they put into the
 * directory, the jobs and the files with it or after it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Db } from "../platform/db/pools.ts";
import { enqueue } from "../platform/jobs.ts";
import { type FilePlace, TENANT_FILES, TENANT_TABLES } from "../platform/db/tenant-data.ts";
import type { Tombstone } from "../platform/tombstones.ts";
import type { Services } from "../services.ts";
import * as queries from "./queries.ts";
import { receiptKey, signReceipt, STATEMENT } from "./receipts.ts";

const FILES_AT_ONCE = 500;
/** Of one transaction: at most, and at least. */
const ROWS_AT_ONCE = 1_000;
const LEAST_ROWS = 25;
/** Whose places are read at once. */
const ROWS_AHEAD = 1_000;
/**
 * How long the statement of a portion should take. Short ones cost more in all, and of the other tenants' requests, which run on the same
 * machine, each is a little slower instead of some a lot (npm run bench:tenants).
 */
const PORTION_MS = 2;
/**
 * After it the erasure rests so many times as long: nobody waits for its end. Where the others slow it down it rests longer, up to a limit: it
 * comes to an end however busy they are.
 */
const REST = 3;
const MOST_REST_MS = 250;

interface FileStore {
  list(tenantId: string): Promise<string[]>;
  remove(tenantId: string, name: string): Promise<void>;
  removeTenant(tenantId: string): Promise<void>;
}

function fileStores(services: Services): Record<FilePlace, FileStore> {
  return { recordings: services.blobs, exports: services.archives, outbox: services.mailer.kept };
}

const PLACES = Object.keys(TENANT_FILES) as FilePlace[];

export function newTombstone(erasure: queries.NewErasure): Tombstone {
  return {
    version: 1,
    tenantId: erasure.tenantId,
    deletedAt: erasure.requestedAt.toISOString(),
    tokenHash: erasure.tokenHash?.toString("hex") ?? null,
    keyDestroyedAt: null,
    receipt: null,
  };
}

/** Now, but never before `earlier`: clocks go back, and two computers have two. */
function nowAfter(earlier: string): string {
  return new Date(Math.max(Date.now(), Date.parse(earlier))).toISOString();
}

/** Nothing is erased by whoever may forget it: the tombstone is there first (of an erasure that began before this version, too). */
export async function destroyKey(services: Services, erasure: queries.Erasure): Promise<void> {
  const { tenantId } = erasure;
  try {
    await services.tombstones.update(tenantId, (found) => found ?? newTombstone(erasure));
  } finally {
    services.keys.destroy(tenantId); // on a full disk too
  }
  try {
    await services.tombstones.update(tenantId, (found) => {
      if (found?.keyDestroyedAt) return found;
      // Decided before the database knew: the link of the transaction counts, and when it was that nobody found the tenant any more.
      const tombstone = found && erasure.replay ? found : newTombstone(erasure);
      return { ...tombstone, keyDestroyedAt: nowAfter(tombstone.deletedAt) };
    });
  } catch (error) {
    // That it is deleted is known; on a full disk the erasure has to go on, to make room.
    services.log.error(
      { err: error, tenantId },
      "that a deleted tenant's key is destroyed couldn't be noted; its receipt will say it",
    );
  }
}

function kindsOf(files: queries.TenantFile[]): queries.Counts {
  const counts: queries.Counts = {};
  for (const [place] of files) counts[TENANT_FILES[place]] = (counts[TENANT_FILES[place]] ?? 0) + 1;
  return counts;
}

/** Every file of the tenant, wherever such files are kept. */
export async function listFiles(services: Services, tenantId: string): Promise<queries.TenantFile[]> {
  const stores = fileStores(services);
  const lists = PLACES.map(async (place) =>
    (await stores[place].list(tenantId)).map((name): queries.TenantFile => [place, name]),
  );
  return (await Promise.all(lists)).flat();
}

const readErasure = (services: Services, tenantId: string) =>
  services.database.readAsPlatform("how far an erasure is", (db) => queries.findErasure(db, tenantId));

async function eraseFiles(services: Services, tenantId: string, step: Step): Promise<void> {
  const stores = fileStores(services);
  let waiting: queries.TenantFile[] = [];
  let noted = "[]";
  for (;;) {
    const gone = (await readErasure(services, tenantId))?.removing ?? [];
    // Noted by a run before this one, or by another beside it, which may have counted some of what this one listed.
    if (JSON.stringify(gone) !== noted) waiting = [];
    for (const [place, name] of gone) {
      await stores[place].remove(tenantId, name);
      await step("file");
    }
    if (waiting.length === 0) waiting = await listFiles(services, tenantId);
    const next = waiting.splice(0, FILES_AT_ONCE);
    if (gone.length === 0 && next.length === 0) break;
    await services.database.asPlatform("note the files that go next", (tx) =>
      queries.turnFiles(tx.db, tenantId, gone, next, kindsOf(gone)),
    );
    noted = JSON.stringify(next);
    await step("files noted");
  }
  for (const place of PLACES) await stores[place].removeTenant(tenantId);
}

const AGAIN_MS = 20;

/** In a transaction that is alone in the tenant, as soon as those that are in it have ended. */
async function alone<Result>(services: Services, tenantId: string, work: (db: Db) => Promise<Result>, signal?: AbortSignal) {
  for (;;) {
    const done = await services.database.asPlatform("erase rows of a deleted tenant", async (tx) =>
      (await tx.enterTenantAlone(tenantId)) ? { result: await work(tx.db) } : null,
    );
    if (done) return done.result;
    await sleep(AGAIN_MS, undefined, { signal });
  }
}

type LongTable = Extract<(typeof TENANT_TABLES)[number], { by: string }>;

const LONG_TABLES = TENANT_TABLES.filter((table): table is LongTable => "by" in table);

/** How far the erasures of this process have come: the next turn does not look for what is gone. Forgotten, it only takes longer. */
const reached = new Map<string, { table: LongTable; from: string | null }>();

interface Erasing {
  tenantId: string;
  rowsAtOnce: number;
  step: Step;
  signal: AbortSignal | undefined;
}

/** All rows of the table from there on, but for those that are being added. */
async function eraseTable(services: Services, table: LongTable, from: string | null, erasing: Erasing): Promise<void> {
  const { tenantId, rowsAtOnce, step, signal } = erasing;
  const rest = (took: number) => sleep(Math.min(MOST_REST_MS, took * REST), undefined, { signal });
  let size = Math.min(LEAST_ROWS, rowsAtOnce);
  for (let inVain = 0; inVain < 2;) {
    reached.set(tenantId, { table, from });
    const looked = performance.now();
    const places = await services.database.asPlatform("find rows of a deleted tenant", async (tx) => {
      await tx.enterTenant(tenantId);
      return queries.findPlaces(tx.db, tenantId, table, from, ROWS_AHEAD);
    });
    if (places.length === 0) return;
    await rest(performance.now() - looked);
    let erased = 0;
    for (let next = 0; next < places.length;) {
      const portion = places.slice(next, next + size);
      let took = 0;
      const erase = async (db: Db) => {
        const begun = performance.now();
        const count = await queries.eraseSome(db, tenantId, table, portion);
        took = performance.now() - begun;
        return count;
      };
      erased += await alone(services, tenantId, erase, signal);
      await step(table.table);
      next += portion.length;
      size = Math.min(rowsAtOnce, Math.max(LEAST_ROWS, Math.ceil((portion.length * PORTION_MS) / took)));
      await rest(took);
    }
    // All were somewhere else by now: another run erased them, or the table was written anew.
    if (erased === 0) inVain += 1;
    else from = places.at(-1)?.by ?? null;
  }
}

async function eraseRows(services: Services, erasing: Erasing): Promise<void> {
  const { tenantId, step, signal } = erasing;
  const begin = reached.get(tenantId) ?? { table: LONG_TABLES[0], from: null };
  for (const table of LONG_TABLES.slice(LONG_TABLES.findIndex((one) => one === begin.table))) {
    await eraseTable(services, table, table === begin.table ? begin.from : null, erasing);
  }
  reached.delete(tenantId); // should the last transaction take too long, the next run looks again
  await alone(services, tenantId, (db) => queries.eraseRest(db, tenantId), signal);
  await step("last rows");
}

const foundAt = (replay: queries.Erasure) => replay.requestedAt.toISOString();

/** Whether the receipt tells of this erasure already. */
export function isInReceipt(erasure: queries.Erasure, { receipt }: Tombstone): boolean {
  return receipt !== null && (!erasure.replay || receipt.replays.some((replay) => replay.foundAt === foundAt(erasure)));
}

/** The tombstone with the receipt of this erasure; as it is when a run that was stopped right after it wrote that already. */
function withReceipt(services: Services, erasure: queries.Erasure, tombstone: Tombstone): Tombstone {
  if (isInReceipt(erasure, tombstone)) return tombstone;
  const erased = Object.entries(erasure.counts)
    .map(([kind, count]) => ({ kind, count }))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
  if (!tombstone.receipt) {
    const keyDestroyedAt = tombstone.keyDestroyedAt ?? nowAfter(tombstone.deletedAt);
    const receipt = signReceipt(services.keys, {
      version: 1,
      workspaceId: erasure.tenantId,
      server: services.publicUrl(),
      deletedAt: tombstone.deletedAt,
      keyDestroyedAt,
      completedAt: nowAfter(keyDestroyedAt),
      erased,
      replays: [],
      statement: STATEMENT,
    });
    return { ...tombstone, keyDestroyedAt, receipt };
  }
  const { signature: _, publicKey: __, ...before } = tombstone.receipt;
  const replay = { foundAt: foundAt(erasure), completedAt: nowAfter(foundAt(erasure)), erased };
  return { ...tombstone, receipt: signReceipt(services.keys, { ...before, replays: [...before.replays, replay] }) };
}

/** Told after each step that was made durable; what it throws stops the run there, as a crash would. */
type Step = (name: string) => void | Promise<void>;

/** How long one erasure has a worker of the few that there are; then others get their turn. */
const TURN_MS = 5_000;

export function enqueueErasure(db: Db, tenantId: string): Promise<void> {
  return enqueue(db, "eraseTenant", { tenantId }, `erase ${tenantId}`);
}

/**
 * The job: goes on with the erasure for a while, and asks to be called again when it isn't done by then, behind all others that wait.
 * @param stopping the server stops: what it can't finish, the next start goes on with
 */
export async function eraseInTurn(services: Services, tenantId: string, stopping: AbortSignal): Promise<void> {
  const turn = AbortSignal.timeout(TURN_MS);
  try {
    await eraseTenant(services, tenantId, { signal: AbortSignal.any([stopping, turn]) });
  } catch (error) {
    const isOver = error === turn.reason || (error as Error).cause === turn.reason;
    if (!turn.aborted || !isOver) throw error;
    await services.database.asPlatform("let other erasures come first", (tx) => enqueueErasure(tx.db, tenantId));
  }
}

/** Does nothing for a tenant that nobody deleted. */
export async function eraseTenant(
  services: Services,
  tenantId: string,
  { step: told = () => {}, rowsAtOnce = ROWS_AT_ONCE, signal }: { step?: Step; rowsAtOnce?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const step: Step = async (name) => {
    await told(name);
    signal?.throwIfAborted();
  };
  // The app role may enqueue jobs, and cannot write this list: it is what makes the job an order.
  const erasure = await readErasure(services, tenantId);
  if (!erasure) return;
  await destroyKey(services, erasure);
  await step("key");
  if (!erasure.totals) {
    await services.database.asPlatform("count what there is to erase", async (tx) => {
      await tx.enterTenant(tenantId);
      const totals = await queries.countRows(tx.db, tenantId);
      for (const [kind, count] of Object.entries(kindsOf(await listFiles(services, tenantId)))) totals[kind] = count;
      await queries.noteTotals(tx.db, tenantId, totals);
    });
  }
  await eraseFiles(services, tenantId, step);
  await eraseRows(services, { tenantId, rowsAtOnce, step, signal });
  await eraseFiles(services, tenantId, step); // of requests that were under way until then
  const done = await readErasure(services, tenantId);
  if (!done) return; // another run was faster
  await services.tombstones.addSigner(receiptKey(services.keys));
  const tombstone = await services.tombstones.update(tenantId, (found) =>
    withReceipt(services, done, found ?? newTombstone(done)),
  );
  await step("receipt");
  await services.database.asPlatform("note that a tenant is erased", (tx) => queries.noteErased(tx.db, tombstone));
  services.log.info({ tenantId }, "deleted tenant erased");
}
