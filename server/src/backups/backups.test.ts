/** Backs up a server with one of everything and restores it into another folder and database. */
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { encodeHeader, encodeSection, encodeTotals, writeBackup } from "../platform/db/backup/file.ts";
import { listMigrations } from "../platform/db/prepare.ts";
import { TENANT_TABLES } from "../testing/tenant-tables.ts";
import { goThrough, someone } from "../sso/testing/saml-side.ts";
import { filesBelow, temporaryFolder } from "../testing/folders.ts";
import { type Furnished, furnish } from "../testing/furnish.ts";
import { makeChannel, signIn } from "../testing/people.ts";
import { type TestServer, useServer } from "../testing/server.ts";
import { tablesWithTenantId } from "../testing/tenant-state.ts";
import { erasureEnded } from "../testing/traces.ts";
import { until } from "../testing/until.ts";
import { whootCommand } from "../testing/whoot-command.ts";

const server = useServer();
const elsewhere = useServer();
const folder = temporaryFolder("whoot-test-backups-");
const file = resolve(folder, "monday.backup");
let stays: Furnished;
let goes: Furnished;
let before: Record<string, string>;

const dataFolder = ({ config }: TestServer, name: string) => resolve(config.dataFolder, name);

/** A hash of the rows of each table, for all rows or for those of one tenant. */
async function hashes({ database }: TestServer, tables: string[], tenantId?: string): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const table of tables) {
    const [row] = await database.query<{ count: string; hash: string }>(
      `select count(*), md5(coalesce(string_agg(t::text, E'\\n' order by t::text collate "C"), '')) as hash
        from "${table}" t ${tenantId === undefined ? "" : `where tenant_id = '${tenantId}'`}`,
    );
    state[table] = `${row?.count} rows ${row?.hash}`;
  }
  return state;
}

async function allTables({ database }: TestServer): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    "select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
  );
  return rows.map(({ name }) => name);
}

const deletedTables = ["directory_erasures", "directory_tombstones"];
const tenantTables = async ({ database }: TestServer) =>
  (await tablesWithTenantId(database)).filter((name) => !deletedTables.includes(name));
const platformTables = async (ofServer: TestServer) => {
  const tenants = await tenantTables(ofServer);
  return (await allTables(ofServer)).filter((name) => !tenants.includes(name) && name !== "sessions");
};

function play(person: Pick<Furnished["owner"], "get">, { workspace, ids }: Furnished) {
  return person.get(`${workspace.path}/transmissions/${ids.transmissionId}/audio`);
}

beforeAll(async () => {
  stays = await furnish(server);
  goes = await furnish(server);
  const { owner, workspace, ids, guest, connection } = stays;
  const talkers = { roleIds: [ids.roleId], memberIds: [ids.memberId] };
  await makeChannel(owner, workspace, { name: "Restricted", transmission: "restricted", talkers });
  await owner.post(`${workspace.path}/ownership-offer`, { memberId: ids.memberId });
  const linking = { person: someone(guest.email), start: await guest.post(`${connection.path}/link`) };
  await owner.post(`${workspace.path}/security/encryption-key/rotation`);
  await until("the key to be replaced", async () => {
    const { rotation } = (await owner.get(`${workspace.path}/security/encryption-key`)).json;
    return rotation === null;
  });
  expect((await goThrough(server, guest, connection, linking)).json.outcome).toBe("linked");
  // A running server releases what is held back.
  await server.stop();
  for (const { tenantId } of [workspace, goes.workspace]) {
    await server.database.query("select hold_jobs('sendMail', $1::jsonb)", [JSON.stringify([{ sealed: "", tenantId }])]);
  }
  expect(await whootCommand(server, ["backup", file])).toEqual({
    code: 0,
    output: expect.stringContaining("2 workspaces, 4 people"),
  });
  before = {
    ...(await hashes(server, await tenantTables(server), stays.workspace.tenantId)),
    ...(await hashes(server, await platformTables(server))),
  };
  await server.restart();
  for (const { table } of TENANT_TABLES) expect([table, before[table]]).toEqual([table, expect.not.stringMatching(/^0 rows/)]);
  await goes.owner.post(`${goes.workspace.path}/deletion`, { slug: goes.workspace.slug });
  await erasureEnded(server, goes.workspace);
  await elsewhere.stop();
});

afterAll(() => rmSync(folder, { recursive: true }));

test("a backup file has mode 0600 and is never overwritten", async () => {
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { mtimeMs, size } = statSync(file);
  expect(await whootCommand(server, ["backup", file])).toEqual({ code: 2, output: expect.stringContaining("already exists") });
  expect(statSync(file)).toMatchObject({ mtimeMs, size });
  expect([...filesBelow(folder).keys()]).toEqual(["monday.backup"]);
});

