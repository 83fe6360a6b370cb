/** Writes the schema `public` as reviewable text from the catalogue, because the embedded PostgreSQL comes without pg_dump. */
import type { Client } from "pg";

const TABLES = `
  select c.relname as name,
    (select string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then ' not null' else '' end,
        coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')), E',\\n' order by a.attnum)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select string_agg(format('  constraint %I %s', n.conname, pg_get_constraintdef(n.oid)), E',\\n' order by n.conname)
      from pg_constraint n where n.conrelid = c.oid and n.contype <> 'n') as constraints,
    (select string_agg(pg_get_indexdef(i.indexrelid), E';\\n' order by i.indexrelid::regclass::text)
      from pg_index i where i.indrelid = c.oid
      and not exists (select from pg_constraint n where n.conindid = i.indexrelid and n.contype in ('p', 'u'))) as indexes,
    c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    (select string_agg(format('create policy %I on %I for %s to %s%s%s', p.policyname, c.relname, lower(p.cmd),
        array_to_string(p.roles, ', '), coalesce(' using ' || p.qual, ''), coalesce(' with check ' || p.with_check, '')),
        E';\\n' order by p.policyname)
      from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname) as policies,
    (select string_agg(format('grant %s on %I to %s', g.privileges, c.relname, g.grantee), E';\\n' order by g.grantee)
      from (select x.grantee::regrole::text as grantee, string_agg(lower(x.privilege_type), ', ' order by x.privilege_type) as privileges
        from aclexplode(c.relacl) x where x.grantee <> c.relowner group by 1) g) as grants
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.relname`;

const FUNCTIONS = `
  select pg_get_functiondef(p.oid) as definition,
    (select string_agg(x.grantee::regrole::text, ', ' order by 1) from aclexplode(p.proacl) x
      where x.grantee <> p.proowner and x.grantee <> 0) as callers
  from pg_proc p where p.pronamespace = 'public'::regnamespace order by p.proname`;

interface TableRow {
  name: string;
  columns: string;
  constraints: string | null;
  indexes: string | null;
  enabled: boolean;
  forced: boolean;
  policies: string | null;
  grants: string | null;
}

export async function dumpSchema(client: Client): Promise<string> {
  const tables = await client.query<TableRow>(TABLES);
  const functions = await client.query<{ definition: string; callers: string | null }>(FUNCTIONS);
  const parts = tables.rows.map((table) =>
    [
      `create table ${table.name} (\n${[table.columns, table.constraints].filter(Boolean).join(",\n")}\n)`,
      table.indexes,
      table.enabled && `alter table ${table.name} enable row level security`,
      table.forced && `alter table ${table.name} force row level security`,
      table.policies,
      table.grants,
    ]
      .filter(Boolean)
      .map((statement) => `${statement as string};`)
      .join("\n"),
  );
  const bodies = functions.rows.map(
    ({ definition, callers }) => `${definition.trimEnd()};${callers ? `\n-- callers: ${callers}` : ""}`,
  );
  return `-- What the migrations make. Written by \`npm run generate\`; do not edit.\n\n${[...bodies, ...parts].join("\n\n")}\n`;
}
