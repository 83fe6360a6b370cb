/** Which tables a backup contains, read from the catalogue, so that a migration's new table is included automatically. */
import type pg from "pg";

/** Left out, so that everybody signs in again after a restore: it must not revive sessions that were ended after the backup. */
const LEFT_OUT = ["sessions"];

export interface Table {
  name: string;
  /** The columns to write, with tenant_id first if there is one. Generated columns are left out. */
  columns: string[];
  hasTenant: boolean;
  /** The primary key for ORDER BY, with the same order under every collation. */
  order: string;
  /**
   * Who sees all rows: the owner; the platform role, if a policy allows it; or no role at once, because all are restricted to one tenant (FORCE
   * row-level security restricts the owner too).
   */
  seenBy: "owner" | "platform" | "tenant by tenant";
}

const TABLES = `
  select c.relname::text as name,
    (select array_agg(a.attname::text order by a.attname <> 'tenant_id', a.attnum) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as "hasTenant",
    (select string_agg(quote_ident(a.attname) || case when a.attcollation <> 0 then ' collate "C"' else '' end, ', ' order by k.place)
      from pg_index i cross join unnest(i.indkey::int2[]) with ordinality k (attnum, place)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where i.indrelid = c.oid and i.indisprimary) as "order",
    case
      when r.rolsuper or r.rolbypassrls or not (c.relrowsecurity and c.relforcerowsecurity) then 'owner'
      when exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd in ('r', '*') and p.polpermissive
        and pg_get_expr(p.polqual, p.polrelid) = 'true' and p.polroles && array[0::oid, 'whoot_platform'::regrole::oid]) then 'platform'
      else 'tenant by tenant'
    end as "seenBy"
  from pg_class c join pg_roles r on r.rolname = current_user
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> all ($1)
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by c.relname`;

/** @param client connected as the owner */
export async function listTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(TABLES, [LEFT_OUT]);
  for (const { name, order } of rows) {
    if (!order) throw new Error(`the table ${name} has no primary key, so its rows have no order to compare them in`);
  }
  return rows;
}

const quoted = (name: string) => `"${name}"`;

/** @param tenantId copies only this tenant's rows */
export function copyOut({ name, order }: Pick<Table, "name" | "order">, columns: string[], tenantId?: string): string {
  const where = tenantId === undefined ? "" : `where tenant_id = '${tenantId}'`;
  return `copy (select ${columns.map(quoted).join(", ")} from ${quoted(name)} ${where} order by ${order}) to stdout`;
}

export function copyIn(table: string, columns: string[]): string {
  return `copy ${quoted(table)} (${columns.map(quoted).join(", ")}) from stdin`;
}
