/**
 * The job that erases what is left of a deleted tenant. It can be stopped and repeated at any point: every step may be repeated, and
 * everything is counted exactly once. Rows are counted in the transaction that erases them. Files are noted before they are removed and
 * counted afterwards.
 *
 * Requests that were admitted before the deletion may still be writing. Each erasing transaction is alone in the tenant, so that it
 * cannot deadlock with such a request. The last transaction erases what those requests added to tables, directory and jobs. Their
 * files are erased after it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Receipt } from "#contract/receipt.ts";
import { archiveDocuments, forgetCustomers, forgetPayments, forgetStaged } from "../billing/billing.ts";
import type { Db } from "../platform/db/pools.ts";
import { enqueue, type JobKind } from "../platform/jobs.ts";
import { DELETION_TABLES, DIRECTORY_TABLES, type TenantTable } from "../platform/db/tenant-data.ts";
import type { Tombstone } from "../platform/tombstones.ts";
import type { Services } from "../services.ts";
import * as queries from "./queries.ts";
import { receiptKey, signReceipt, statementOf } from "./receipts.ts";

export const ERASE_TENANT: JobKind<{ tenantId: string }> = { name: "eraseTenant", crew: "upkeep" };
/** Runs after erasures. */
export const VACUUM_ERASED: JobKind<unknown> = { name: "vacuumErased", crew: "upkeep" };
/** A job is given up after its 25th attempt, some four days, and a disk or a provider may be away for longer. */
export const RESUME_ERASURES: JobKind<unknown> = { name: "resumeErasures", crew: "upkeep", schedule: "41 3 * * *" };

/** For so long the log names each night what a deleted workspace paid and nobody recorded. */
const NAMED_DAYS = 35;
const FILES_AT_ONCE = 500;
/** Most and fewest rows that one transaction erases. */
const MAX_PORTION_ROWS = 1_000;
const MIN_PORTION_ROWS = 25;
/** Rows whose locations are read at once. */
const ROWS_AHEAD = 1_000;
/**
 * Target duration of the statement for one portion. Short statements cost more in total, but they delay all other tenants' requests a
 * little instead of some of them a lot (npm run bench:tenants).
 */
const PORTION_MS = 2;
/**
 * After each statement the erasure pauses for this many times its duration, because nobody waits for the erasure. On a busy server it
 * pauses longer, but at most MAX_REST_MS, so that it always ends.
 */
const REST = 3;
const MAX_REST_MS = 250;

export function newTombstone(erasure: queries.NewErasure): Tombstone {
  const { customers = [], billing = null } = erasure;
  return {
    version: 1,
    tenantId: erasure.tenantId,
    deletedAt: erasure.requestedAt.toISOString(),
    tokenHash: erasure.tokenHash?.toString("hex") ?? null,
    keyDestroyedAt: null,
    receipt: null,
    ...(customers.length > 0 || billing ? { forReceipt: { customers, billing } } : {}),
  };
}

/** The current time, but never before `earlier`: a clock may be set back, and the database may have another clock. */
function nowAfter(earlier: string): string {
  return new Date(Math.max(Date.now(), Date.parse(earlier))).toISOString();
}

/** Destroys the key. Makes sure first that the tombstone exists, also for an erasure that an earlier version began. */
export async function destroyKey(services: Services, erasure: queries.Erasure): Promise<void> {
  const { tenantId } = erasure;
  try {
    await services.tombstones.update(tenantId, (existing) => existing ?? newTombstone(erasure));
  } finally {
    services.keys.destroy(tenantId); // even when the disk is full
  }
  try {
    await services.tombstones.update(tenantId, (existing) => {
      if (existing?.keyDestroyedAt) return existing;
      // The tombstone was written before the transaction. Take the link and the time of deletion from the transaction.
      const tombstone = existing && erasure.replay ? existing : newTombstone(erasure);
      return { ...tombstone, keyDestroyedAt: nowAfter(tombstone.deletedAt) };
    });
  } catch (error) {
    // The tombstone exists already. On a full disk the erasure must go on, to free space.
    services.log.error(
      { err: error, tenantId },
      "noting in the tombstone that a deleted tenant's key is destroyed failed; the receipt will state it",
    );
  }
}

