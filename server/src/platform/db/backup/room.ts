/** Checks whether a backup may be restored into a database, and makes room for it. */
import type pg from "pg";
import { listTables, type Table } from "./tables.ts";

/** The backup can't be restored into this database. The message is a sentence for the operator. */
export class RestoreError extends Error {
  override name = "RestoreError";
}

export async function assertNobodyIsConnected(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`select from pg_stat_activity
    where datname = current_database() and usename in ('whoot_app', 'whoot_platform') limit 1`);
  if (rows.length > 0) throw new RestoreError("A whoot is using this database. Stop it first.");
}

/** Applies with `replace` too: tables of other programs are not ours to remove. */
export async function assertIsOurs(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`select c.relname::text as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by 1`);
  const names = rows.map(({ name }) => name);
  if (names.length === 0 || names.includes("migrations")) return;
  throw new RestoreError(
    `The database holds tables that are not whoot's (${names.slice(0, 5).join(", ")}). Set DATABASE_URL to another database.`,
  );
}

/** SQL that makes the owner subject to these tables' policies, or not. */
export const force = (tables: Table[], word: "force" | "no force") =>
  tables.map(({ name }) => `alter table "${name}" ${word} row level security;`).join("\n");

/**
 * Empties the schema `public`, except for what extensions put there.
 * @throws RestoreError if the database is not empty and `replace` is false
 */
export async function makeRoom(client: pg.Client, replace: boolean): Promise<void> {
  const tables = await listTables(client);
  await client.query(force(tables, "no force")); // otherwise the owner would see no rows and take the database for empty
  const full: string[] = [];
  for (const { name } of tables.filter((table) => table.name !== "migrations")) {
    const { rows } = await client.query<{ full: boolean }>(`select exists (select from "${name}") as full`);
    if (rows[0]?.full) full.push(name);
  }
  if (full.length > 0 && !replace) {
    throw new RestoreError(
      `The database is not empty (there are rows in ${full.slice(0, 5).join(", ")}). Restore into an empty one, or add --replace, which deletes everything in it.`,
    );
  }
  const { rows } = await client.query<{ statement: string }>(`
    select format('drop table if exists %s cascade', c.oid::regclass) as statement from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    union all
    select format('drop routine if exists %s cascade', p.oid::regprocedure) from pg_proc p where p.pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`);
  for (const { statement } of rows) await client.query(statement);
}