test("a restore brings back every row and recording, except those of workspaces in deletions/", async () => {
  const audio = await play(stays.owner, stays);
  expect(audio.status).toBe(200);
  for (const name of ["keys", "recordings", "deletions"]) {
    cpSync(dataFolder(server, name), dataFolder(elsewhere, name), { recursive: true });
  }
  // Changes the tombstone as if the erasure had not ended. The backup is from before the erasure and lacks what the receipt needs.
  const tombstone = dataFolder(elsewhere, `deletions/${goes.workspace.tenantId}.json`);
  const forReceipt = {
    customers: ["cus_left"],
    billing: { currency: "EUR", digits: 2, openInvoices: 1, due: 9_520, creditLost: 0, daysLost: 3 },
  };
  writeFileSync(tombstone, JSON.stringify({ ...JSON.parse(readFileSync(tombstone, "utf8")), receipt: null, forReceipt }));
  const restored = await whootCommand(elsewhere, ["restore", file]);
  expect(restored).toEqual({
    code: 0,
    output: expect.stringContaining("1 workspace was left out, because deletions/ says that it was deleted since."),
  });
  const { tenantId } = goes.workspace;
  const erasures = "select customers, billing from directory_erasures where tenant_id = $1";
  expect(await elsewhere.database.query(erasures, [tenantId])).toEqual([forReceipt]);
  expect(restored.output).toContain("holds    1 workspace, 4 people");
  expect(restored.output).toContain("Every audit log is intact");
  const after = {
    ...(await hashes(elsewhere, await tenantTables(elsewhere), stays.workspace.tenantId)),
    ...(await hashes(elsewhere, await platformTables(elsewhere))),
  };
  const held = await elsewhere.database.query("select payload ->> 'tenantId' as of from held_jobs");
  expect(held).toEqual([{ of: stays.workspace.tenantId }]);
  const { directory_erasures, held_jobs } = after; // compared above
  expect(after).toEqual({ ...before, directory_erasures, held_jobs });
  for (const [table, hash] of Object.entries(await hashes(elsewhere, await tenantTables(elsewhere), goes.workspace.tenantId))) {
    expect([table, hash]).toEqual([table, expect.stringMatching(/^0 rows/)]);
  }

  await elsewhere.restart();
  const owner = await signIn(elsewhere, stays.owner.email);
  expect((await play(owner, stays)).bytes.equals(audio.bytes)).toBe(true);
  expect((await (await signIn(elsewhere, goes.owner.email)).get(goes.workspace.path)).status).toBe(404);
  await elsewhere.stop();
});

test("a restore creates the same tables, policies, triggers, keys and grants as the migrations", async () => {
  const schemaOf = ({ database }: TestServer) =>
    database.query(`
      select 'constraint' as what, conrelid::regclass::text as name, conname::text as part, pg_get_constraintdef(oid) as definition
        from pg_constraint where connamespace = 'public'::regnamespace
      union all select 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal
      union all select 'policy', polrelid::regclass::text, polname::text, coalesce(pg_get_expr(polqual, polrelid), '') from pg_policy
      union all select 'table', relname::text, relforcerowsecurity::text, relacl::text from pg_class
        where relnamespace = 'public'::regnamespace
      union all select 'function', proname::text, '', pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
      order by 1, 2, 3, 4`);
  expect(await schemaOf(elsewhere)).toEqual(await schemaOf(server));
});

test("a deletion whose tombstone is put back after a restore is repeated at the next start and added to the receipt", async () => {
  rmSync(dataFolder(elsewhere, "deletions"), { recursive: true });
  expect(await whootCommand(elsewhere, ["restore", file])).toEqual({
    code: 2,
    output: expect.stringMatching(/^The database is not empty/),
  });
  const restored = await whootCommand(elsewhere, ["restore", file, "--replace"]);
  expect(restored).toEqual({ code: 0, output: expect.stringContaining("holds    2 workspaces, 4 people") });
  cpSync(dataFolder(server, "deletions"), dataFolder(elsewhere, "deletions"), { recursive: true });
  await elsewhere.restart();
  expect((await (await signIn(elsewhere, goes.owner.email)).get(goes.workspace.path)).status).toBe(404);
  const tombstone = dataFolder(elsewhere, `deletions/${goes.workspace.tenantId}.json`);
  await erasureEnded(elsewhere, goes.workspace);
  await until("the receipt", () =>
    filesBelow(resolve(tombstone, "..")).get(`${goes.workspace.tenantId}.json`)?.includes("foundAt"),
  );
  for (const [table, hash] of Object.entries(await hashes(elsewhere, await tenantTables(elsewhere), goes.workspace.tenantId))) {
    expect([table, hash]).toEqual([table, expect.stringMatching(/^0 rows/)]);
  }
});

