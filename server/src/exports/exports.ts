/** Exports: all data of a tenant in one archive, for members who may see all of it. A job builds it (build.ts). It is kept for a week. */
import { v7 as uuidv7 } from "uuid";
import { EXPORT_DAYS } from "#contract/http/exports.ts";
import { whatItAllows } from "#contract/permissions.ts";
import type { Ctx } from "../access/ctx.ts";
import { reenter, whileAllowed } from "../access/gate.ts";
import type { Member } from "../access/member.ts";
import { isDeleted } from "../access/roster.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { RangedFile } from "../platform/http/range.ts";
import { enqueue, type JobKind } from "../platform/jobs.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { readArchive } from "./archive.ts";
import { EXPORT_NEEDS, lacksForExport } from "./policy.ts";
import * as queries from "./queries.ts";

export const BUILD_EXPORT: JobKind<{ tenantId: string; exportId: string }> = { name: "buildExport", crew: "exports" };
export const SWEEP_EXPORTS: JobKind<unknown> = { name: "sweepExports", crew: "upkeep", schedule: "17 * * * *" };

/** Minutes within which further requests by one person (ranges of an interrupted download) make no new audit log entry. */
const DOWNLOAD_MINUTES = 60;
/** An export is as large as all of the tenant's data, and all tenants share the disk. */
const MAX_KEPT = 10;

function present(row: queries.ExportRow, viewer: Member) {
  const progress = row.status === "ready" ? 1 : row.itemsTotal === 0 ? 0 : Math.min(0.999, row.itemsDone / row.itemsTotal);
  return {
    exportId: row.exportId,
    status: row.status,
    requestedByName: row.requestedByName,
    requestedAt: row.requestedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    progress,
    size: row.size,
    failure: row.failure,
    can: { download: row.status === "ready" && lacksForExport(viewer) === null },
  };
}

interface ExportId {
  exportId: string;
}

const target = (exportId: string, name: string) => ({ type: "export" as const, id: exportId, name });

export async function listExports(ctx: Ctx) {
  const rows = await queries.listExports(ctx.db);
  const lacking = lacksForExport(ctx.member);
  return {
    items: rows.map((row) => present(row, ctx.member)),
    can: { create: lacking === null },
    missing:
      lacking && `Your role, ${ctx.member.roleName}, doesn't let you ${whatItAllows(lacking)}, and an export includes that data.`,
  };
}

/** @throws Refusal not_found */
export async function getExport(ctx: Ctx, { exportId }: ExportId) {
  return present(orNotFound(await queries.findExport(ctx.db, exportId)), ctx.member);
}

function requireAll(member: Member): void {
  for (const permission of EXPORT_NEEDS) member.require(permission);
}

/** @throws Refusal forbidden, export_running, too_many_exports */
export async function createExport(ctx: Ctx) {
  requireAll(ctx.member);
  const exportId = uuidv7();
  const { tenantId } = ctx;
  if (!(await queries.insertExport(ctx.db, { tenantId, exportId, memberId: ctx.member.memberId, name: ctx.member.name }))) {
    throw new Refusal("export_running");
  }
  // Count after inserting: only one export is built at a time, so no other can be added meanwhile.
  if ((await queries.countReady(ctx.db)) >= MAX_KEPT) throw new Refusal("too_many_exports");
  await enqueueBuild(ctx, exportId);
  const { name } = ctx.tenant;
  ctx.audit.record({ action: "export.requested", target: target(exportId, name) });
  await announceChanged(ctx, "exports");
  return getExport(ctx, { exportId });
}

function enqueueBuild(tx: TenantTx, exportId: string): Promise<void> {
  return enqueue(tx.db, BUILD_EXPORT, { tenantId: tx.tenantId, exportId }, `export ${exportId}`);
}

/**
 * Opens a finished archive and records the download in the audit log. The caller closes the file. Reading stops when the member loses the
 * session, the membership or a permission, or when the export or tenant is deleted.
 * @throws Refusal not_found, forbidden
 */
export async function openExport(ctx: Ctx, { exportId }: ExportId): Promise<RangedFile> {
  const row = orNotFound(await queries.findExport(ctx.db, exportId));
  if (row.status !== "ready") throw new Refusal("not_found");
  requireAll(ctx.member);
  const { name } = ctx.tenant;
  const event = { action: "export.downloaded", target: target(exportId, name) } as const;
  if (!(await ctx.audit.recordedLately(event, DOWNLOAD_MINUTES))) ctx.audit.record(event);
  const { size } = row;
  // Get the keys before opening the file: for a deleted tenant this throws, and an open file would leak.
  const keys = ctx.services.keys.openingKeys(ctx.tenantId);
  const blob = orNotFound(await ctx.services.archives.read(ctx.tenantId, exportId));
  const stillMay = () =>
    reenter(ctx, async ({ db, member }) => {
      requireAll(member);
      orNotFound(await queries.findExport(db, exportId));
    });
  return {
    size,
    read: (start, end) => whileAllowed(readArchive(keys, exportId, blob, { size, start, end }), stillMay),
    close: () => blob.close(),
  };
}

/** Deletes an export. If it is still being built, its job notices and stops. @throws Refusal not_found */
export async function deleteExport(ctx: Ctx, { exportId }: ExportId): Promise<void> {
  if (!(await queries.deleteExport(ctx.db, exportId))) throw new Refusal("not_found");
  const { name } = ctx.tenant;
  ctx.audit.record({ action: "export.deleted", target: target(exportId, name) });
  await announceChanged(ctx, "exports");
  ctx.afterCommit(() => ctx.services.archives.remove(ctx.tenantId, exportId));
}

/** At start: queues interrupted exports again, because a crashed process may keep their jobs locked for hours. */
export async function resumeExports(services: Services): Promise<void> {
  for (const { tenantId, name: exportId } of await services.archives.listUnfinished()) {
    const wanted = await services.database.withTenant(tenantId, async (tx) => {
      if (await isDeleted(tx)) return true; // the erasure removes it, or a restored database does not know its tenant
      if (!(await queries.isBuilding(tx.db, exportId))) return false;
      await enqueueBuild(tx, exportId);
      return true;
    });
    if (!wanted) await services.archives.remove(tenantId, exportId);
  }
}

/** The hourly job: removes expired exports with their files, and files without a row. */
export async function sweepExports(services: Services): Promise<void> {
  for (const tenantId of await services.archives.listTenants()) {
    const kept = await services.database.withTenant(tenantId, async (tx) => {
      if (await isDeleted(tx)) return null;
      const expired = await queries.deleteExpired(tx.db, EXPORT_DAYS);
      if (expired.length > 0) await announceChanged(tx, "exports");
      return new Set((await queries.listExports(tx.db)).map((row) => row.exportId));
    });
    if (kept === null) continue;
    for (const name of await services.archives.list(tenantId)) {
      if (!kept.has(name)) await services.archives.remove(tenantId, name);
    }
  }
}