function folderOf({ tenantData }: Services, place: string): Services["tenantData"]["folders"][number] {
  const folder = tenantData.folders.find((candidate) => candidate.place === place);
  if (!folder) throw new Error(`no feature has the folder ${place}`);
  return folder;
}

function countKinds(services: Services, files: queries.TenantFile[]): queries.Counts {
  const counts: queries.Counts = {};
  for (const [place] of files) {
    const { kind } = folderOf(services, place);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** Lists the tenant's files in all features' folders. */
export async function listFiles(services: Services, tenantId: string): Promise<queries.TenantFile[]> {
  const lists = services.tenantData.folders.map(async ({ place, store }) =>
    (await store.list(tenantId)).map((name): queries.TenantFile => [place, name]),
  );
  return (await Promise.all(lists)).flat();
}

const readErasure = (services: Services, tenantId: string) =>
  services.database.asPlatformStatement("how far an erasure is", (db) => queries.findErasure(db, tenantId));

async function eraseFiles(services: Services, tenantId: string, step: Step): Promise<void> {
  let waiting: queries.TenantFile[] = [];
  let notedByUs = "[]";
  for (;;) {
    const gone = (await readErasure(services, tenantId))?.removing ?? [];
    // Noted by an earlier or a parallel run, which may have counted files that this run listed: list again.
    if (JSON.stringify(gone) !== notedByUs) waiting = [];
    for (const [place, name] of gone) {
      await folderOf(services, place).store.remove(tenantId, name);
      await step("file");
    }
    if (waiting.length === 0) waiting = await listFiles(services, tenantId);
    const next = waiting.splice(0, FILES_AT_ONCE);
    if (gone.length === 0 && next.length === 0) break;
    await services.database.asPlatform("note the files that go next", (tx) =>
      queries.turnFiles(tx.db, tenantId, { gone, next, counts: countKinds(services, gone) }),
    );
    notedByUs = JSON.stringify(next);
    await step("files noted");
  }
  for (const { store } of services.tenantData.folders) await store.removeTenant(tenantId);
}

const AGAIN_MS = 20;

/** Runs `work` in a transaction that is alone in the tenant. Waits until the tenant's other transactions have ended. */
async function alone<Result>(services: Services, tenantId: string, work: (db: Db) => Promise<Result>, signal?: AbortSignal) {
  for (;;) {
    const outcome = await services.database.asPlatform("erase rows of a deleted tenant", async (tx) =>
      (await tx.enterTenantAlone(tenantId)) ? { result: await work(tx.db) } : null,
    );
    if (outcome) return outcome.result;
    await sleep(AGAIN_MS, undefined, { signal });
  }
}

type LongTable = TenantTable & { erase: { by: string } };

const isLong = (table: TenantTable): table is LongTable => table.erase !== "last";

/** Where this process's erasures stopped, so that the next turn does not search erased rows again. Without it, a turn only takes longer. */
const reached = new Map<string, { table: string; from: string | null }>();

interface Erasing {
  tenantId: string;
  rowsAtOnce: number;
  step: Step;
  /** Aborted when the server stops. */
  stopping: AbortSignal | undefined;
  /** Aborted when the turn of this erasure is over. */
  turn: AbortSignal | undefined;
  /** Aborted with either of the two. */
  signal: AbortSignal;
}

/** Whether the error says that the turn is over. Another error may arrive after the end of a turn, too. */
function isEndOfTurn(error: unknown, turn: AbortSignal | undefined): boolean {
  return turn !== undefined && turn.aborted && (error === turn.reason || (error as Error).cause === turn.reason);
}

/** Erases the table's rows from `from` on, except rows that are being added meanwhile. */
async function eraseTable(services: Services, table: LongTable, from: string | null, erasing: Erasing): Promise<void> {
  const { tenantId, rowsAtOnce, step, signal } = erasing;
  const rest = (duration: number) => sleep(Math.min(MAX_REST_MS, duration * REST), undefined, { signal });
  let size = Math.min(MIN_PORTION_ROWS, rowsAtOnce);
  for (let fruitless = 0; fruitless < 2;) {
    reached.set(tenantId, { table: table.table, from });
    const searchedAt = performance.now();
    const places = await services.database.asPlatform("find rows of a deleted tenant", async (tx) => {
      await tx.enterTenant(tenantId);
      return queries.findPlaces(tx.db, tenantId, table, { from, atMost: ROWS_AHEAD });
    });
    if (places.length === 0) return;
    await rest(performance.now() - searchedAt);
    let erased = 0;
    for (let next = 0; next < places.length;) {
      const portion = places.slice(next, next + size);
      let duration = 0;
      const erase = async (db: Db) => {
        const begunAt = performance.now();
        const count = await queries.eraseSome(db, tenantId, table, portion);
        duration = performance.now() - begunAt;
        return count;
      };
      erased += await alone(services, tenantId, erase, signal);
      await step(table.table);
      next += portion.length;
      size = Math.min(rowsAtOnce, Math.max(MIN_PORTION_ROWS, Math.ceil((portion.length * PORTION_MS) / duration)));
      await rest(duration);
    }
    // No row was at its location any more: another run erased them, or the table was rewritten.
    if (erased === 0) fruitless += 1;
    else from = places.at(-1)?.by ?? null;
  }
}

async function eraseRows(services: Services, erasing: Erasing): Promise<void> {
  const { tenantId, step, signal } = erasing;
  const { tables } = services.tenantData;
  const long = tables.filter(isLong);
  const resume = reached.get(tenantId);
  for (const table of long.slice(
    Math.max(
      0,
      long.findIndex(({ table }) => table === resume?.table),
    ),
  )) {
    await eraseTable(services, table, table.table === resume?.table ? resume.from : null, erasing);
  }
  reached.delete(tenantId); // if the last transaction times out, the next run searches all tables again
  const last = async (db: Db) => forgetPayments(db, await queries.eraseRest(db, tenantId, tables));
  await alone(services, tenantId, last, signal);
  await step("last rows");
}

/**
 * Archives the documents that the issuer must keep by law, before the first row is erased. If that fails, for example on a full disk, no
 * row is erased, and the job tries again.
 */
async function archiveBeforeRows(
  services: Services,
  { tenantId, archived }: queries.Erasure,
  { step, stopping, turn }: Pick<Erasing, "step" | "stopping" | "turn">,
): Promise<void> {
  if (archived) return;
  const receipt = (await services.tombstones.find(tenantId))?.receipt;
  // A restored backup brought back a tenant whose receipt says that nothing was archived.
  if (receipt && !receipt.archived) return;
  let kept: queries.Kept | null;
  try {
    kept = await archiveDocuments(services, tenantId, () => step("document archived"));
  } catch (error) {
    if (stopping?.aborted || isEndOfTurn(error, turn)) throw error;
    // A parallel run archived everything, and has removed the copies that this run was reading.
    const now = await readErasure(services, tenantId);
    if (!now || now.archived) return;
    services.log.error(
      { err: error, tenantId },
      "archiving a deleted tenant's documents failed; none of its rows is erased before",
    );
    await services.database.asPlatform("note that an erasure waits", (tx) => queries.noteWaiting(tx.db, tenantId, "archive"));
    throw error;
  }
  await services.database.asPlatform("note what is archived", (tx) => queries.noteArchived(tx.db, tenantId, kept));
  await step("archived");
  await forgetStaged(services, tenantId);
}

/** How long the receipt waits for the provider. */
const PROVIDER_PATIENCE_MS = 3 * 86_400_000;

/** Erases the customer at the payment provider, before the receipt, which states the outcome. */
async function eraseCustomer(services: Services, erasure: queries.Erasure, stopping: AbortSignal | undefined): Promise<void> {
  const { tenantId, customers, customerOutcome, requestedAt } = erasure;
  if (customers.length === 0 || customerOutcome !== null) return;
  let outcome: "erased" | "kept";
  try {
    outcome = await forgetCustomers(services, customers);
  } catch (error) {
    // The end of the turn is ignored: the answer of a provider that hangs takes longer, and PROVIDER_PATIENCE_MS must still count.
    if (stopping?.aborted) throw error;
    services.log.error({ err: error, tenantId }, "a deleted tenant's customer could not be erased at the payment provider");
    if (Date.now() - requestedAt.getTime() < PROVIDER_PATIENCE_MS) {
      await services.database.asPlatform("note that a receipt waits", (tx) => queries.noteWaiting(tx.db, tenantId, "provider"));
      throw error;
    }
    outcome = "kept";
  }
  await services.database.asPlatform("note what became of the customer", (tx) => queries.noteForgotten(tx.db, tenantId, outcome));
}

const foundAt = (replay: queries.Erasure) => replay.requestedAt.toISOString();

/** Whether the receipt already covers this erasure. */
export function isInReceipt(erasure: queries.Erasure, { receipt }: Tombstone): boolean {
  return receipt !== null && (!erasure.replay || receipt.replays.some((replay) => replay.foundAt === foundAt(erasure)));
}

/** Adds the receipt of this erasure to the tombstone. Returns it unchanged if an earlier run already did. */
function withReceipt(services: Services, erasure: queries.Erasure, tombstone: Tombstone): Tombstone {
  if (isInReceipt(erasure, tombstone)) return tombstone;
  const erased = Object.entries(erasure.counts)
    .map(([kind, count]) => ({ kind, count }))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
  if (!tombstone.receipt) {
    const archived = erasure.archived?.kept;
    const customer = erasure.customerOutcome as Receipt["customer"] | null;
    const notes = { ...(archived ? { archived } : {}), ...(customer ? { customer } : {}) };
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
      ...(erasure.billing ? { billing: erasure.billing } : {}),
      ...notes,
      statement: statementOf(notes),
    });
    const { forReceipt: _, ...others } = tombstone;
    return { ...others, keyDestroyedAt, receipt };
  }
  const { signature: _, publicKey: __, ...before } = tombstone.receipt;
  const replay = { foundAt: foundAt(erasure), completedAt: nowAfter(foundAt(erasure)), erased };
  return { ...tombstone, receipt: signReceipt(services.keys, { ...before, replays: [...before.replays, replay] }) };
}

