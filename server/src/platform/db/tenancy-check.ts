/**
 * The boot check: reads the catalogue and names every table, view or role that breaks the rules which keep tenants apart.
 * Each rule closes a leak that was measured; see docs/architecture.md.
 */
import type { Client } from "pg";
import { DELETION_TABLES, DIRECTORY_TABLES, TENANT_TABLES } from "./tenant-data.ts";

export interface Violation {
  table: string;
  rule: string;
}

/** Tables that belong to no tenant. The app role must have no right on them. */
const GLOBAL = ["accounts", "sessions", "sign_ups", "migrations"];
/** What the platform role reads across tenants ("my tenants"). */
const PLATFORM_READ = ["tenants", "roles", "members"];

/** They run with the owner's rights, which may be a superuser's: each names the tenant itself and does one thing. */
const DEFINER_FUNCTIONS = [
  "claim_slug",
  "earlier_slugs",
  "enqueue_job",
  "enqueue_jobs",
  "erase_jobs",
  "erase_audit_log",
  "lock_audit_head",
  "extend_audit_chain",
];

/** Written out: a call of current_tenant_id() would be put in anew whenever a statement is planned (migrations/0014). */
const TENANT_POLICY = "(tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid)";

interface Check {
  rule: string;
  /** Selects the offending tables as `name`. $1 directory, $2 global, $3 platform_read tables, $4 the policy's text. */
  sql: string;
}

const TABLES = `select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity, c.relowner
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`;
const TENANT_TABLES_SQL = `${TABLES} and c.relname <> all ($1) and c.relname <> all ($2)`;
const REGISTERED = TENANT_TABLES.map(({ table }) => `'${table}'`).join(", ");
/** Keeps every check at four parameters. */
const USE_ALL = "cardinality($1::text[] || $2::text[] || $3::text[]) >= 0 and $4::text is not null";