test("a restore is refused while a server uses the folder or the database", async () => {
  expect(await whootCommand(elsewhere, ["restore", file, "--replace"])).toEqual({
    code: 2,
    output: expect.stringContaining("Stop it first"),
  });
  const other = resolve(folder, "other");
  expect(await whootCommand(elsewhere, ["restore", file, "--replace"], { WHOOT_DATA: other })).toEqual({
    code: 2,
    output: expect.stringContaining("Stop it first"),
  });
  expect((await signIn(elsewhere, stays.owner.email)).cookies.size).toBeGreaterThan(0);
  expect(existsSync(dataFolder(elsewhere, "deletions"))).toBe(true);
});

test("a backup made as a superuser has the same content as one made as the database owner", async () => {
  const superuser = new URL(server.database.ownerUrl);
  const admin = new URL(inject("adminUrl"));
  superuser.username = admin.username;
  superuser.password = admin.password;
  const files = ["owner", "superuser"].map((name) => resolve(folder, name));
  const [one = "", two = ""] = files;
  await server.stop();
  expect((await whootCommand(server, ["backup", one])).code).toBe(0);
  expect((await whootCommand(server, ["backup", two], { DATABASE_URL: superuser.href })).code).toBe(0);
  const rowsOf = (name: string) => {
    const sealed = readFileSync(name);
    return gunzipSync(sealed.subarray(0, -32)).toString().replace(/^.*\n/, "");
  };
  expect(rowsOf(one)).toContain(stays.workspace.tenantId);
  expect(rowsOf(two)).toBe(rowsOf(one));
});

test("a backup from an older version is restored with its schema, which the next start migrates, and one from a newer version is refused", async () => {
  const names = listMigrations();
  const old = names.slice(0, names.indexOf("0020_erased_by_place.sql"));
  await elsewhere.stop();
  const file = resolve(folder, "old");
  await writeBackup(file, contentOf(old), async () => {});
  const restored = await whootCommand(elsewhere, ["restore", file, "--replace", "--other-master-key"]);
  expect(restored).toEqual({ code: 0, output: expect.stringContaining("The next start brings the schema up to date") });
  const applied = await elsewhere.database.query<{ name: string }>("select name from migrations order by name");
  expect(applied.map(({ name }) => name)).toEqual(old);
  await elsewhere.restart();
  expect(await elsewhere.database.query("select name from migrations")).toHaveLength(names.length);

  await elsewhere.stop();
  const newer = resolve(folder, "newer");
  await writeBackup(newer, contentOf([...names, "9999_of_tomorrow.sql"]), async () => {});
  expect(await whootCommand(elsewhere, ["restore", newer, "--replace"])).toEqual({
    code: 2,
    output: expect.stringContaining("The backup was made by a newer whoot (9999_of_tomorrow.sql)"),
  });
});

async function* contentOf(migrations: string[]) {
  yield encodeHeader({ takenAt: new Date().toISOString(), receiptKey: "of another server", migrations });
  async function* rows() {
    for (const name of migrations) yield Buffer.from(`${name}\t2026-01-01 00:00:00+00\n`);
  }
  const count = yield* encodeSection("migrations", ["name", "applied_at"], rows());
  yield encodeTotals({ tables: 1, rows: count, workspaces: 0, people: 0 });
}

test("a backup made with another master key is refused without --other-master-key", async () => {
  const environment = { WHOOT_MASTER_KEY: "ab".repeat(32), WHOOT_DATA: resolve(folder, "with another key") };
  expect(await whootCommand(elsewhere, ["restore", file, "--replace"], environment)).toEqual({
    code: 2,
    output: expect.stringContaining("The backup was made with another master key. Put keys/ back first"),
  });
});

test("a restore is refused when the database has other tables, even with --replace", async () => {
  const name = `foreign_${process.pid}`;
  await server.database.query(`create database ${name} owner whoot_owner`);
  const url = new URL(server.database.ownerUrl);
  url.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url.href });
  try {
    await client.connect();
    await client.query("create table invoices (id int primary key)");
    expect(await whootCommand(elsewhere, ["restore", file, "--replace"], { DATABASE_URL: url.href })).toEqual({
      code: 2,
      output: expect.stringContaining("The database holds tables that are not whoot's (invoices)"),
    });
    await client.query("drop table invoices");
    expect((await whootCommand(elsewhere, ["restore", file], { DATABASE_URL: url.href })).code).toBe(0);
  } finally {
    await client.end();
    await server.database.query(`drop database ${name} with (force)`);
  }
});
