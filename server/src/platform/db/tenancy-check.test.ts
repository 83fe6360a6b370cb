/** Breaks each rule of the boot check in a database of its own: the server refuses to start and names the table and the rule. */
import { rmSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { StartupError } from "../startup-error.ts";
import { startServer } from "../../main.ts";
import { cloneDatabase, type TestDatabase } from "../../testing/database.ts";
import { temporaryFolder } from "../../testing/folders.ts";
import { MASTER_KEY } from "../../testing/master-key.ts";
import { testConfig } from "../../testing/server.ts";
import { prepareDatabase } from "./prepare.ts";
import { checkTenancy } from "./tenancy-check.ts";

const folder = temporaryFolder("whoot-test-boot-");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function inClone<Result>(work: (database: TestDatabase) => Promise<Result>): Promise<Result> {
  const database = await cloneDatabase();
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

const refusalOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "it started",
    (error: unknown) => error,
  );

/** A tenant table called notes, as the template makes it. */
const NOTES = `create table notes (tenant_id uuid not null references tenants, note_id uuid not null, primary key (tenant_id, note_id));
  alter table notes owner to whoot_owner; call protect_tenant_table('notes');`;

type Broken = [what: string, sql: string, table: string, rule: RegExp];

const TEMPLATE = "tenant_id = nullif(current_setting('whoot.tenant_id', true), '')::uuid";

const BROKEN_ROLES: Broken[] = [
  ["a serving role that bypasses row-level security", "alter role whoot_app bypassrls", "whoot_app", /bypasses row-level/],
  ["a serving role that is a superuser", "alter role whoot_platform superuser", "whoot_platform", /is a superuser/],
  ["a serving role that may create roles", "alter role whoot_app createrole", "whoot_app", /may create roles/],
  [
    "a serving role that is a member of another role",
    "grant pg_read_all_data to whoot_app",
    "whoot_app",
    /is a member of another/,
  ],
];

const BROKEN: Broken[] = [
  ["a table without FORCE", "alter table channels no force row level security", "channels", /not enabled and forced/],
  [
    "a table with row-level security disabled",
    "alter table members disable row level security",
    "members",
    /not enabled and forced/,
  ],
  [
    "a table without row-level security",
    "create table notes (tenant_id uuid not null, note_id uuid, primary key (tenant_id, note_id))",
    "notes",
    /not enabled and forced/,
  ],
  ["a table without tenant_id", "create table notes (note_id uuid primary key)", "notes", /no tenant_id uuid not null/],
  [
    "a tenant_id that may be null",
    `${NOTES} alter table notes drop constraint notes_pkey; alter table notes alter tenant_id drop not null`,
    "notes",
    /no tenant_id uuid not null/,
  ],
  [
    "a tenant_id of another type",
    "create table notes (tenant_id text not null, note_id uuid, primary key (tenant_id, note_id))",
    "notes",
    /no tenant_id uuid not null/,
  ],
  ["an audit log that can be changed", "grant update (action) on audit_log to whoot_app", "audit_log", /append-only/],
  [
    "a chain end that the app role can move",
    "grant update (sequence) on audit_heads to whoot_app",
    "audit_heads",
    /hold the chain's end/,
  ],
  [
    "a chain end that the platform role can insert",
    "grant insert on audit_heads to whoot_platform",
    "audit_heads",
    /hold the chain's end/,
  ],
  [
    "an audit log without its trigger",
    "alter table audit_log disable trigger extend_chain",
    "audit_log",
    /lacks an enabled trigger/,
  ],
  ["an audit log that can be deleted", "grant delete on audit_log to whoot_platform", "audit_log", /append-only/],
  ["a table without a policy", "drop policy tenant_isolation on roles", "roles", /must have the policy tenant_isolation/],
  [
    "a policy without WITH CHECK",
    `drop policy tenant_isolation on roles; create policy tenant_isolation on roles using (${TEMPLATE})`,
    "roles",
    /must have the policy tenant_isolation/,
  ],
  [
    "a policy that allows everything",
    "alter policy tenant_isolation on roles using (true)",
    "roles",
    /must have the policy tenant_isolation/,
  ],
  [
    "a restrictive policy in place of the template's",
    `drop policy tenant_isolation on roles; create policy tenant_isolation on roles as restrictive using (${TEMPLATE}) with check (${TEMPLATE})`,
    "roles",
    /must have the policy tenant_isolation/,
  ],
  ["an additional policy", "create policy more on channels for select using (true)", "channels", /policy beyond the template's/],
  [
    "the platform's policy on a table that is not listed",
    "create policy platform_read on channels for select to whoot_platform using (true)",
    "channels",
    /policy beyond the template's/,
  ],
  [
    "the platform's policy, for all commands",
    "drop policy platform_read on roles; create policy platform_read on roles to whoot_platform using (true)",
    "roles",
    /policy beyond the template's/,
  ],
  [
    "a primary key without tenant_id",
    `${NOTES} alter table notes drop constraint notes_pkey; alter table notes add primary key (note_id)`,
    "notes",
    /must lead the primary key/,
  ],
  [
    "a unique key without tenant_id",
    "alter table channels add unique (name)",
    "channels",
    /index or unique key that tenant_id does not lead/,
  ],
  [
    "an index that does not begin with tenant_id",
    "create index on members (email, tenant_id)",
    "members",
    /index or unique key that tenant_id does not lead/,
  ],
  [
    "a foreign key without tenant_id",
    `${NOTES} alter table notes add owner uuid references directory_erasures (tenant_id)`,
    "notes",
    /foreign key without tenant_id/,
  ],
  ["a table owned by whoot_app", "alter table channels owner to whoot_app", "channels", /owned by a serving role/],
  [
    "TRUNCATE granted to the app role",
    "grant truncate on invitations to whoot_app",
    "invitations",
    /lets a serving role truncate/,
  ],
  [
    "TRIGGER granted to the platform role",
    "grant trigger on invitations to whoot_platform",
    "invitations",
    /lets a serving role truncate/,
  ],
  ["TRUNCATE granted to everyone", "grant truncate on transmissions to public", "transmissions", /lets a serving role truncate/],
  ["invoices that the app role can change", "grant update on invoices to whoot_app", "invoices", /must be append-only/],
  [
    "a ledger that the app role can shorten",
    "grant delete on ledger_entries to whoot_app",
    "ledger_entries",
    /must be append-only/,
  ],
  ["accounts that the app role can read", "grant select on accounts to whoot_app", "accounts", /is above tenants/],
  [
    "a column of sessions that the app role can read",
    "grant select (token_hash) on sessions to whoot_app",
    "sessions",
    /is above tenants/,
  ],
  [
    "a directory table that the app role can read",
    "grant select on directory_memberships to whoot_app",
    "directory_memberships",
    /is above tenants/,
  ],
  [
    "the directory without row-level security",
    "alter table directory_invitations no force row level security",
    "directory_invitations",
    /is above tenants/,
  ],
  ["a plain view", "create view everything as select * from channels", "everything", /view without security_invoker/],
  [
    "a materialized view",
    "create materialized view everything as select * from channels",
    "everything",
    /view without security_invoker/,
  ],
  [
    "a SECURITY DEFINER function",
    "create function peek() returns bigint language sql security definer as 'select count(*) from channels'",
    "peek",
    /SECURITY DEFINER but not on the reviewed list/,
  ],
  ["a VOLATILE current_tenant_id", "alter function current_tenant_id() volatile", "current_tenant_id", /must be STABLE SQL/],
];

describe("the boot check finds", () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await cloneDatabase();
    client = new pg.Client({ connectionString: inject("adminUrl").replace(/\/postgres$/, `/${database.name}`) });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  // In a transaction that is rolled back: roles belong to the cluster, which other test files use at the same time.
  test.each([...BROKEN, ...BROKEN_ROLES])("%s", async (_what, sql, table, rule) => {
    expect(await checkTenancy(client)).toEqual([]);
    await client.query("begin");
    try {
      await client.query(sql);
      expect(await checkTenancy(client)).toContainEqual({ table, rule: expect.stringMatching(rule) });
    } finally {
      await client.query("rollback");
    }
  });
});

test("startServer refuses a database that breaks rules, names every table and rule, and leaves nothing open", () =>
  inClone(async (database) => {
    await database.query("alter table channels no force row level security; grant truncate on invitations to whoot_app");
    const refusal = await refusalOf(startServer(testConfig(folder, { databaseUrl: database.ownerUrl })));
    expect(refusal).toBeInstanceOf(StartupError);
    const { message } = refusal as StartupError;
    expect(message).toMatch(/^ {2}channels: row-level security is not enabled and forced$/m);
    expect(message).toMatch(/^ {2}invitations: lets a serving role truncate/m);
  }));

test("a sound database passes the check, and so does a new table made by the template", () =>
  inClone(async (database) => {
    await prepareDatabase(database.ownerUrl, MASTER_KEY);
    await database.query(NOTES);
    await prepareDatabase(database.ownerUrl, MASTER_KEY);
  }));

test("two servers that prepare an empty database at once both succeed, and migrate only once", () =>
  inClone(async (database) => {
    await database.query(
      "drop schema public cascade; drop schema graphile_worker cascade; create schema public authorization whoot_owner",
    );
    await Promise.all([prepareDatabase(database.ownerUrl, MASTER_KEY), prepareDatabase(database.ownerUrl, MASTER_KEY)]);
    const applied = await database.query<{ name: string }>("select name from migrations order by name");
    expect(applied.map((row) => row.name)).toEqual([...new Set(applied.map((row) => row.name))]);
    expect(applied.length).toBeGreaterThanOrEqual(4);
  }));

test("a database of a newer whoot is refused by name, and a failing migration is rolled back", () =>
  inClone(async (database) => {
    await database.query("insert into migrations (name) values ('9999_future.sql')");
    expect(String(await refusalOf(prepareDatabase(database.ownerUrl, MASTER_KEY)))).toMatch(/newer whoot \(9999_future\.sql\)/);
    await database.query("delete from migrations where name like '9999%' or name like '0004%'");
    expect(String(await refusalOf(prepareDatabase(database.ownerUrl, MASTER_KEY)))).toMatch(
      /Migration 0004_channels\.sql failed and was rolled back/,
    );
  }));
