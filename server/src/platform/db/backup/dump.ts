/**
 * Reads a whole database in one snapshot, while a server uses it. pg_dump can't: row-level security applies to it, and FORCE makes it apply
 * even to the owner. Tenant tables are therefore read tenant by tenant; docs/decisions/0030.
 */
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { DatabaseUrls } from "../prepare.ts";
import { connect } from "./connect.ts";
import { encodeHeader, encodeSection, encodeTotals } from "./file.ts";
import { COPY_JOBS, JOB_COLUMNS, JOBS } from "./jobs.ts";
import { copyOut, listTables, type Table } from "./tables.ts";
import { UUID } from "../../uuid.ts";

/** In the order of the primary keys, so that reading tenant by tenant gives the order of all rows. */
async function listTenants(reader: pg.Client): Promise<string[]> {
  const { rows } = await reader.query<{ id: string }>("select tenant_id::text as id from tenants order by tenant_id");
  // Checked, because the ids are inserted into statements: COPY takes no parameters.
  return rows.map(({ id }) => {
    if (!UUID.test(id)) throw new Error(`${id} is not a tenant id`);
    return id;
  });
}

const enter = (reader: pg.Client, tenantId: string) => reader.query("select set_config('whoot.tenant_id', $1, true)", [tenantId]);

/** For each table, the tenants that have rows in it. Most have none in most tables, and each COPY costs a round trip. */
async function findTenantsWithRows(reader: pg.Client, tables: Table[], tenantIds: string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>(tables.map(({ name }) => [name, []]));
  if (tables.length === 0) return found;
  const text = `select array_remove(array[${tables
    .map(({ name }) => `case when exists (select from "${name}" where tenant_id = $1) then '${name}' end`)
    .join(", ")}], null) as names`;
  for (const tenantId of tenantIds) {
    await enter(reader, tenantId);
    const { rows } = await reader.query<{ names: string[] }>({ name: "tables with rows", text, values: [tenantId] });
    for (const name of rows[0]?.names ?? []) found.get(name)?.push(tenantId);
  }
  return found;
}

/** Reads each tenant to the end before the next, because a connection can copy one thing at a time. */
async function* copyTenants(reader: pg.Client, table: Table, tenantIds: string[]): AsyncGenerator<Buffer> {
  for (const tenantId of tenantIds) {
    await enter(reader, tenantId);
    yield* reader.query(copyTo(copyOut(table, table.columns, tenantId)));
  }
}

async function begin(owner: pg.Client, platform: pg.Client): Promise<Date> {
  await owner.query("begin isolation level repeatable read, read only");
  const { rows } = await owner.query<{ snapshot: string; now: Date }>(
    "select pg_export_snapshot() as snapshot, clock_timestamp() as now",
  );
  const { snapshot, now } = rows[0]!;
  await platform.query(
    `begin isolation level repeatable read, read only; set transaction snapshot ${pg.escapeLiteral(snapshot)}`,
  );
  return now;
}

async function countOf(client: pg.Client, table: string): Promise<number> {
  return Number((await client.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count);
}

/** The whole content of a backup file. @param receiptKey derived from this server's master key */
export async function* dump(urls: DatabaseUrls, receiptKey: string): AsyncGenerator<Buffer | string> {
  const owner = await connect(urls.owner);
  const platform = await connect(urls.platform).catch(async (error: unknown) => {
    await owner.end();
    throw error;
  });
  try {
    const takenAt = (await begin(owner, platform)).toISOString();
    const migrations = await owner.query<{ name: string }>("select name from migrations order by name");
    yield encodeHeader({ takenAt, receiptKey, migrations: migrations.rows.map(({ name }) => name) });
    const tables = await listTables(owner);
    const readers = { owner, platform };
    const byTenant = tables.filter(({ seenBy }) => seenBy === "tenant by tenant");
    const tenantsWithRows = await findTenantsWithRows(platform, byTenant, byTenant.length > 0 ? await listTenants(platform) : []);
    let rows = 0;
    for (const table of tables) {
      const blocks =
        table.seenBy === "tenant by tenant"
          ? copyTenants(platform, table, tenantsWithRows.get(table.name) ?? [])
          : readers[table.seenBy].query(copyTo(copyOut(table, table.columns)));
      rows += yield* encodeSection(table.name, table.columns, blocks);
    }
    rows += yield* encodeSection(JOBS, JOB_COLUMNS, owner.query(copyTo(COPY_JOBS)));
    const workspaces = await countOf(platform, "tenants");
    yield encodeTotals({ tables: tables.length + 1, rows, workspaces, people: await countOf(owner, "accounts") });
  } finally {
    await Promise.all([owner.end(), platform.end()].map((ended) => ended.catch(() => {})));
  }
}
