/** The boot check of the features' declarations: some feature must declare each table and column that the catalogue has. */
import pg from "pg";
import { StartupError } from "../startup-error.ts";
import { DELETION_TABLES, DIRECTORY_TABLES, type TenantTable } from "./tenant-data.ts";

interface CatalogueTable {
  table: string;
  columns: string[];
  refersTo: string[];
}

/** Every table with a tenant_id, except the directory and deletion tables. */
async function readCatalogue(client: pg.Client): Promise<CatalogueTable[]> {
  const { rows } = await client.query<CatalogueTable>(
    `select c.relname::text as table,
      array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and a.attname <> 'tenant_id' order by a.attname) as columns,
      array(select distinct f.confrelid::regclass::text from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'
        and f.confrelid <> 'tenants'::regclass and f.confrelid <> c.oid order by 1) as "refersTo"
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> all ($1)
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    order by c.relname`,
    [[...DIRECTORY_TABLES, ...DELETION_TABLES]],
  );
  return rows;
}

const list = (names: readonly string[]) => names.join(", ");

function violationsOf(found: CatalogueTable, named: TenantTable | undefined): string[] {
  if (!named) return [`table ${found.table}: no feature declares it, so deleting a tenant would leave its rows behind`];
  const columns = [...named.exported, ...named.withheld];
  const unnamed = found.columns.filter((column) => !columns.includes(column));
  const missing = columns.filter((column) => !found.columns.includes(column));
  const repeated = columns.filter((column, at) => columns.indexOf(column) !== at);
  const refersTo = named.refersTo.toSorted();
  return [
    ...(unnamed.length > 0 ? [`columns ${list(unnamed)}: declare whether exports include them`] : []),
    ...(missing.length > 0 ? [`columns ${list(missing)} don't exist`] : []),
    ...(repeated.length > 0 ? [`columns ${list(repeated)} are declared twice`] : []),
    ...(list(refersTo) === list(found.refersTo) ? [] : [`its foreign keys lead to ${list(found.refersTo) || "no other table"}`]),
  ].map((what) => `table ${found.table}: ${what}`);
}

/** Compares the features' declarations with the catalogue. An empty result means that they match. */
async function checkTenantData(client: pg.Client, tables: readonly TenantTable[]): Promise<string[]> {
  const catalogue = await readCatalogue(client);
  const existing = new Set(catalogue.map(({ table }) => table));
  return [
    ...catalogue.flatMap((found) =>
      violationsOf(
        found,
        tables.find(({ table }) => table === found.table),
      ),
    ),
    ...tables.filter(({ table }) => !existing.has(table)).map(({ table }) => `table ${table} doesn't exist`),
  ];
}

/** @throws StartupError, which names each undeclared table or column and each wrong declaration */
export async function assertTenantDataIsNamed(ownerUrl: string, tables: readonly TenantTable[]): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {}); // the query reports it
  await client.connect();
  try {
    const violations = await checkTenantData(client, tables);
    if (violations.length === 0) return;
    throw new StartupError(`The tables that features declare (feature.ts) don't match the database:\n${violations.join("\n")}`);
  } finally {
    await client.end();
  }
}