const CHECKS: Check[] = [
  {
    rule: "has no tenant_id uuid not null; a table of no tenant must be listed as global in tenancy-check.ts",
    sql: `select name from (${TENANT_TABLES_SQL}) t where not exists (select from pg_attribute a where a.attrelid = t.oid
      and a.attname = 'tenant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)`,
  },
  {
    rule: "is not in the registry of what holds tenant data (tenant-data.ts): deleting a tenant would leave it behind",
    sql: `select name from (${TENANT_TABLES_SQL}) t where name <> all (array[${REGISTERED}])`,
  },
  {
    rule: "row-level security is not enabled and forced",
    sql: `select name from (${TENANT_TABLES_SQL}) t where not (relrowsecurity and relforcerowsecurity)`,
  },
  {
    rule: "must have the policy tenant_isolation of the template (all commands, all roles, USING and WITH CHECK), permissive",
    sql: `select name from (${TENANT_TABLES_SQL}) t where not exists (select from pg_policy p where p.polrelid = t.oid
      and p.polname = 'tenant_isolation' and p.polcmd = '*' and p.polpermissive and p.polroles = '{0}'
      and pg_get_expr(p.polqual, p.polrelid) = $4 and pg_get_expr(p.polwithcheck, p.polrelid) = $4)`,
  },
  {
    rule: "has a policy beyond the template's (platform_read, SELECT for whoot_platform, is allowed on listed tables only)",
    sql: `select name from (${TENANT_TABLES_SQL}) t where exists (select from pg_policy p where p.polrelid = t.oid
      and p.polname <> 'tenant_isolation' and not (p.polname = 'platform_read' and p.polcmd = 'r'
        and p.polroles = array['whoot_platform'::regrole::oid] and t.name = any ($3)))`,
  },
  {
    rule: "tenant_id must lead the primary key",
    sql: `select name from (${TENANT_TABLES_SQL}) t where not exists (select from pg_index i join pg_attribute a
      on a.attrelid = t.oid and a.attnum = i.indkey[0] where i.indrelid = t.oid and i.indisprimary and a.attname = 'tenant_id')`,
  },
  {
    rule: "has an index or unique key that tenant_id does not lead",
    sql: `select name from (${TENANT_TABLES_SQL}) t where exists (select from pg_index i left join pg_attribute a
      on a.attrelid = t.oid and a.attnum = i.indkey[0] where i.indrelid = t.oid and a.attname is distinct from 'tenant_id')`,
  },
  {
    rule: "has a foreign key without tenant_id on both sides (foreign-key checks skip row-level security)",
    sql: `select name from (${TENANT_TABLES_SQL}) t where exists (select from pg_constraint f where f.conrelid = t.oid
      and f.contype = 'f' and not exists (
        select from unnest(f.conkey, f.confkey) as pair (here, there)
        join pg_attribute h on h.attrelid = f.conrelid and h.attnum = pair.here and h.attname = 'tenant_id'
        join pg_attribute r on r.attrelid = f.confrelid and r.attnum = pair.there and r.attname = 'tenant_id'))`,
  },
  {
    rule: "is owned by a role that serves",
    sql: `select name from (${TABLES}) t where relowner in ('whoot_app'::regrole, 'whoot_platform'::regrole)`,
  },
  {
    rule: "may be truncated, referenced or given triggers by a role that serves",
    sql: `select name from (${TABLES}) t where has_table_privilege('whoot_app', oid, 'TRUNCATE, REFERENCES, TRIGGER')
      or has_table_privilege('whoot_platform', oid, 'TRUNCATE, REFERENCES, TRIGGER')`,
  },
  {
    rule: "is append-only: a role that serves may add entries and read them, and nothing else",
    sql: `select name from (${TABLES} and c.relname = 'audit_log') t where has_any_column_privilege('whoot_app', oid, 'UPDATE')
      or has_any_column_privilege('whoot_platform', oid, 'UPDATE') or has_table_privilege('whoot_app', oid, 'DELETE')
      or has_table_privilege('whoot_platform', oid, 'DELETE')`,
  },
  {
    rule: "is the end of a chain: no role that serves may move it, but by appending",
    sql: `select name from (${TABLES} and c.relname = 'audit_heads') t where has_any_column_privilege('whoot_app', oid, 'INSERT, UPDATE')
      or has_table_privilege('whoot_app', oid, 'DELETE') or has_any_column_privilege('whoot_platform', oid, 'UPDATE')
      or has_column_privilege('whoot_platform', oid, 'sequence', 'INSERT') or has_column_privilege('whoot_platform', oid, 'hash', 'INSERT')`,
  },
  {
    rule: "has not the triggers that hold the audit log's chain together, enabled",
    sql: `select name from (${TABLES} and c.relname in ('audit_log', 'audit_heads')) t where not exists (select from pg_trigger g
      where g.tgrelid = t.oid and g.tgname in ('extend_chain', 'keep_head') and g.tgenabled in ('O', 'A'))`,
  },
  {
    rule: "is above tenants: whoot_app may not read or change it (INSERT on a listed directory table, guarded by a policy, is all)",
    sql: `select name from (${TABLES} and (c.relname = any ($1) or c.relname = any ($2))) t
      where has_table_privilege('whoot_app', oid, 'SELECT, UPDATE, DELETE') or has_any_column_privilege('whoot_app', oid, 'SELECT, UPDATE')
      or (has_table_privilege('whoot_app', oid, 'INSERT') and not (relrowsecurity and relforcerowsecurity))`,
  },
  {
    rule: "is a view without security_invoker (it would read with its owner's rights), or a materialized view",
    sql: `select c.relname::text as name from pg_class c where c.relnamespace = 'public'::regnamespace and (c.relkind = 'm'
      or (c.relkind = 'v' and not coalesce(c.reloptions @> array['security_invoker=true'] or c.reloptions @> array['security_invoker=on'], false)))`,
  },
  {
    rule: "the role is a superuser, bypasses row-level security, may create roles or databases, or is a member of another role",
    sql: `select rolname::text as name from pg_roles r where rolname in ('whoot_app', 'whoot_platform')
      and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
        or exists (select from pg_auth_members m where m.member = r.oid))`,
  },
  {
    rule: "the function is SECURITY DEFINER and not one of those that were reviewed (DEFINER_FUNCTIONS)",
    sql: `select proname::text as name from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
      and proname <> all (array[${DEFINER_FUNCTIONS.map((name) => `'${name}'`).join(", ")}])`,
  },
  {
    rule: "current_tenant_id must be STABLE SQL: VOLATILE is called per row",
    sql: `select 'current_tenant_id' as name where not exists (select from pg_proc p join pg_language l on l.oid = p.prolang
      where p.pronamespace = 'public'::regnamespace and p.proname = 'current_tenant_id' and p.provolatile = 's' and l.lanname = 'sql')`,
  },
];

/** Every rule against the catalogue of the connected database. Empty: the tenants are kept apart. */
export async function checkTenancy(client: Client): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { rule, sql } of CHECKS) {
    const { rows } = await client.query<{ name: string }>(`select name from (${sql}) violation where ${USE_ALL} order by name`, [
      [...DIRECTORY_TABLES, ...DELETION_TABLES],
      GLOBAL,
      PLATFORM_READ,
      TENANT_POLICY,
    ]);
    violations.push(...rows.map((row) => ({ table: row.name, rule })));
  }
  return violations;
}
