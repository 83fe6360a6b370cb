/**
 * Rewrites the tables of a database, so that none of its files contains deleted data any more. Otherwise PostgreSQL leaves deleted rows in
 * tables, indexes, statistics and the write-ahead log (WAL), and overwrites them only gradually.
 */
import type pg from "pg";
import { connect } from "./backup/connect.ts";
import { assertNobodyIsConnected } from "./backup/room.ts";
import type { OwnDatabase } from "./for-commands.ts";

/** Settings of the embedded PostgreSQL that remove used WAL segments. By default they are renamed and keep their bytes. */
export const NO_OLD_WAL = ["wal_recycle=off", "wal_init_zero=on", "autovacuum=off"];

/** How long to wait for another program's lock. */
const LOCK_TIMEOUT = "10s";

export interface Compacted {
  /** Size of the database in bytes. */
  before: number;
  after: number;
  /** What could not be done with this user's privileges, one sentence each. */
  notCleaned: string[];
  /** The table or index of each file. The file names are relative to PostgreSQL's data folder. */
  relations: Map<string, string>;
}

async function sizeOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>("select pg_database_size(current_database()) as bytes");
  return Number(rows[0]?.bytes);
}

/**
 * Rewrites every table with its indexes, clears and recomputes the planner's statistics (they contain the most common values), and renews the
 * WAL. Each table is locked while it is rewritten, so no server may use the database.
 * @throws RestoreError if one does
 */
export async function compact(urls: OwnDatabase): Promise<Compacted> {
  const client = await connect(urls.admin ?? urls.owner);
  try {
    await assertNobodyIsConnected(client);
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    const before = await sizeOf(client);
    const notCleaned = urls.admin === null ? await compactAsOwner(client) : await compactAsSuperuser(client);
    return { before, after: await sizeOf(client), notCleaned, relations: await listFiles(client) };
  } finally {
    await client.end().catch(() => {});
  }
}

async function compactAsSuperuser(client: pg.Client): Promise<string[]> {
  await client.query("delete from pg_statistic");
  await client.query("vacuum (full, analyze)");
  await client.query("vacuum (full) pg_statistic");
  // Segments that were renamed before wal_recycle was off are still waiting to be used. Go through all of them.
  const { rows } = await client.query<{ waiting: number }>(
    "select count(*)::int as waiting from pg_ls_waldir() where name > pg_walfile_name(pg_current_wal_lsn())",
  );
  for (let turn = 0; turn <= (rows[0]?.waiting ?? 0) + 1; turn += 1) {
    await client.query("checkpoint"); // switching does nothing unless something was written
    await client.query("select pg_switch_wal()"); // fills the rest of the segment with zeros
  }
  await client.query("checkpoint"); // removes the old WAL segments and the old table files
  return [];
}

/** Runs a statement that not every owner may run. @returns whether it was allowed */
async function mayRun(client: pg.Client, statement: string): Promise<boolean> {
  try {
    await client.query(statement);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "42501") return false; // insufficient_privilege
    throw error;
  }
}

async function compactAsOwner(client: pg.Client): Promise<string[]> {
  const notCleaned: string[] = [];
  const { rows: tables } = await client.query<{ name: string }>(`select c.oid::regclass::text as name from pg_class c
    where c.relkind in ('r', 'm') and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)
      and pg_has_role(c.relowner, 'usage') order by 1`);
  if (!(await forgetStatistics(client))) {
    notCleaned.push(
      "The planner's statistics of empty tables still contain their most common values. PostgreSQL 18 lets the owner clear them.",
    );
  }
  for (const { name } of tables) await client.query(`vacuum (full, analyze) ${name}`);
  // Without this privilege, PostgreSQL would only warn and skip the table.
  const { rows } = await client.query<{ may: boolean }>(
    "select pg_has_role(datdba, 'usage') as may from pg_database where datname = current_database()",
  );
  if (rows[0]?.may) await client.query("vacuum (full) pg_catalog.pg_statistic");
  else notCleaned.push("The table pg_statistic was not rewritten: only the owner of the database may do that.");
  const turned = (await mayRun(client, "checkpoint")) && (await mayRun(client, "select pg_switch_wal()"));
  notCleaned.push(
    turned
      ? "WAL segments that PostgreSQL keeps for reuse contain old bytes until they are overwritten."
      : "The WAL was not renewed: that needs pg_checkpoint and the right to call pg_switch_wal. It contains old bytes until it is overwritten.",
  );
  notCleaned.push("WAL archives, replicas, snapshots and the provider's backups keep their data until they expire.");
  return notCleaned;
}

/** ANALYZE never removes the statistics of a table without rows. @returns false if this PostgreSQL can't clear them */
async function forgetStatistics(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ can: boolean }>("select current_setting('server_version_num')::int >= 180000 as can");
  if (!rows[0]?.can) return false;
  // The view pg_stats hides tables with row-level security, even from their owner.
  await client.query(`select pg_clear_attribute_stats(c.relnamespace::regnamespace::text, c.relname::text, a.attname::text, false)
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relkind in ('r', 'm', 'i') and c.relnamespace in ('public'::regnamespace, 'graphile_worker'::regnamespace)
      and a.attnum > 0 and not a.attisdropped and pg_has_role(c.relowner, 'usage')`);
  return true;
}

async function listFiles(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ file: string; name: string }>(
    "select pg_relation_filepath(oid) as file, oid::regclass::text as name from pg_class where pg_relation_filepath(oid) is not null",
  );
  return new Map(rows.map(({ file, name }) => [file, name]));
}