/** Called after each durable step. An error stops the run at that point, as a crash would. */
type Step = (name: string) => void | Promise<void>;

/** How long one erasure may keep a worker before waiting erasures get their turn. */
const TURN_MS = 5_000;

export function enqueueErasure(db: Db, tenantId: string): Promise<void> {
  return enqueue(db, ERASE_TENANT, { tenantId }, `erase ${tenantId}`);
}

/** False as long as the database cannot say so. */
function isFinished(services: Services, tenantId: string): Promise<boolean> {
  return readErasure(services, tenantId).then(
    (erasure) => erasure === undefined,
    () => false,
  );
}

/**
 * The job: erases for one turn, and queues itself again behind other waiting jobs if it is not done.
 * @param stopping aborted when the server stops; the next start continues the erasure
 */
export async function eraseInTurn(services: Services, tenantId: string, stopping: AbortSignal): Promise<void> {
  const turn = AbortSignal.timeout(TURN_MS);
  try {
    await eraseTenant(services, tenantId, { stopping, turn });
  } catch (error) {
    if (!isEndOfTurn(error, turn)) {
      if (!(await isFinished(services, tenantId))) throw error;
      // The job doesn't fail: a failed job would keep the tenant's id.
      services.log.warn({ err: error, tenantId }, "an erasure failed after another run had finished it");
      return;
    }
    await services.database.asPlatform("let other erasures come first", (tx) => enqueueErasure(tx.db, tenantId));
  }
}

