/**
 * At a start: database, `deletions/`, keys and files are kept in different places, and somebody may have put back one of them as it was on
 * another day. Both that know of deletions are told what the other one knows; what belongs to no tenant that either knows is named and left
 * alone, for it may belong to one that a restored database forgot.
 */
import { Tombstone } from "../platform/tombstones.ts";
import type { Services } from "../services.ts";
import { listFiles } from "./erasure.ts";
import * as queries from "./queries.ts";

/** @returns the ids of all tenants that were ever deleted here */
export async function shareTombstones({ database, tombstones, log }: Services): Promise<string[]> {
  const kept = await database.readAsPlatform("kept tombstones", (db) => queries.listTombstones(db));
  const inFolder = new Set(await tombstones.list());
  const inDatabase = new Set(kept.map(({ tenantId }) => tenantId));
  for (const { tenantId, tombstone } of kept.filter((of) => !inFolder.has(of.tenantId))) {
    log.warn({ tenantId }, "the folder deletions/ had forgotten a deleted tenant; the database had not");
    await tombstones
      .update(tenantId, (found) => found ?? Tombstone.parse(tombstone))
      // On a full disk the start goes on: what may be back is deleted all the same.
      .catch((error: unknown) => log.error({ err: error, tenantId }, "and it couldn't be written"));
  }
  for (const tenantId of inFolder.difference(inDatabase)) {
    const tombstone = await tombstones.find(tenantId);
    // Of one that isn't done the database is told by the erasure itself.
    if (!tombstone?.receipt) continue;
    await database.asPlatform("keep a tombstone", (tx) => queries.keepTombstone(tx.db, tombstone));
  }
  return [...inFolder.union(inDatabase)];
}

/** What no tenant in the database and no deletion accounts for, and tenants that can't be opened: for the operator to decide. */
export async function nameStrays(services: Services, deleted: string[]): Promise<void> {
  const { database, keys, blobs, archives, log } = services;
  const known = new Set(await database.readAsPlatform("all tenants", (db) => queries.listTenants(db)));
  const settled = new Set(deleted);
  const withKey = new Set(keys.list());
  const onDisk = new Set([...withKey, ...(await blobs.listTenants()), ...(await archives.listTenants())]);
  for (const tenantId of onDisk) {
    if (known.has(tenantId) || settled.has(tenantId)) continue;
    const files = (await listFiles(services, tenantId)).length;
    log.warn(
      { tenantId, key: withKey.has(tenantId), files },
      "on the disk is a tenant that neither the database nor deletions/ knows. Nothing of it was touched: see Restore in docs/operating.md",
    );
  }
  for (const tenantId of known) {
    if (withKey.has(tenantId) || settled.has(tenantId)) continue;
    log.error(
      { tenantId },
      "a tenant of the database has no key: it was deleted after this database was backed up, or keys/ is of another day. See Restore in docs/operating.md",
    );
  }
}
