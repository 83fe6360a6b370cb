/**
 * The boot check of tenant isolation: reads the catalogue and names every table, view or role that breaks a rule. Each rule closes a leak
 * that was measured; see docs/architecture.md.
 */
import type { Client } from "pg";
import { DELETION_TABLES, DIRECTORY_TABLES } from "./tenant-data.ts";

export interface Violation {
  table: string;
  rule: string;
}

/** Tables that belong to no tenant. The app role must have no privileges on them. */
const GLOBAL = [
  "accounts",
  "sessions",
  "sign_ups",
  "password_resets",
  "email_changes",
  "totp_factors",
  "pending_totp_factors",
  "recovery_code_sets",
  "recovery_codes",
  "passkeys",
  "spent_passkey_challenges",
  "billing_catalogues",
  "billing_series",
  "billing_server",
  "payment_events",
  "billing_trials",
  "held_jobs",
  "migrations",
];
/** Tables that the platform role reads across tenants ("my tenants"). */
const PLATFORM_READ = ["tenants", "roles", "members"];

/** Functions with the rights of the owner, who may be a superuser. Each names the tenant itself and does one thing. */
const DEFINER_FUNCTIONS = [
  "claim_slug",
  "earlier_slugs",
  "enter_domain",
  "leave_domain",
  "ask_mfa_reset",
  "take_document_number",
  "open_billing_account",
  "take_trial",
  "look_at_billing",
  "enqueue_job",
  "enqueue_jobs",
  "hold_jobs",
  "release_held_jobs",
  "erase_jobs",
  "erase_audit_log",
  "lock_audit_head",
  "extend_audit_chain",
];

/** Written out, because a call of current_tenant_id() would be inlined anew each time a statement is planned (migrations/0014). */
const TENANT_POLICY = "(tenant_id = (NULLIF(current_setting('whoot.tenant_id'::text, true), ''::text))::uuid)";

interface Check {
  rule: string;
  /** Selects the offending tables as `name`. $1 directory, $2 global, $3 platform_read tables, $4 the policy's text. */
  sql: string;
}

const TABLES = `select c.oid, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity, c.relowner
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`;
const TENANT_TABLES_SQL = `${TABLES} and c.relname <> all ($1) and c.relname <> all ($2)`;
/** Makes every check use all four parameters. */
const USE_ALL = "cardinality($1::text[] || $2::text[] || $3::text[]) >= 0 and $4::text is not null";

const CHECKS: Check[] = [
  {
    rule: "has no tenant_id uuid not null; list a table above tenants as global in tenancy-check.ts",
    sql: `select name from (${TENANT_TABLES_SQL}) t where not exists (select from pg_attribute a where a.attrelid = t.oid
      and a.attname = 'tenant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)`,
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
    rule: "is owned by a serving role",
    sql: `select name from (${TABLES}) t where relowner in ('whoot_app'::regrole, 'whoot_platform'::regrole)`,
  },
  {
    rule: "lets a serving role truncate it, reference it or add triggers",
    sql: `select name from (${TABLES}) t where has_table_privilege('whoot_app', oid, 'TRUNCATE, REFERENCES, TRIGGER')
      or has_table_privilege('whoot_platform', oid, 'TRUNCATE, REFERENCES, TRIGGER')`,
  },
  {
    rule: "must be append-only: serving roles may only add and read entries",
    sql: `select name from (${TABLES} and c.relname = 'audit_log') t where has_any_column_privilege('whoot_app', oid, 'UPDATE')
      or has_any_column_privilege('whoot_platform', oid, 'UPDATE') or has_table_privilege('whoot_app', oid, 'DELETE')
      or has_table_privilege('whoot_platform', oid, 'DELETE')`,
  },
  {
    rule: "must be append-only: whoot_app may only add and read rows",
    sql: `select name from (${TABLES} and c.relname in ('invoices', 'ledger_entries', 'billed_periods')) t
      where has_any_column_privilege('whoot_app', oid, 'UPDATE') or has_any_column_privilege('whoot_platform', oid, 'UPDATE')
      or has_table_privilege('whoot_app', oid, 'DELETE')`,
  },
  {
    rule: "must hold the chain's end: serving roles may only move it by appending",
    sql: `select name from (${TABLES} and c.relname = 'audit_heads') t where has_any_column_privilege('whoot_app', oid, 'INSERT, UPDATE')
      or has_table_privilege('whoot_app', oid, 'DELETE') or has_any_column_privilege('whoot_platform', oid, 'UPDATE')
      or has_column_privilege('whoot_platform', oid, 'sequence', 'INSERT') or has_column_privilege('whoot_platform', oid, 'hash', 'INSERT')`,
  },
  {
    rule: "lacks an enabled trigger that protects the audit log's chain",
    sql: `select name from (${TABLES} and c.relname in ('audit_log', 'audit_heads')) t where not exists (select from pg_trigger g
      where g.tgrelid = t.oid and g.tgname in ('extend_chain', 'keep_head') and g.tgenabled in ('O', 'A'))`,
  },
  {
    rule: "is above tenants: whoot_app may not read or change it (only INSERT on a listed directory table with a policy)",
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
    rule: "the function is SECURITY DEFINER but not on the reviewed list (DEFINER_FUNCTIONS)",
    sql: `select proname::text as name from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
      and proname <> all (array[${DEFINER_FUNCTIONS.map((name) => `'${name}'`).join(", ")}])`,
  },
  {
    rule: "current_tenant_id must be STABLE SQL: a VOLATILE function is called for each row",
    sql: `select 'current_tenant_id' as name where not exists (select from pg_proc p join pg_language l on l.oid = p.prolang
      where p.pronamespace = 'public'::regnamespace and p.proname = 'current_tenant_id' and p.provolatile = 's' and l.lanname = 'sql')`,
  },
];

/** Checks every rule against the catalogue of the connected database. An empty result means that the tenants are isolated. */
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