/** Queues all unfinished erasures again. Those that wait for their next attempt begin at once. */
export async function resumeErasures({ database, log }: Pick<Services, "database" | "log">): Promise<void> {
  const unfinished = await database.asPlatformStatement("unfinished erasures", queries.listErasures);
  for (const { tenantId } of unfinished) await database.asPlatform("resume an erasure", (tx) => enqueueErasure(tx.db, tenantId));
  const unrecorded = await database.asPlatformStatement("payments of deleted tenants that were in no ledger", (db) =>
    queries.listUnrecorded(db, NAMED_DAYS),
  );
  for (const { tenantId, unrecorded: received } of unrecorded) {
    log.warn(
      { tenantId, received },
      "a payment of a deleted workspace is in no ledger: the payment provider has it under the workspace's id (whoot_tenant)",
    );
  }
}

/** Erases a deleted tenant and signs the receipt. Does nothing for a tenant that nobody deleted. */
export async function eraseTenant(
  services: Services,
  tenantId: string,
  {
    step: onStep = () => {},
    rowsAtOnce = MAX_PORTION_ROWS,
    stopping,
    turn,
  }: { step?: Step; rowsAtOnce?: number; stopping?: AbortSignal; turn?: AbortSignal } = {},
): Promise<void> {
  const signal = AbortSignal.any([stopping, turn].filter((given) => given !== undefined));
  const step: Step = async (name) => {
    await onStep(name);
    signal.throwIfAborted();
  };
  // The app role can enqueue jobs but cannot write directory_erasures, so a forged job erases nothing.
  const erasure = await readErasure(services, tenantId);
  if (!erasure) return;
  await destroyKey(services, erasure);
  await step("key");
  if (!erasure.totals) {
    await services.database.asPlatform("count what there is to erase", async (tx) => {
      await tx.enterTenant(tenantId);
      const totals = await queries.countRows(tx.db, tenantId, services.tenantData.tables);
      for (const [kind, count] of Object.entries(countKinds(services, await listFiles(services, tenantId)))) totals[kind] = count;
      await queries.noteTotals(tx.db, tenantId, totals);
    });
  }
  await eraseFiles(services, tenantId, step);
  // After the files, because archiving may need their space.
  await archiveBeforeRows(services, erasure, { step, stopping, turn });
  await eraseRows(services, { tenantId, rowsAtOnce, step, stopping, turn, signal });
  await eraseFiles(services, tenantId, step); // files that requests added meanwhile
  const withoutRows = await readErasure(services, tenantId);
  if (withoutRows) await eraseCustomer(services, withoutRows, stopping);
  const finished = await readErasure(services, tenantId);
  if (!finished) return; // another run finished first
  await services.tombstones.addSigner(receiptKey(services.keys));
  const tombstone = await services.tombstones.update(tenantId, (existing) =>
    withReceipt(services, finished, existing ?? newTombstone(finished)),
  );
  await step("receipt");
  await services.database.asPlatform("note that a tenant is erased", async (tx) => {
    await queries.noteErased(tx.db, tombstone);
    await enqueue(tx.db, VACUUM_ERASED, {}, "vacuum what was erased");
  });
  services.log.info({ tenantId }, "deleted tenant erased");
}

/** The job that vacuums the erased tables. */
export function vacuumErased({ tenantData, vacuum }: Services, signal: AbortSignal): Promise<void> {
  const tables = tenantData.tables.map(({ table }) => table);
  return vacuum([...tables, ...DIRECTORY_TABLES, ...DELETION_TABLES, "held_jobs", "graphile_worker._private_jobs"], signal);
}
