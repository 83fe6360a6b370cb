/** What the database itself refuses, even if the code forgets a check: raw SQL as the two serving roles. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { cloneDatabase, type TestDatabase } from "../../testing/database.ts";
import { MASTER_KEY } from "../../testing/master-key.ts";
import { prepareDatabase } from "./prepare.ts";
import { TENANT_TABLES } from "../../testing/tenant-tables.ts";

let database: TestDatabase;
let app: pg.Client;
let platform: pg.Client;
/** Every table with a policy named tenant_isolation, from the catalogue. */
let tables: string[];
const a = uuidv7();
const b = uuidv7();

/** Inserts one row into every table, with new ids, as superuser. */
async function fill(tenantId: string): Promise<void> {
  const id = Array.from({ length: 9 }, () => uuidv7());
  const [owner, admin, member, channel, invitation, transmission, account, logo, review] = id;
  const insert = (sql: string) => database.query(sql.replaceAll("$T", `'${tenantId}'`));
  await insert(`
    begin;
    select set_config('whoot.tenant_id', $T, true);
    insert into tenants (tenant_id, slug, name, owner_member_id, admin_role_id)
      values ($T, 'slug-${tenantId}', 'Name', '${owner}', '${admin}');
    insert into roles values ($T, '${admin}', 'Admin', 'admin', null), ($T, '${member}', 'Member', 'member', null);
    insert into members values ($T, '${owner}', '${account}', '${admin}', 'Owner', 'o@example.com');
    insert into invitations (tenant_id, invitation_id, email, role_id, invited_by_name, invited_by_member_id, token_sealed, mailed_at,
      expires_at) values ($T, '${invitation}', 'i@example.com', '${member}', 'Owner', '${owner}', '\\x00', now(), now());
    insert into invitation_mails values ($T, '${transmission}', '${invitation}');
    insert into channels (tenant_id, channel_id, name) values ($T, '${channel}', 'Ops');
    insert into channel_talker_roles values ($T, '${channel}', '${member}');
    insert into channel_talker_members values ($T, '${channel}', '${owner}');
    insert into transmissions values ($T, '${transmission}', '${channel}', '${owner}', 'Owner', now());
    insert into access_reviews values ($T, '${review}', 'Autumn', 'Owner', now(), now(), 1, 1, '{Ops}', 1);
    insert into access_review_roles values ($T, '${review}', '${admin}', 'Admin', '{}', '{}');
    insert into access_review_items values ($T, '${review}', '${owner}', 1, 'Owner', 'o@example.com', '${admin}', true, false, now(),
      null, '{}');
    insert into exports (tenant_id, export_id, member_id, requested_by_name) values ($T, '${transmission}', '${owner}', 'Owner');
    insert into member_sessions (tenant_id, session_id, member_id) values ($T, '${account}', '${owner}');
    insert into ownership_offers values ($T, '${owner}', 'Owner', now(), now());
    insert into domains (tenant_id, domain_id, domain, token, claimed_by_name)
      values ($T, '${logo}', '${tenantId}.example.com', 'token', 'Owner');
    insert into key_rotations (tenant_id, rotation_id, old_key, started_by_name)
      values ($T, '${channel}', '0123456789abcdef', 'Owner');
    insert into sso_connections (tenant_id, connection_id, name, provider, protocol)
      values ($T, '${channel}', 'Corp', 'other', 'saml');
    insert into sso_identities (tenant_id, connection_id, subject, member_id) values ($T, '${channel}', 'ada', '${owner}');
    insert into sso_assertions values ($T, '${channel}', '\\x00', now());
    insert into directory_sso_connections values ('${channel}', $T);
    insert into tenant_logos values ($T, '${logo}', '\\x00');
    insert into audit_heads (tenant_id) values ($T);
    insert into audit_log values ($T, 1, now(), 'workspace.created', '${owner}', 'Owner', 'workspace', $T, 'Name', null, null, '{}',
      sha256('1'));
    select open_billing_account(false);
    insert into subscriptions (tenant_id, subscription_id, catalogue_version, currency, digits, billing_interval, anchor, period_index,
      period_from, period_to, cancelled, ended, line_count, changed_at, revision)
      values ($T, '${owner}', 1, 'EUR', 2, 'month', now(), 0, now(), now() + interval '1 month', false, false, 1, now(), 1);
    insert into subscription_items values ($T, '${owner}', 'seats', 1, 800, 1);
    insert into billed_periods values ($T, '${owner}', now(), now() + interval '1 month');
    insert into invoices values ($T, '${channel}', '${owner}', 'T-1', 'invoice', now(), '2026-01-01', '2026-01-15', 'EUR', 2, 800, 152, 952,
      '[]', '{}', '{}', '{}', 1);
    insert into billing_lines values ($T, '${owner}', 1, 'charge', 'seats', 1, 800, now(), now() + interval '1 month', 800, 'S', 190000,
      null, null, false, '${channel}');
    insert into ledger_entries values ($T, '${transmission}', now(), 'receivable', 'revenue', 800, '${channel}', '${channel}');
    insert into billing_quotes values ($T, '${channel}', '${owner}', 'licences', '{}', now(), '{}', '${owner}', 1, 1, now());
    insert into billing_reminders values ($T, '${channel}', 1, now());
    insert into payment_accounts (tenant_id, provider, customer_key) values ($T, 'stripe', '${owner}');
    insert into payment_attempts values ($T, '${channel}', 1, 'stripe', 'card', 'created', 952, 'cus', 'pm', null, null, null, now(), now());
    insert into payment_incidents values ($T, '${channel}', 're', 'succeeded', 'refund', 952, now());
    insert into directory_payments values ('stripe', 'cus_${tenantId}', $T);
    insert into directory_billing values ($T, now());
    insert into directory_invoices values ('${tenantId}', $T);
    insert into directory_domains values ('${tenantId}.example.com', $T, '${logo}', false);
    insert into directory_slugs values ('slug-${tenantId}', $T);
    insert into directory_memberships values ('${account}', $T);
    insert into directory_invitations values ('\\x${tenantId.replaceAll("-", "")}', $T, '${invitation}', true);
    insert into directory_invitees values ('\\x${tenantId.replaceAll("-", "")}', $T, '${invitation}');
    commit`);
}

