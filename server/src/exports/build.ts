/**
 * The job that makes an archive, file after file, in constant memory. It can be stopped at any point: what is made by the last
 * checkpoint stays, and the next run goes on from there.
 */
import { EXPORT_DAYS } from "#contract/http/exports.ts";
import { findEmail } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import { KeyDestroyedError } from "../platform/keys.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import { type ArchiveWriter, createArchive, isWhole, resumeArchive } from "./archive.ts";
import { BEGINNING, type Checkpoint, countItems, entriesFrom, type Exported } from "./entries.ts";
import * as queries from "./queries.ts";
import { TAR_END, tarFile } from "./tar.ts";

/** A checkpoint is made after the file with which one of these is reached. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024;
const CHECKPOINT_MS = 1_000;

type Place = Checkpoint | "end";
type Job = { tenantId: string; exportId: string };

/** Nobody waits for it any more: it was deleted, or its tenant was. */
class Unwanted extends Error {}

interface Options {
  /** Aborted when the server stops. */
  signal?: AbortSignal;
  /** Told after each file; what it throws stops the run there, as a crash would. */
  step?: (name: string) => void;
  checkpointBytes?: number;
}

const underWay = new Set<string>();

export async function buildExport(services: Services, job: Job, options: Options = {}): Promise<void> {
  if (underWay.has(job.exportId)) return; // by this very process: asked for again at a start
  underWay.add(job.exportId);
  try {
    await build(services, job, options);
  } catch (error) {
    if (options.signal?.aborted || (error instanceof Refusal && error.code === "unavailable")) throw error;
    if (error instanceof Unwanted || error instanceof KeyDestroyedError) {
      return await services.archives.remove(job.tenantId, job.exportId);
    }
    if (error instanceof Stopped) throw error.cause;
    // Its file, and all that goes into it, are erased with the tenant: whatever that came to, nobody waits for it.
    if (!(await isWanted(services, job))) return await services.archives.remove(job.tenantId, job.exportId);
    await fail(services, job, error);
  } finally {
    underWay.delete(job.exportId);
  }
}

/** What a test threw from `step`. */
class Stopped extends Error {}

async function build(services: Services, { tenantId, exportId }: Job, options: Options): Promise<void> {
  const found = await services.database.withTenant(tenantId, async (tx) => ({
    row: await queries.findExport(tx.db, exportId),
    progress: (await queries.findProgress(tx.db, exportId)) as queries.Progress<Place> | null,
  }));
  const { row, progress } = found;
  if (row?.status !== "building") return;
  const of: Exported = { tenantId, exportId, requestedAt: row.requestedAt };
  const key = services.keys.dataKey(tenantId);

  // Stopped between its last byte and the row that says so.
  if (progress?.checkpoint === "end" && (await isWhole(services.archives, tenantId, exportId, progress.size))) {
    return noteReady(services, of, row);
  }
  const resumed = progress && (await resumeArchive(services.archives, key, tenantId, exportId, progress));
  const archive = resumed ?? (await createArchive(services.archives, key, tenantId, exportId));
  // The tenant may have been deleted, and its files erased, before this one was created.
  try {
    await assertWanted(services, of);
    if (!resumed) {
      const total = await countItems(services, tenantId);
      await services.database.withTenant(tenantId, (tx) => queries.noteTotal(tx.db, exportId, total));
    }
    const place = resumed ? progress.checkpoint : BEGINNING;
    const itemsDone = resumed ? progress.itemsDone : 0;
    if (place !== "end") await append(services, of, archive, { place, itemsDone }, options);
    await archive.finish();
  } catch (error) {
    await archive.abandon().catch(() => {}); // closed already
    throw error;
  }
  await noteReady(services, of, row);
}

async function append(
  services: Services,
  of: Exported,
  archive: ArchiveWriter,
  from: { place: Checkpoint; itemsDone: number },
  { signal, step, checkpointBytes = CHECKPOINT_BYTES }: Options,
): Promise<void> {
  let { itemsDone } = from;
  let saved = { size: archive.size, at: performance.now() };

  async function save(checkpoint: Place): Promise<void> {
    const tailSealed = await archive.sync();
    await services.database.withTenant(of.tenantId, async (tx) => {
      const progress = { size: archive.size, itemsDone, checkpoint, tailSealed };
      if (!(await queries.saveProgress(tx.db, of.exportId, progress))) throw new Unwanted();
      await announceChanged(tx, "exports");
    });
    saved = { size: archive.size, at: performance.now() };
  }

  for await (const { file, items, next } of entriesFrom(services, of, from.place)) {
    if (file) {
      for await (const bytes of tarFile({ ...file, modifiedAt: of.requestedAt })) await archive.write(bytes);
    }
    itemsDone += items;
    if (archive.size - saved.size >= checkpointBytes || performance.now() - saved.at >= CHECKPOINT_MS) await save(next());
    signal?.throwIfAborted();
    try {
      step?.(file?.name ?? "");
    } catch (error) {
      throw new Stopped("", { cause: error });
    }
  }
  await archive.write(TAR_END);
  await save("end");
}

function isWanted(services: Services, { tenantId, exportId }: Job): Promise<boolean> {
  return services.database.withTenant(tenantId, (tx) => queries.isBuilding(tx.db, exportId));
}

async function assertWanted(services: Services, of: Job): Promise<void> {
  if (!(await isWanted(services, of))) throw new Unwanted();
}

async function noteReady(services: Services, { tenantId, exportId }: Exported, row: queries.ExportRow): Promise<void> {
  await services.database.withTenant(tenantId, async (tx) => {
    if (!(await queries.endExport(tx.db, exportId, { status: "ready", days: EXPORT_DAYS }))) throw new Unwanted();
    await announceChanged(tx, "exports");
    const email = row.requestedBy && (await findEmail(tx, row.requestedBy));
    if (!email) return;
    const tenant = await currentTenant(tx);
    await queueMail(tx.db, services.keys, {
      to: email,
      subject: `The export of ${tenant.name} is ready`,
      text: `The archive with everything of ${tenant.name} can be downloaded from its settings for ${EXPORT_DAYS} days.`,
      link: `${services.publicUrl()}/${tenant.slug}/settings#export`,
      tenantId,
    });
  });
  services.log.info({ tenantId, exportId }, "an export is ready");
}

async function fail(services: Services, { tenantId, exportId }: Job, error: unknown): Promise<void> {
  services.log.error({ err: error, tenantId, exportId }, "an export couldn't be made");
  const full = (error as NodeJS.ErrnoException).code === "ENOSPC";
  const failure = full
    ? "The server's disk is full. Ask its operator to free space, then export again."
    : "Something went wrong on our side. Export again; if it persists, tell your operator.";
  await services.archives.remove(tenantId, exportId);
  await services.database.withTenant(tenantId, async (tx) => {
    if (await queries.endExport(tx.db, exportId, { status: "failed", failure })) {
      await announceChanged(tx, "exports");
    }
  });
}
