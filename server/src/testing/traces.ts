/** Searches for traces of a deleted tenant. */
import { filesBelow } from "./folders.ts";
import type { Workspace } from "./people.ts";
import type { TestServer } from "./server.ts";
import { tablesWithTenantId } from "./tenant-state.ts";
import { until } from "./until.ts";

/** Everything that identifies the tenant: its id, its slug, and the id of each of its rows. */
export async function traces(server: TestServer, { tenantId, slug }: Workspace): Promise<string[]> {
  const found = new Set([tenantId, slug]);
  for (const table of await tablesWithTenantId(server.database)) {
    const rows = await server.database.query(`select * from ${table} where tenant_id = $1`, [tenantId]);
    for (const [column, value] of rows.flatMap((row) => Object.entries(row))) {
      if (["account_id", "session_id", "email_hash"].includes(column)) continue; // people's accounts stay, and may be invited elsewhere
      if (column.endsWith("_id") && typeof value === "string") found.add(value);
      if (Buffer.isBuffer(value)) found.add(value.toString("hex"));
    }
  }
  return [...found];
}

/** Where any of these occurs: in any column of any table of any schema, or in any file except PostgreSQL's own. */
export async function findTraces(server: TestServer, needles: string[]): Promise<string[]> {
  const hits: string[] = [];
  const columns = await server.database.query<{ table: string; column: string; type: string }>(`
    select format('%I.%I', n.nspname, c.relname) as table, quote_ident(a.attname) as column, a.atttypid::regtype::text as type
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped
      and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_%'`);
  if (!columns.some(({ table }) => table.startsWith("graphile_worker."))) throw new Error("the search does not cover the jobs");
  const patterns = needles.flatMap((needle) => [`%${needle}%`, `%${needle.replaceAll("-", "")}%`]);
  for (const { table, column, type } of columns) {
    const text = type === "bytea" ? `encode(${column}, 'hex')` : `${column}::text`;
    const rows = await server.database.query(`select ${text} as value from ${table} where ${text} like any ($1) limit 1`, [
      // The tombstone keeps the tenant's id on purpose, but nothing else of the tenant.
      table === "public.directory_tombstones" ? patterns.slice(2) : patterns,
    ]);
    if (rows.length > 0) hits.push(`${table}.${column}: ${String(rows[0]?.value)}`);
  }
  for (const [name, content] of filesBelow(server.config.dataFolder, ["postgres"])) {
    // The same for the tombstone on disk.
    if (name === `deletions/${needles[0]}.json` && !needles.slice(1).some((needle) => content.includes(needle))) continue;
    if (needles.some((needle) => name.includes(needle) || content.includes(needle))) hits.push(name);
  }
  return hits;
}

export function erasureEnded(server: TestServer, { tenantId }: Workspace): Promise<unknown> {
  return until("the erasure to end", async () => {
    const [row] = await server.database.query<{ left: string }>(
      `select (select count(*) from directory_erasures where tenant_id = $1::uuid)
        + (select count(*) from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
          where task.identifier = 'eraseTenant' and job.payload ->> 'tenantId' = $1::text) as left`,
      [tenantId],
    );
    return row?.left === "0";
  });
}
