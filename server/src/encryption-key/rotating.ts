/**
 * The job that replaces a tenant's key: it makes a new one, seals anew whatever the old one sealed, and destroys the old one. Until then,
 * both open what exists. Every step can be repeated, so a crash anywhere loses nothing.
 */
import { setTimeout as wait } from "node:timers/promises";
import { isDeleted } from "../access/roster.ts";
import { openAudit, WHOOT } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { enqueue } from "../platform/jobs.ts";
import { KeyDestroyedError } from "../platform/keys.ts";
import type { SealedAnew } from "../platform/sealed-blobs.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";
import { jobKey, ROTATE_KEY } from "./jobs.ts";
import * as queries from "./queries.ts";

/** Milliseconds between two saves of the progress, and between two checks of what is still in use. */
const SAVE_MS = 1_000;
const RECHECK_MS = 1_000;
/** Milliseconds until a rotation that failed on the disk tries again. */
const DISK_RETRY_MS = 60_000;
/** How often one run checks what is still in use, before it frees its worker and the job is queued again. */
const CHECKS_PER_RUN = 10;

interface Options {
  /** Aborted when the server stops. */
  signal?: AbortSignal;
  /** Called after each step. An error stops the rotation at that point, as a crash would. */
  step?: (name: "replaced" | "sealed" | "destroyed") => void;
}

interface Tenant {
  tenantId: string;
}

/** At start: continues rotations whose job a crash kept locked, or that a restored database does not know. */
export async function resumeRotations(services: Services): Promise<void> {
  for (const tenantId of services.keys.listReplaced()) {
    await services.database.withTenant(tenantId, async (tx) => {
      if (!(await isDeleted(tx))) await enqueueRotation(tx);
    });
  }
}

const enqueueRotation = (tx: TenantTx) => enqueue(tx.db, ROTATE_KEY, { tenantId: tx.tenantId }, jobKey(tx.tenantId));

/** Tenants with a running rotation. A job may be queued twice, and two rotations at once would write the same files. */
const running = new Set<string>();

/** @throws when the server stops, or the disk or the database fails, so that the job is repeated */
export async function rotateKey(services: Services, { tenantId }: Tenant, options: Options = {}): Promise<void> {
  if (running.has(tenantId)) return;
  running.add(tenantId);
  try {
    const rotation = await services.database.withTenant(tenantId, (tx) => findOrAdopt(services, tx));
    if (!rotation || (await rotate(services, { tenantId, rotation }, options)) === "done") return;
  } catch (error) {
    if (error instanceof KeyDestroyedError) return; // the tenant was deleted
    if (await services.database.withTenant(tenantId, isDeleted)) return;
    throw error;
  } finally {
    running.delete(tenantId);
  }
  // Queued anew, behind other jobs. A failed job would be repeated at growing intervals.
  await services.database.withTenant(tenantId, enqueueRotation);
}

/** The rotation in progress. If only the key files show one, because an older database was restored, it is inserted. */
async function findOrAdopt({ keys }: Services, tx: TenantTx): Promise<queries.RotationRow | null> {
  if (await isDeleted(tx)) return null;
  const newest = await queries.findNewest(tx.db);
  if (newest && newest.finishedAt === null) return newest;
  const oldKey = keys.previousName(tx.tenantId);
  if (oldKey === null) return null;
  await queries.insertRotation(tx.db, tx.tenantId, { oldKey, startedByName: WHOOT.name });
  return (await queries.findNewest(tx.db)) ?? null;
}

interface Rotation extends Tenant {
  rotation: queries.RotationRow;
}

/** @returns "again" when the job must run again, although it did not fail */
async function rotate(
  services: Services,
  { tenantId, rotation }: Rotation,
  { signal, step }: Options,
): Promise<"done" | "again"> {
  const { keys, database, tenantData } = services;
  const { rotationId } = rotation;
  const save = (progress: queries.Progress) =>
    database.withTenant(tenantId, async (tx) => {
      await queries.saveProgress(tx.db, rotationId, progress);
      await announceChanged(tx, "encryptionKey");
    });
  try {
    keys.replace(tenantId, rotation.oldKey);
    step?.("replaced");
    const counts = await Promise.all(tenantData.sealed.map((store) => store.count(tenantId)));
    await save({ total: counts.reduce((sum, count) => sum + count, 0), fault: null });
    for (let checks = 0; ; checks += 1) {
      // Read before the pass. If nobody holds the old key now, nothing is sealed with it during the pass.
      const held = keys.isPreviousHeld(tenantId);
      const begun = performance.now();
      const { inUse } = await sealAll(services, tenantId, { save, signal, step });
      if (!held && inUse === 0) break;
      if (checks === CHECKS_PER_RUN) return "again";
      // A long pass is followed by a pause of the same length.
      await wait(Math.max(RECHECK_MS, performance.now() - begun), undefined, { signal });
    }
  } catch (error) {
    if (signal?.aborted || error instanceof KeyDestroyedError || !isOfTheDisk(error)) throw error;
    // A deletion removes the files during the rotation.
    if (await database.withTenant(tenantId, isDeleted)) return "done";
    services.log.error({ err: error, tenantId }, "the rotation of a tenant's key waits: the disk fails");
    await save({ fault: faultOf(error) });
    await wait(DISK_RETRY_MS, undefined, { signal });
    return "again";
  }
  keys.destroyPrevious(tenantId);
  step?.("destroyed");
  await finish(services, { tenantId, rotation });
  return "done";
}

/** Whether the error is one of the file system: full, read-only, broken. */
const isOfTheDisk = (error: unknown) => typeof (error as NodeJS.ErrnoException).syscall === "string";

interface Pass {
  save: (progress: queries.Progress) => Promise<void>;
  signal: AbortSignal | undefined;
  step: Options["step"] | undefined;
}

/** One pass through everything that is sealed. */
async function sealAll({ tenantData }: Services, tenantId: string, { save, signal, step }: Pass) {
  const tally: Record<SealedAnew, number> = { done: 0, in_use: 0, unreadable: 0 };
  const progress = () => ({ done: tally.done, inUse: tally.in_use, unreadable: tally.unreadable });
  let savedAt = performance.now();
  for (const store of tenantData.sealed) {
    for await (const outcome of store.sealAnew(tenantId)) {
      tally[outcome] += 1;
      step?.("sealed");
      signal?.throwIfAborted();
      if (performance.now() - savedAt < SAVE_MS) continue;
      await save(progress());
      savedAt = performance.now();
    }
  }
  await save(progress());
  return progress();
}

function faultOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === "ENOSPC"
    ? "The server's disk is full. The rotation continues by itself when there is space again."
    : "Something went wrong on our side. The rotation tries again by itself. If this message stays, tell your operator.";
}

async function finish({ database, log }: Services, { tenantId, rotation }: Rotation): Promise<void> {
  const finished = await database.withTenant(tenantId, async (tx) => {
    if (!(await queries.finish(tx.db, rotation.rotationId))) return false;
    const { name } = await findTenantNames(tx);
    openAudit(tx, WHOOT).record({ action: "key.rotated", target: { type: "workspace", id: tenantId, name } });
    await announceChanged(tx, "encryptionKey");
    return true;
  });
  if (finished) log.warn({ tenantId }, "a tenant's key was replaced and the old one destroyed: copy recordings/ and keys/ again");
}