const hash = async (table: string) =>
  (
    await database.query(`select md5(string_agg(t::text, '|' order by t::text)) as h from ${table} t where tenant_id = $1`, [b])
  )[0]?.h;

/** Runs in a transaction that is always rolled back. */
async function attempt(client: pg.Client, tenantId: string | null, sql: string, values: unknown[] = []): Promise<pg.QueryResult> {
  await client.query("begin");
  try {
    if (tenantId) await client.query("select set_config('whoot.tenant_id', $1, true)", [tenantId]);
    return await client.query(sql, values);
  } finally {
    await client.query("rollback");
  }
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "done",
    (error: { code: string }) => error.code,
  );
const DENIED = "42501";
const FOREIGN_KEY = "23503";

beforeAll(async () => {
  database = await cloneDatabase();
  const urls = await prepareDatabase(database.ownerUrl, MASTER_KEY);
  await fill(a);
  await fill(b);
  app = new pg.Client({ connectionString: urls.app });
  platform = new pg.Client({ connectionString: urls.platform });
  await Promise.all([app.connect(), platform.connect()]);
  tables = (
    await database.query<{ name: string }>(
      "select polrelid::regclass::text as name from pg_policy where polname = 'tenant_isolation'",
    )
  )
    .map((row) => row.name)
    .sort();
});
afterAll(async () => {
  await Promise.all([app.end(), platform.end()]);
  await database.drop();
});

test("a deletion erases exactly the tenant tables that exist", () => {
  expect(tables).toEqual(TENANT_TABLES.map(({ table }) => table).sort());
  expect(tables.length).toBeGreaterThanOrEqual(8);
});

