/** Migrates a database that is older than the newest migrations and holds rows of two tenants. New columns and tables are filled for both. */
import { readdirSync, readFileSync } from "node:fs";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { expect, inject, test } from "vitest";
import { MASTER_KEY } from "../../testing/master-key.ts";
import { createOwnerAndDatabase, prepareDatabase } from "./prepare.ts";

const MIGRATIONS = new URL("../../../migrations/", import.meta.url);
/** The last migration before the audit log. */
const OLD = 4;

const id = (tenant: number, row: number) => `0000000${tenant}-0000-7000-8000-00000000000${row}`;

/** A tenant with an owner, a suspended member, a channel, and an open, an expired and an accepted invitation. */
function rowsOf(tenant: number): string {
  const [tenantId, admin, member, viewer, owner, guest] = [0, 1, 2, 3, 4, 5].map((row) => `'${id(tenant, row)}'`);
  const invitation = (row: number, email: string, rest: string) =>
    `insert into invitations (tenant_id, invitation_id, email, role_id, invited_by_name, token_sealed, expires_at, accepted_at)
      values (${tenantId}, '${id(tenant, row)}', '${email}', ${member}, 'Olga', '\\x00', ${rest});`;
  return `
    insert into tenants (tenant_id, slug, name, owner_member_id) values (${tenantId}, 'old-${tenant}', 'Old ${tenant}', ${owner});
    insert into roles (tenant_id, role_id, name, built_in) values (${tenantId}, ${admin}, 'Admin', 'admin'),
      (${tenantId}, ${member}, 'Member', 'member'), (${tenantId}, ${viewer}, 'Viewer', 'viewer');
    insert into members (tenant_id, member_id, account_id, role_id, name, email, status) values
      (${tenantId}, ${owner}, '${id(8, tenant)}', ${admin}, 'Émile Owner', 'owner${tenant}@example.com', 'active'),
      (${tenantId}, ${guest}, '${id(9, tenant)}', ${member}, 'Guest', 'guest${tenant}@example.com', 'suspended');
    insert into directory_slugs values ('old-${tenant}', ${tenantId});
    insert into directory_memberships values ('${id(8, tenant)}', ${tenantId}), ('${id(9, tenant)}', ${tenantId});
    ${invitation(6, "open@example.com", "now() + interval '1 day', null")}
    ${invitation(7, "expired@example.com", "now() - interval '1 day', null")}
    ${invitation(8, "accepted@example.com", "now() + interval '1 day', now()")}
    insert into directory_invitations values ('\\x0${tenant}', ${tenantId}, '${id(tenant, 6)}', true);
    insert into channels (tenant_id, channel_id, name, transmission) values (${tenantId}, '${id(tenant, 9)}', 'Operations', 'restricted');
    insert into channel_talker_roles values (${tenantId}, '${id(tenant, 9)}', ${member});`;
}

async function connected<Result>(connectionString: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test("the rows of two tenants from before the audit log survive every later migration", async () => {
  const name = `test_migration_${process.pid}`;
  const ownerUrl = await createOwnerAndDatabase(inject("adminUrl"), MASTER_KEY, name);
  const adminUrl = new URL(inject("adminUrl"));
  adminUrl.pathname = `/${name}`;
  try {
    await runMigrations({ connectionString: ownerUrl });
    const files = readdirSync(MIGRATIONS).sort().slice(0, OLD);
    await connected(ownerUrl, async (client) => {
      await client.query("create table migrations (name text primary key, applied_at timestamptz not null default now())");
      for (const file of files) {
        await client.query(readFileSync(new URL(file, MIGRATIONS), "utf8"));
        await client.query("insert into migrations (name) values ($1)", [file]);
      }
    });
    await connected(adminUrl.href, (client) => client.query(`begin; ${rowsOf(1)} ${rowsOf(2)} commit`));

    await prepareDatabase(ownerUrl, MASTER_KEY);

    await connected(adminUrl.href, async (client) => {
      const rows = async (query: string) => (await client.query({ text: query, rowMode: "array" })).rows;
      const both = (...row: unknown[]) => [1, 2].map((tenant) => [id(tenant, 0), ...row]);
      expect(await rows("select tenant_id, sequence::int from audit_heads order by 1")).toEqual(both(0));
      expect(
        await rows("select tenant_id, admin_role_id, owner_status, time_zone, talk_key_mode from tenants order by 1"),
      ).toEqual([1, 2].map((tenant) => [id(tenant, 0), id(tenant, 1), "active", "UTC", "hold"]));
      expect(await rows("select tenant_id, name_key from members where status = 'active' order by 1")).toEqual(
        both("emile owner"),
      );
      expect(
        await rows("select tenant_id, count(*)::int from member_words where word = 'emileowner' group by 1 order by 1"),
      ).toEqual(both(1));
      expect(await rows("select tenant_id, count(*)::int from member_words where field = 'email' group by 1 order by 1")).toEqual(
        both(6),
      );
      expect(
        await rows("select distinct tenant_id, invited_by_member_id, mailed_at = created_at from invitations order by 1"),
      ).toEqual([1, 2].map((tenant) => [id(tenant, 0), id(tenant, 4), true]));
      expect(await rows("select tenant_id, invitation_id from directory_invitees order by 2")).toEqual(
        [1, 2].flatMap((tenant) => [6, 7].map((row) => [id(tenant, 0), id(tenant, row)])),
      );
      expect(await rows("select tenant_id, skeleton, kept_until from directory_slugs order by 1")).toEqual(
        [1, 2].map((tenant) => [id(tenant, 0), tenant === 1 ? "oldl" : "old2", null]),
      );
      // All old rows satisfy the new keys. A key checked as a role that sees no rows would have accepted anything.
      const unsatisfied = await rows(`select tenant_id from tenants t where not exists (select from members m
        where (m.tenant_id, m.member_id, m.role_id, m.status) = (t.tenant_id, t.owner_member_id, t.admin_role_id, t.owner_status))`);
      expect(unsatisfied).toEqual([]);
      const loose = "relnamespace = 'public'::regnamespace and relrowsecurity and not relforcerowsecurity";
      expect(await rows(`select relname from pg_class where ${loose}`)).toEqual([]);
    });
  } finally {
    await connected(inject("adminUrl"), (client) => client.query(`drop database if exists ${name} with (force)`));
  }
});

test("no two migrations share a number, except the two that existing databases already have", () => {
  const numbers = readdirSync(MIGRATIONS).map((name) => name.slice(0, 4));
  expect(numbers.every((number) => /^\d{4}$/.test(number))).toBe(true);
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual(["0015"]);
});
