/** `npm run whoot -- restore FILE`: restores a backup into an empty database. No server may run. */
import { resolve } from "node:path";
import { verifyLog } from "../audit-log/verify.ts";
import type { Config } from "../config.ts";
import { receiptKey } from "../deletions/deletions.ts";
import { type BackupFile, BackupFileError, openBackup } from "../platform/db/backup/file.ts";
import { assertSchemaIsKnown, type DeletedTenant, restore as load } from "../platform/db/backup/load.ts";
import { RestoreError } from "../platform/db/backup/room.ts";
import type { Database } from "../platform/db/pools.ts";
import { insteadOfServer, withPools } from "../platform/db/for-commands.ts";
import { openKeys } from "../platform/keys.ts";
import { openTombstones } from "../platform/tombstones.ts";
import { UsageError } from "../platform/usage.ts";
import { describeBackup, pluralize } from "./words.ts";

interface Options {
  file: string;
  replace: boolean;
  otherMasterKey: boolean;
}

function parse(args: string[]): Options {
  const flags = new Set(args.filter((arg) => arg.startsWith("--")));
  const names = args.filter((arg) => !arg.startsWith("--"));
  const unknown = [...flags].find((flag) => flag !== "--replace" && flag !== "--other-master-key");
  if (unknown) throw new UsageError(`Unknown option ${unknown}.`);
  if (names[0] === undefined || names.length > 1) throw new UsageError("Name the file of the backup.");
  return { file: resolve(names[0]), replace: flags.has("--replace"), otherMasterKey: flags.has("--other-master-key") };
}

/** @throws UsageError */
function assertMasterKeyFits(config: Config, { header }: BackupFile): void {
  if (receiptKey(openKeys(config.keysFolder, config.masterKey)) === header.receiptKey) return;
  throw new UsageError(
    "The backup was made with another master key. Put keys/ back first, or set WHOOT_MASTER_KEY. If that key is lost for good, " +
      "add --other-master-key: the rows are restored, but no recording can be opened, and open invitations and waiting mails are lost.",
  );
}

/** The tenants that the folder deletions/ lists as deleted. */
async function listDeleted({ dataFolder }: Config): Promise<DeletedTenant[]> {
  const tombstones = openTombstones(resolve(dataFolder, "deletions"));
  const deleted: DeletedTenant[] = [];
  for (const tenantId of await tombstones.list()) {
    const tombstone = await tombstones.find(tenantId);
    const tokenHash = tombstone?.tokenHash ? Buffer.from(tombstone.tokenHash, "hex") : null;
    const deletedAt = tombstone ? new Date(tombstone.deletedAt) : new Date();
    const unfinished = tombstone?.receipt ? null : { deletedAt, tokenHash, replay: tombstone === null, ...tombstone?.forReceipt };
    deleted.push({ tenantId, unfinished });
  }
  return deleted;
}

/** Verifies all restored audit logs. @returns the exit code, 1 if any is broken */
async function checkAuditLogs(database: Database, print: (line: string) => void): Promise<number> {
  const tenants = await database.asPlatformStatement("whose audit logs were restored", (db) =>
    db.selectFrom("tenants").select(["tenant_id as tenantId", "slug"]).orderBy("slug").execute(),
  );
  let broken = 0;
  let entries = 0;
  for (const { tenantId, slug } of tenants) {
    const { intact, fault } = await verifyLog(database, tenantId);
    entries += intact;
    if (fault) print(`The audit log of ${slug} is broken at entry ${fault.sequence}, as it was in the backup. ${fault.says}`);
    if (fault) broken += 1;
  }
  if (broken === 0) print(`Every audit log is intact: ${pluralize(entries, "entry", "entries")}.`);
  return broken === 0 ? 0 : 1;
}

export const restore = {
  usage: "restore FILE [--replace] [--other-master-key]",
  does: "Restores a backup into an empty database and compares every table with it. Stop the server first. --replace deletes what the database holds.",
  makesDatabase: true,

  /** @throws UsageError when the backup cannot be restored here; the database is then unchanged */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const options = parse(args);
    try {
      const backup = await openBackup(options.file);
      assertSchemaIsKnown(backup.header.migrations);
      if (!options.otherMasterKey) assertMasterKeyFits(config, backup);
      return await insteadOfServer(config, async (urls) => {
        const deleted = await listDeleted(config);
        const restored = await load(urls.owner, config.masterKey, backup, { replace: options.replace, deleted });
        print(`${options.file} was restored, and every table was compared with it.`);
        for (const line of describeBackup(backup, restored)) print(line);
        if (restored.leftOut > 0) {
          const [were, they] = restored.leftOut === 1 ? ["workspace was", "it was"] : ["workspaces were", "they were"];
          print(`${pluralize(restored.leftOut, were, were)} left out, because deletions/ says that ${they} deleted since.`);
        }
        print("Sessions are not part of a backup: everybody has to sign in again.");
        if (!restored.isCurrent) {
          print(
            "The next start brings the schema up to date. Then check the audit logs with: npm run whoot -- audit verify SLUG",
          );
          return 0;
        }
        return withPools(urls, (database) => checkAuditLogs(database, print));
      });
    } catch (error) {
      if (error instanceof BackupFileError || error instanceof RestoreError) throw new UsageError(error.message);
      throw error;
    }
  },
};