describe("as whoot_app, in tenant A", () => {
  test("every table shows A's rows and none of B's", async () => {
    for (const table of tables) {
      const { rows } = await attempt(app, a, `select distinct tenant_id from ${table}`);
      expect([table, rows]).toEqual([table, [{ tenant_id: a }]]);
      const { rows: theirs } = await attempt(app, a, `select 1 from ${table} where tenant_id = $1`, [b]);
      expect([table, theirs]).toEqual([table, []]);
    }
  });

  test("no row is visible without a tenant, or after a transaction that had one", async () => {
    for (const table of tables) {
      expect((await app.query(`select 1 from ${table}`)).rows).toEqual([]);
      expect((await attempt(app, null, `select 1 from ${table}`)).rows).toEqual([]);
    }
  });

  test("no row can be inserted into B, in any table", async () => {
    for (const table of tables) {
      // Generated columns can't be inserted.
      const [given] = await database.query<{ columns: string }>(
        "select string_agg(attname, ', ') as columns from pg_attribute where attrelid = $1::regclass and attnum > 0 and attgenerated = ''",
        [table],
      );
      const sql = `insert into ${table} (${given?.columns}) select ${given?.columns} from jsonb_populate_record(null::${table},
        (select to_jsonb(t) || jsonb_build_object('tenant_id', $1::text) from ${table} t limit 1))`;
      expect([table, await code(attempt(app, a, sql, [b]))]).toEqual([table, DENIED]);
    }
    for (const [table, values] of [
      ["directory_memberships", `('${uuidv7()}', '${b}')`],
      ["directory_invitations", `('\\x01', '${b}', '${uuidv7()}', true)`],
      ["directory_invitees", `('\\x01', '${b}', '${uuidv7()}')`],
    ] as const) {
      expect([table, await code(attempt(app, a, `insert into ${table} values ${values}`))]).toEqual([table, DENIED]);
    }
  });

  test("updates and deletes do not affect B, and no row of A can be moved to B", async () => {
    for (const table of tables) {
      const before = await hash(table);
      const updated = await attempt(app, a, `update ${table} set tenant_id = tenant_id where tenant_id = $1`, [b]).catch(
        (error: unknown) => error,
      );
      const deleted = await attempt(app, a, `delete from ${table} where tenant_id = $1`, [b]).catch((error: unknown) => error);
      for (const result of [updated, deleted]) {
        const harmless = (result as { code?: string }).code === DENIED || (result as pg.QueryResult).rowCount === 0;
        expect([table, harmless]).toEqual([table, true]);
      }
      expect(await code(attempt(app, a, `update ${table} set tenant_id = $1`, [b]))).toBe(DENIED);
      expect(await hash(table)).toBe(before);
    }
  });

  test("every foreign key between tenant tables includes the tenant, so a row of B cannot be referred to", async () => {
    const keys = await database.query<{ child: string; columns: string[]; parent: string }>(
      `
      select conrelid::regclass::text as child, confrelid::regclass::text as parent,
        array(select attname::text from unnest(conkey) k join pg_attribute on attrelid = conrelid and attnum = k) as columns
      from pg_constraint where contype = 'f' and conrelid::regclass::text = any($1) and cardinality(conkey) > 1`,
      [tables],
    );
    expect(keys.length).toBeGreaterThanOrEqual(8);
    for (const { child, columns, parent } of keys) {
      expect(columns).toContain("tenant_id");
      const column = columns.find((name) => name !== "tenant_id");
      const target =
        { owner_member_id: "member_id", default_role_id: "role_id", document_id: "invoice_id", put_off_for: "invoice_id" }[
          column ?? ""
        ] ?? column;
      const sql = `set constraints all immediate; update ${child} set ${column} = (select ${target} from ${parent} where tenant_id = '${b}' limit 1)
        where tenant_id = '${a}'`;
      // As superuser, so that only the key can refuse it, and not a missing privilege or a policy.
      const refused = await code(database.query(`begin; ${sql}; rollback`));
      await database.query("rollback");
      expect([child, column, refused]).toEqual([child, column, FOREIGN_KEY]);
    }
  });

  test.each([
    "accounts",
    "sessions",
    "sign_ups",
    "totp_factors",
    "pending_totp_factors",
    "recovery_code_sets",
    "recovery_codes",
    "passkeys",
    "spent_passkey_challenges",
    "billing_catalogues",
    "billing_series",
    "billing_server",
    "billing_trials",
    "migrations",
    "directory_slugs",
    "directory_memberships",
    "directory_invitations",
    "directory_invitees",
    "directory_billing",
    "directory_erasures",
    "directory_tombstones",
  ])("%s cannot be read, changed or emptied", async (table) => {
    for (const sql of [`select from ${table}`, `delete from ${table}`, `truncate ${table}`, `copy ${table} to stdout`]) {
      expect([sql, await code(attempt(app, a, sql))]).toEqual([sql, DENIED]);
    }
  });

  test("no table can be truncated, altered, dropped or freed from row-level security", async () => {
    for (const table of tables) {
      for (const sql of [
        `truncate ${table} cascade`,
        `alter table ${table} disable row level security`,
        `drop table ${table}`,
        `drop policy tenant_isolation on ${table}`,
      ]) {
        expect([sql, await code(attempt(app, a, sql))]).toEqual([sql, DENIED]);
      }
      expect(await code(attempt(app, a, `set local row_security = off; select 1 from ${table}`))).toBe(DENIED);
    }
  });

  test("no other role can be assumed, no job read or erased, no table created", async () => {
    for (const sql of [
      "set role whoot_platform",
      "set role whoot_owner",
      "select from graphile_worker._private_jobs",
      `select erase_jobs('${b}')`,
      "create table public.mine ()",
      "create schema mine",
      "call protect_tenant_table('accounts')",
      "copy channels from program 'id'",
      "select pg_read_file('/etc/passwd')",
    ]) {
      expect([sql, await code(attempt(app, a, sql))]).toEqual([sql, DENIED]);
    }
  });
});

