/** Exports: everything of a tenant as one archive, for whoever may see all of it. Made by a job (build.ts), kept for a week. */
import { v7 as uuidv7 } from "uuid";
import { EXPORT_DAYS } from "#contract/http/exports.ts";
import { whatItAllows } from "#contract/permissions.ts";
import { record, recordedLately } from "../audit/audit.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { stillAdmitted, whileAllowed } from "../http/still-admitted.ts";
import { isDeleted, type Member } from "../members/admit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { RangedFile } from "../platform/http/range.ts";
import { enqueue } from "../platform/jobs.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import { readArchive } from "./archive.ts";
import { EXPORT_NEEDS, lacksForExport } from "./policy.ts";
import * as queries from "./queries.ts";

/** Minutes in which one person's further requests (ranges of a download that broke off) are the same download in the audit log. */
const ONE_DOWNLOAD = 60;
/** Each is as large as all of the tenant's data, on a disk that all tenants share. */
const MOST_KEPT = 10;

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

const target = (exportId: string, name: string) => ({ type: "export" as const, id: exportId, name });

export async function listExports(tx: TenantTx, viewer: Member) {
  const rows = await queries.listExports(tx.db);
  const lacks = lacksForExport(viewer);
  return {
    items: rows.map((row) => present(row, viewer)),
    can: { create: lacks === null },
    missing: lacks && `Your role, ${viewer.roleName}, doesn't let you ${whatItAllows(lacks)}, and an export holds that too.`,
  };
}

/** @throws Refusal not_found */
export async function getExport(tx: TenantTx, viewer: Member, exportId: string) {
  return present(orNotFound(await queries.findExport(tx.db, exportId)), viewer);
}

function requireAll(member: Member): void {
  for (const permission of EXPORT_NEEDS) member.require(permission);
}

/** @throws Refusal forbidden, export_running, too_many_exports */
export async function createExport(tx: TenantTx, member: Member) {
  requireAll(member);
  const exportId = uuidv7();
  const { tenantId } = tx;
  if (!(await queries.insertExport(tx.db, { tenantId, exportId, memberId: member.memberId, name: member.name }))) {
    throw new Refusal("export_running");
  }
  // After it, as one is made at a time: nobody adds another meanwhile.
  if ((await queries.countReady(tx.db)) >= MOST_KEPT) throw new Refusal("too_many_exports");
  await enqueueBuild(tx, exportId);
  const { name } = await currentTenant(tx);
  record(tx, member.actor, { action: "export.requested", target: target(exportId, name) });
  await announceChanged(tx, "exports");
  return getExport(tx, member, exportId);
}

function enqueueBuild(tx: TenantTx, exportId: string): Promise<void> {
  return enqueue(tx.db, "buildExport", { tenantId: tx.tenantId, exportId }, `export ${exportId}`);
}

/**
 * A finished archive; the caller closes it. That it was downloaded is in the audit log. Whoever loses the session, the membership or a
 * permission, and whose tenant or export is deleted, loses the rest of it.
 * @throws Refusal not_found, forbidden
 */
export async function openExport(
  services: Services,
  tx: TenantTx,
  member: Member,
  account: SignedIn,
  exportId: string,
): Promise<RangedFile> {
  const row = orNotFound(await queries.findExport(tx.db, exportId));
  if (row.status !== "ready") throw new Refusal("not_found");
  requireAll(member);
  const { name } = await currentTenant(tx);
  const event = { action: "export.downloaded", target: target(exportId, name) } as const;
  if (!(await recordedLately(tx, member.actor, event, ONE_DOWNLOAD))) record(tx, member.actor, event);
  const { size } = row;
  // Before the file: a tenant that is deleted in this moment has no key, and the file would stay open.
  const key = services.keys.dataKey(tx.tenantId);
  const blob = orNotFound(await services.archives.read(tx.tenantId, exportId));
  const stillMay = () =>
    stillAdmitted(services.database, tx.tenantId, account, async (later, now) => {
      requireAll(now);
      orNotFound(await queries.findExport(later.db, exportId));
    });
  return {
    size,
    read: (start, end) => whileAllowed(readArchive(key, exportId, blob, { size, start, end }), stillMay),
    close: () => blob.close(),
  };
}

/** Also one that is being made: its job finds it gone and stops. @throws Refusal not_found */
export async function deleteExport(services: Services, tx: TenantTx, member: Member, exportId: string): Promise<void> {
  if (!(await queries.deleteExport(tx.db, exportId))) throw new Refusal("not_found");
  const { name } = await currentTenant(tx);
  record(tx, member.actor, { action: "export.deleted", target: target(exportId, name) });
  await announceChanged(tx, "exports");
  tx.afterCommit(() => services.archives.remove(tx.tenantId, exportId));
}

/** At start: asks again for those that a crash interrupted; their job may stay locked for hours by the process that crashed. */
export async function resumeExports(services: Services): Promise<void> {
  for (const { tenantId, name: exportId } of await services.archives.listUnfinished()) {
    const wanted = await services.database.withTenant(tenantId, async (tx) => {
      if (await isDeleted(tx)) return true; // the erasure's; or of a tenant that a restored database forgot
      if (!(await queries.isBuilding(tx.db, exportId))) return false;
      await enqueueBuild(tx, exportId);
      return true;
    });
    if (!wanted) await services.archives.remove(tenantId, exportId);
  }
}

/** The hourly job: removes what has expired, row and file, and files whose row is gone. */
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
