/**
 * The job that builds an archive, file by file, in constant memory. It can be stopped at any point: the next run continues from the last
 * checkpoint.
 */
import { EXPORT_DAYS } from "#contract/http/exports.ts";
import { mailedPaths } from "#contract/paths.ts";
import { findEmail } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import { KeyDestroyedError } from "../platform/keys.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";
import { type ArchiveWriter, createArchive, isWhole, resumeArchive } from "./archive.ts";
import { beginning, type Checkpoint, countItems, entriesFrom, type Exported } from "./entries.ts";
import * as queries from "./queries.ts";
import { TAR_END, tarFile } from "./tar.ts";

/** A checkpoint is saved after the file that reaches one of these limits. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024;
const CHECKPOINT_MS = 1_000;

type Place = Checkpoint | "end";
type Job = { tenantId: string; exportId: string };

/** The export or its tenant was deleted. */
class Unwanted extends Error {}

interface Options {
  /** Aborted when the server stops. */
  signal?: AbortSignal;
  /** Called after each file. An error stops the run at that point, as a crash would. */
  step?: (name: string) => void;
  checkpointBytes?: number;
}

const running = new Set<string>();

/**
 * Builds the archive of one export. Stores a failure in the export's row.
 * @throws when the server stops or the database is unavailable, so that the job is repeated
 */
export async function buildExport(services: Services, job: Job, options: Options = {}): Promise<void> {
  if (running.has(job.exportId)) return; // queued a second time at the start of this process
  running.add(job.exportId);
  try {
    await build(services, job, options);
  } catch (error) {
    if (options.signal?.aborted || (error instanceof Refusal && error.code === "unavailable")) throw error;
    if (error instanceof Unwanted || error instanceof KeyDestroyedError) {
      return await services.archives.remove(job.tenantId, job.exportId);
    }
    if (error instanceof Stopped) throw error.cause;
    // The error may come from a deletion that erases the file or its sources. Then the error does not matter.
    if (!(await isWanted(services, job))) return await services.archives.remove(job.tenantId, job.exportId);
    await fail(services, job, error);
  } finally {
    running.delete(job.exportId);
  }
}

/** Wraps an error that a test throws from `step`. */
class Stopped extends Error {}

async function build(services: Services, { tenantId, exportId }: Job, options: Options): Promise<void> {
  const { row, progress } = await services.database.withTenant(tenantId, async (tx) => ({
    row: await queries.findExport(tx.db, exportId),
    progress: (await queries.findProgress(tx.db, exportId)) as queries.Progress<Place> | null,
  }));
  if (row?.status !== "building") return;
  const exported: Exported = { tenantId, exportId, requestedAt: row.requestedAt };
  const held = services.keys.hold(tenantId);
  try {
    await buildWith(services, { key: held.key, exported, row, progress }, options);
  } finally {
    held.release();
  }
}

interface Work {
  key: Buffer;
  exported: Exported;
  row: queries.ExportRow;
  progress: queries.Progress<Place> | null;
}

async function buildWith(services: Services, { key, exported, row, progress }: Work, options: Options): Promise<void> {
  const { tenantId, exportId } = exported;
  // Stopped between writing the last byte and marking the row as ready.
  if (progress?.checkpoint === "end" && (await isWhole(services.archives, tenantId, exportId, progress.size))) {
    return noteReady(services, exported, row);
  }
  // A checkpoint without sections is from an older version with another order of sections: start again.
  const usable = progress !== null && (progress.checkpoint === "end" || "sections" in progress.checkpoint) ? progress : null;
  const resumed = usable && (await resumeArchive(services.archives, key, exported, usable));
  const archive = resumed ?? (await createArchive(services.archives, key, exported));
  // Check again, because the tenant may have been deleted and its files erased before this file was created.
  try {
    await assertWanted(services, exported);
    if (!resumed) {
      const total = await countItems(services, tenantId);
      await services.database.withTenant(tenantId, (tx) => queries.noteTotal(tx.db, exportId, total));
    }
    const place = resumed ? usable.checkpoint : beginning(services.tenantData);
    const itemsDone = resumed ? usable.itemsDone : 0;
    if (place !== "end") await append(services, exported, { archive, place, itemsDone }, options);
    await archive.finish();
  } catch (error) {
    await archive.abandon().catch(() => {}); // fails if already closed
    throw error;
  }
  await noteReady(services, exported, row);
}

async function append(
  services: Services,
  exported: Exported,
  { archive, place, ...from }: { archive: ArchiveWriter; place: Checkpoint; itemsDone: number },
  { signal, step, checkpointBytes = CHECKPOINT_BYTES }: Options,
): Promise<void> {
  let { itemsDone } = from;
  let saved = { size: archive.size, at: performance.now() };

  async function save(checkpoint: Place): Promise<void> {
    const tailSealed = await archive.sync();
    await services.database.withTenant(exported.tenantId, async (tx) => {
      const progress = { size: archive.size, itemsDone, checkpoint, tailSealed };
      if (!(await queries.saveProgress(tx.db, exported.exportId, progress))) throw new Unwanted();
      await announceChanged(tx, "exports");
    });
    saved = { size: archive.size, at: performance.now() };
  }

  for await (const { file, items, next } of entriesFrom(services, exported, place)) {
    if (file) {
      for await (const bytes of tarFile({ ...file, modifiedAt: exported.requestedAt })) await archive.write(bytes);
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

async function assertWanted(services: Services, job: Job): Promise<void> {
  if (!(await isWanted(services, job))) throw new Unwanted();
}

async function noteReady(services: Services, { tenantId, exportId }: Exported, row: queries.ExportRow): Promise<void> {
  await services.database.withTenant(tenantId, async (tx) => {
    if (!(await queries.endExport(tx.db, exportId, { status: "ready", days: EXPORT_DAYS }))) throw new Unwanted();
    await announceChanged(tx, "exports");
    const email = row.requestedBy && (await findEmail(tx, row.requestedBy));
    if (!email) return;
    const tenant = await findTenantNames(tx);
    await queueMail(tx.db, services.keys, {
      to: email,
      subject: mailWords`The export of ${tenant.name} is ready`,
      text: mailWords`You can download the archive with all data of ${tenant.name} from its settings for ${EXPORT_DAYS} days.`,
      link: pageLink(services, mailedPaths.settingsExport(tenant.slug)),
      tenantId,
    });
  });
  services.log.info({ tenantId, exportId }, "an export is ready");
}

async function fail(services: Services, { tenantId, exportId }: Job, error: unknown): Promise<void> {
  services.log.error({ err: error, tenantId, exportId }, "building an export failed");
  const full = (error as NodeJS.ErrnoException).code === "ENOSPC";
  const failure = full
    ? "The server's disk is full. Ask its operator to free space, then export again."
    : "Something went wrong on our side. Export again. If it fails again, tell your operator.";
  await services.archives.remove(tenantId, exportId);
  await services.database.withTenant(tenantId, async (tx) => {
    if (await queries.endExport(tx.db, exportId, { status: "failed", failure })) {
      await announceChanged(tx, "exports");
    }
  });
}
