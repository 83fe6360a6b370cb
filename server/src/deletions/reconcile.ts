/**
 * At start: database, `deletions/`, keys and files are kept in different places, and an operator may have restored one of them from another
 * day. Copies missing tombstones between database and `deletions/`. Logs keys and files of unknown tenants and leaves them alone, because
 * they may belong to a tenant that is newer than a restored database.
 */
import { Tombstone } from "../platform/tombstones.ts";
import type { Services } from "../services.ts";
import { listFiles } from "./erasure.ts";
import * as queries from "./queries.ts";

/** All tenants that were ever deleted here, and those of them whose tombstone has no receipt yet. */
interface Deleted {
  deleted: string[];
  unfinished: string[];
}

/** Copies missing tombstones between database and folder. */
export async function shareTombstones({ database, tombstones, log }: Services): Promise<Deleted> {
  const kept = await database.asPlatformStatement("kept tombstones", (db) => queries.listTombstones(db));
  const inFolder = new Set(await tombstones.list());
  const inDatabase = new Set(kept.map(({ tenantId }) => tenantId));
  for (const { tenantId, tombstone } of kept.filter((row) => !inFolder.has(row.tenantId))) {
    log.warn({ tenantId }, "the tombstone of a deleted tenant is missing in deletions/; restoring it from the database");
    await tombstones
      .update(tenantId, (existing) => existing ?? Tombstone.parse(tombstone))
      // On a full disk the start goes on: the tenant is deleted again without the file, too.
      .catch((error: unknown) => log.error({ err: error, tenantId }, "restoring a tombstone in deletions/ failed"));
  }
  const unfinished: string[] = [];
  for (const tenantId of inFolder.difference(inDatabase)) {
    const tombstone = await tombstones.find(tenantId);
    // An unfinished erasure writes its tombstone to the database at its end.
    if (tombstone && !tombstone.receipt) unfinished.push(tenantId);
    if (!tombstone?.receipt) continue;
    await database.asPlatform("keep a tombstone", (tx) => queries.keepTombstone(tx.db, tombstone));
  }
  return { deleted: [...inFolder.union(inDatabase)], unfinished };
}

/** Logs keys and files of unknown tenants, and tenants without a key, for the operator to decide. */
export async function nameStrays(services: Services, deleted: string[]): Promise<void> {
  const { database, keys, blobs, archives, documents, log } = services;
  const known = new Set(await database.asPlatformStatement("all tenants", (db) => queries.listTenants(db)));
  const settled = new Set(deleted);
  const withKey = new Set(keys.list());
  const inFolders = await Promise.all([blobs, archives, documents].map((store) => store.listTenants()));
  const onDisk = new Set([...withKey, ...inFolders.flat()]);
  for (const tenantId of onDisk) {
    if (known.has(tenantId) || settled.has(tenantId)) continue;
    const files = (await listFiles(services, tenantId)).length;
    log.warn(
      { tenantId, key: withKey.has(tenantId), files },
      "the disk has data of a tenant that neither the database nor deletions/ knows; nothing was changed. See Restore in docs/operating.md",
    );
  }
  for (const tenantId of known) {
    if (withKey.has(tenantId) || settled.has(tenantId)) continue;
    log.error(
      { tenantId },
      "a tenant of the database has no key: it was deleted after this database was backed up, or keys/ is from another day. See Restore in docs/operating.md",
    );
  }
}
