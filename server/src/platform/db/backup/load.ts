/**
 * Restores a backup into a database in one transaction, so that the database is unchanged until its commit. The schema comes from the
 * migrations that had been applied at the time of the backup. The next start of a server applies the newer ones.
 */
import { runMigrations } from "graphile-worker";
import type pg from "pg";
import { applyMigration, listMigrations, MIGRATION_LOCK, ensureServingRoles } from "../prepare.ts";
import { connect } from "./connect.ts";
import type { BackupFile } from "./file.ts";
import { addJobs, JOBS, makeJobTable } from "./jobs.ts";
import { type Counts, makeLoader } from "./loader.ts";
import { assertIsOurs, assertNobodyIsConnected, force, makeRoom, RestoreError } from "./room.ts";
import { listTables } from "./tables.ts";

/** A deletion that is recorded outside the database. */
export interface DeletedTenant {
  tenantId: string;
  /** An erasure that is still to be finished; null if its receipt is signed. */
  unfinished: {
    deletedAt: Date;
    tokenHash: Buffer | null;
    replay: boolean;
    /** Customers at the payment provider that are to be erased there. */
    customers?: string[];
    /** Its debts and lost credit, as JSON. */
    billing?: object | null;
  } | null;
}

export interface Restoring {
  /** Whether to restore into a database that is not empty, and delete everything in it. */
  replace: boolean;
  /** Tenants that are not restored. */
  deleted: DeletedTenant[];
}

export interface Restored extends Counts {
  /** Whether the backup has the schema of this version. */
  isCurrent: boolean;
}

/** @throws RestoreError if the backup is newer than this whoot */
export function assertSchemaIsKnown(migrations: string[]): void {
  const known = new Set(listMigrations());
  const unknown = migrations.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new RestoreError(`The backup was made by a newer whoot (${unknown.join(", ")}). Restore it with that version.`);
}

/** @throws RestoreError, after which the database is unchanged */
export async function restore(ownerUrl: string, masterKey: Buffer, file: BackupFile, restoring: Restoring): Promise<Restored> {
  const { migrations } = file.header;
  assertSchemaIsKnown(migrations);
  const client = await connect(ownerUrl);
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await assertNobodyIsConnected(client);
    await assertIsOurs(client);
    await ensureServingRoles(client, ownerUrl, masterKey);
    await runMigrations({ connectionString: ownerUrl });
    await client.query("begin");
    try {
      await makeRoom(client, restoring.replace);
      const restored = await fill(client, file, restoring);
      await client.query("commit");
      await client.query("analyze");
      return { ...restored, isCurrent: migrations.length === listMigrations().length };
    } catch (error) {
      await client.query("rollback").catch(() => {});
      throw error;
    }
  } finally {
    await client.end().catch(() => {});
  }
}

interface Constraint {
  table: string;
  name: string;
  definition: string;
}

async function dropForeignKeys(client: pg.Client): Promise<Constraint[]> {
  const { rows } = await client.query<Constraint>(`select conrelid::regclass::text as table, quote_ident(conname) as name,
    pg_get_constraintdef(oid) as definition from pg_constraint
    where connamespace = 'public'::regnamespace and contype = 'f' and conparentid = 0 order by conrelid, conname`);
  for (const { table, name } of rows) await client.query(`alter table ${table} drop constraint ${name}`);
  return rows;
}

async function fill(client: pg.Client, file: BackupFile, { deleted }: Restoring): Promise<Counts> {
  await client.query("create table migrations (name text primary key, applied_at timestamptz not null default now())");
  for (const name of file.header.migrations) await applyMigration(client, name);
  await client.query("delete from migrations"); // the backup contains its rows
  const tables = new Map((await listTables(client)).map((table) => [table.name, table]));
  const all = [...tables.values()];
  const foreignKeys = await dropForeignKeys(client); // tables refer to each other in cycles
  for (const { name } of all) await client.query(`alter table "${name}" disable trigger user`);
  // Row-level security makes COPY FROM fail. Nobody else sees these tables before the commit.
  const forced = all.filter(({ seenBy }) => seenBy !== "owner");
  await client.query(force(forced, "no force"));
  await makeJobTable(client);

  const loader = makeLoader(client, new Set(deleted.map(({ tenantId }) => tenantId)));
  await file.read(async (section) => {
    if (section.table === JOBS) return loader.loadJobs(section);
    const table = tables.get(section.table);
    if (!table || section.columns.some((column) => !table.columns.includes(column))) {
      throw new RestoreError(
        `The backup contains ${section.table} (${section.columns.join(", ")}), which its schema doesn't have.`,
      );
    }
    await loader.load(table, section);
  });
  await addJobs(client, [...loader.leftOut]);
  // A backup from before version 0061 has no such table.
  if (tables.has("held_jobs")) {
    await client.query("delete from held_jobs where payload ->> 'tenantId' = any ($1)", [[...loader.leftOut]]);
  }
  await finishErasures(
    client,
    tables.get("directory_erasures")?.columns ?? [],
    deleted.filter(({ tenantId }) => loader.leftOut.has(tenantId)),
  );

  for (const { table, name, definition } of foreignKeys) {
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
  }
  await client.query(force(forced, "force"));
  for (const { name } of all) await client.query(`alter table "${name}" enable trigger user`);
  return loader.counts();
}

/**
 * Records unfinished erasures. The next start finishes them, and signs the receipts that are still expected.
 * @param columns of the table at the time of the backup, which may be before customers and billing
 */
async function finishErasures(client: pg.Client, columns: string[], deleted: DeletedTenant[]): Promise<void> {
  for (const { tenantId, unfinished } of deleted) {
    if (!unfinished) continue;
    await client.query(
      `insert into directory_erasures (tenant_id, requested_at, token_hash, replay) values ($1, $2, $3, $4) on conflict do nothing`,
      [tenantId, unfinished.deletedAt, unfinished.tokenHash, unfinished.replay],
    );
    const { customers, billing } = unfinished;
    if (customers && columns.includes("customers"))
      await client.query("update directory_erasures set customers = $2 where tenant_id = $1 and customers = '{}'", [
        tenantId,
        customers,
      ]);
    if (billing && columns.includes("billing"))
      await client.query("update directory_erasures set billing = coalesce(billing, $2) where tenant_id = $1", [
        tenantId,
        billing,
      ]);
  }
}