describe("as whoot_platform", () => {
  test('without a tenant, only the rows that "my tenants" needs are visible', async () => {
    for (const table of tables) {
      const { rowCount } = await attempt(platform, null, `select from ${table}`);
      expect([table, (rowCount ?? 0) > 0]).toEqual([table, ["members", "roles", "tenants"].includes(table)]);
    }
  });

  test("it cannot change tenants' rows, and can only insert the first rows of a new tenant", async () => {
    const mayInsert = ["audit_log", "audit_target_words", "member_words", "members", "roles", "tenants"];
    for (const table of tables) {
      expect([table, await code(attempt(platform, a, `update ${table} set tenant_id = tenant_id`))]).toEqual([table, DENIED]);
      expect([table, await code(attempt(platform, a, `truncate ${table} cascade`))]).toEqual([table, DENIED]);
      const [may] = await database.query("select has_table_privilege('whoot_platform', $1, 'INSERT') as insert", [table]);
      expect([table, may?.insert]).toEqual([table, mayInsert.includes(table)]);
    }
    expect(await code(attempt(platform, a, `insert into roles values ('${b}', '${uuidv7()}', 'X', null, '{}')`))).toBe(DENIED);
  });

  test("it deletes only in the tenant that it has entered", async () => {
    for (const table of tables.filter((table) => table !== "audit_log")) {
      expect((await attempt(platform, null, `delete from ${table}`)).rowCount).toBe(0);
      expect((await attempt(platform, a, `delete from ${table} where tenant_id = $1`, [b])).rowCount).toBe(0);
    }
  });

  test("it can delete audit entries only for a tenant that is being erased, and then all of them", async () => {
    expect(await code(attempt(platform, a, "delete from audit_log"))).toBe(DENIED);
    const erase = async (tenantId: string | null) =>
      (await attempt(platform, tenantId, "select erase_audit_log(null) as erased")).rows[0].erased;
    expect(await erase(a)).toBe("0");
    expect(await erase(null)).toBe("0");
    await database.query("insert into directory_erasures values ($1)", [b]);
    try {
      expect(await erase(a)).toBe("0");
      expect(await erase(b)).toBe("1");
    } finally {
      await database.query("delete from directory_erasures");
    }
  });
});
