/** Everything that the database and the disk hold of a tenant, to compare before and after. */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { TestDatabase } from "./database.ts";
import { filesBelow } from "./folders.ts";
import type { TestServer } from "./server.ts";

/** All tables of the public schema that have a tenant_id, from the catalogue, except the one that records deletions. */
export async function tablesWithTenantId(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ name: string }>(`select c.relname::text as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    and c.relname <> 'directory_tombstones' order by 1`);
  return rows.map((row) => row.name);
}

/** A hash for each table and each file. */
export async function tenantState(server: TestServer, tenantId: string): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const table of await tablesWithTenantId(server.database)) {
    const [row] = await server.database.query<{ count: string; hash: string }>(
      `select count(*), md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) as hash from ${table} t where tenant_id = $1`,
      [tenantId],
    );
    state[table] = `${row?.count} rows ${row?.hash}`;
  }
  const folder = resolve(server.config.dataFolder, "recordings", tenantId);
  for (const [name, content] of filesBelow(folder)) {
    state[`file ${name}`] = createHash("sha256").update(content).digest("hex");
  }
  return state;
}
