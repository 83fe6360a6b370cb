/** A feature that is made up here. What it declares is all that the server needs to know about it. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { bounded } from "#contract/bounded.ts";
import { Changed } from "#contract/gateway.ts";
import { endpoint } from "#contract/http/endpoint.ts";
import { TenantParams } from "#contract/http/tenants.ts";
import type { Feature } from "./feature.ts";
import { FEATURES } from "./features.ts";
import { memberRoute } from "./http/route.ts";
import { type Server, startServer } from "./main.ts";
import { enqueue, job, type JobKind } from "./platform/jobs.ts";
import { useDatabase } from "./testing/database.ts";
import { temporaryFolder } from "./testing/folders.ts";
import { onFreePort } from "./testing/free-port.ts";
import { openMailbox } from "./testing/mailbox.ts";
import { addMember, exportsSettled, makeWorkspace, type Person, signUpPerson, type Workspace } from "./testing/people.ts";
import { testConfig, type TestServer } from "./testing/server.ts";
import { until } from "./testing/until.ts";

const Notes = z.strictObject({ items: z.array(z.strictObject({ text: z.string() })) });
const listNotes = endpoint({
  operationId: "listNotes",
  method: "GET",
  path: "/tenants/{slug}/notes",
  summary: "The notes.",
  access: "member",
  permission: "audit.view",
  params: TenantParams,
  success: { status: 200, description: "All", schema: Notes },
});
const addNote = endpoint({
  operationId: "addNote",
  method: "POST",
  path: "/tenants/{slug}/notes",
  summary: "Add a note.",
  access: "member",
  params: TenantParams,
  body: z.strictObject({ text: bounded(100) }),
  audits: ["workspace.edited"],
  success: { status: 204, description: "Added" },
});

const REPEAT_NOTE: JobKind<{ tenantId: string; text: string }> = { name: "repeatNote", crew: "upkeep" };

const notes: Feature = {
  name: "notes",
  routes: () => [
    memberRoute(listNotes, async ({ db }) => {
      const { rows } = await sql<{ text: string }>`select text from notes order by text`.execute(db);
      return { items: rows };
    }),
    memberRoute(addNote, async (ctx, { body }) => {
      await insert(ctx, body.text);
      await enqueue(ctx.db, REPEAT_NOTE, { tenantId: ctx.tenantId, text: `${body.text} again` });
      ctx.audit.record({ action: "workspace.edited", target: { type: "workspace", id: ctx.tenantId, name: body.text } });
    }),
  ],
  jobs: ({ database }) => [job(REPEAT_NOTE, ({ tenantId, text }) => database.withTenant(tenantId, (tx) => insert(tx, text)))],
  tables: [
    {
      table: "notes",
      kind: "notes",
      erase: { by: "note_id" },
      refersTo: [],
      exportAs: "notes",
      exported: ["note_id", "text"],
      withheld: ["secret_word"],
    },
  ],
};

async function insert({ db, tenantId }: { db: Parameters<typeof enqueue>[0]; tenantId: string }, text: string): Promise<void> {
  await sql`insert into notes values (${tenantId}, ${uuidv7()}, ${text}, 'open sesame')`.execute(db);
}

const database = useDatabase();
const dataFolder = temporaryFolder("whoot-feature-");
const start = (features: readonly Feature[]): Promise<Server> =>
  onFreePort((port) =>
    startServer({ ...testConfig(dataFolder), port, mediaPort: port, databaseUrl: database.ownerUrl }, undefined, features),
  );

let running: Server;
let server: Pick<TestServer, "url" | "mailTo"> & TestServer;
let owner: Person;
let acme: Workspace;
let other: Workspace;

beforeAll(async () => {
  await database.query(`create table notes (tenant_id uuid not null references tenants, note_id uuid not null,
      text text not null, secret_word text not null, primary key (tenant_id, note_id));
    alter table notes owner to whoot_owner; call protect_tenant_table('notes');
    grant select, insert, delete on notes to whoot_app, whoot_platform;`);
});

test("an undeclared table or column prevents the start and is named", async () => {
  await expect(start(FEATURES)).rejects.toThrow(/table notes: no feature declares it/);
  const [table] = notes.tables ?? [];
  if (!table) throw new Error("the feature has no table");
  const silent = { ...notes, tables: [{ ...table, withheld: [] }] };
  await expect(start([...FEATURES, silent])).rejects.toThrow(/table notes: columns secret_word/);
  const wrong = { ...notes, tables: [{ ...table, exported: [...table.exported, "colour"], refersTo: ["members"] }] };
  await expect(start([...FEATURES, wrong])).rejects.toThrow(/columns colour don't exist[^]*lead to no other table/);
});

test("with the made-up feature in the list, the server starts and two workspaces have notes", async () => {
  running = await start([...FEATURES, notes]);
  const stub = { url: running.url, database, config: testConfig(dataFolder), mailTo: openMailbox(`${dataFolder}/outbox`) };
  server = stub as unknown as typeof server;
  owner = await signUpPerson(server, "Olga");
  acme = await makeWorkspace(owner);
  other = await makeWorkspace(owner);
  expect((await owner.post(`${acme.path}/notes`, { text: "acme's" })).status).toBe(204);
  expect((await owner.post(`${other.path}/notes`, { text: "other's" })).status).toBe(204);
});

const textsOf = async ({ path }: Workspace) =>
  (await owner.get(`${path}/notes`)).json.items.map(({ text }: { text: string }) => text);

test("a new feature's job runs, and each workspace sees only its own notes", async () => {
  await until("the jobs to run", async () => (await textsOf(acme)).length === 2 && (await textsOf(other)).length === 2);
  expect(await textsOf(acme)).toEqual(["acme's", "acme's again"]);
  expect(await textsOf(other)).toEqual(["other's", "other's again"]);
});

test("a new feature answers strangers with 404 and refuses a role without the permission", async () => {
  const stranger = await signUpPerson(server, "Stranger");
  expect((await stranger.get(`${acme.path}/notes`)).code).toBe("not_found");
  const viewer = await signUpPerson(server, "Viewer");
  await addMember(server, owner, acme, viewer, acme.roles.Viewer);
  expect((await viewer.get(`${acme.path}/notes`)).code).toBe("forbidden");
  expect((await owner.post(`${acme.path}/notes`, { text: "x".repeat(101) })).code).toBe("invalid_input");
});

test("a new feature's changes are in the workspace's audit log", async () => {
  const { items } = (await owner.get(`${acme.path}/audit-log?action=workspace.edited`)).json;
  expect(items.map(({ target }: { target: { name: string } }) => target.name)).toEqual(["acme's"]);
});

test("an export contains a new feature's rows without the secret column", async () => {
  await owner.post(`${acme.path}/exports`);
  const settled = await exportsSettled(owner, acme.path);
  const archive = await owner.get(`${acme.path}/exports/${settled?.exportId}/archive`);
  const tar = extract();
  Readable.from([archive.bytes]).pipe(tar);
  const files = new Map<string, string>();
  for await (const entry of tar) files.set(entry.header.name, String(await buffer(entry)));
  const rows: Array<Record<string, unknown>> = JSON.parse(files.get("data/notes/0001.json") ?? "[]");
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(Object.keys(row)).toEqual(["noteId", "text"]);
  expect([...files.values()].join("")).not.toContain("open sesame");
});

test("a deletion erases a new feature's rows, counts them on the receipt, and leaves the other workspace's rows", async () => {
  const { token } = (await owner.post(`${acme.path}/deletion`, { slug: acme.slug })).json;
  const receipt = await until("the receipt", async () => {
    const answer = await owner.post("/api/v1/deletions/lookup", { token });
    return answer.json.receipt;
  });
  expect(receipt.erased).toContainEqual({ kind: "notes", count: 2 });
  expect(await database.query("select text from notes order by text")).toEqual([{ text: "other's" }, { text: "other's again" }]);
});

test("each kind of change that the gateway can announce is declared by one feature", () => {
  const announced = FEATURES.flatMap(({ announces = [] }) => announces);
  expect(announced.toSorted()).toEqual(Changed.options.toSorted());
});

afterAll(() => running?.close());
