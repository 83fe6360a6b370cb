/** Failures at the commit of a deletion: of the process, the database, the connection between them, and the disk. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Receipt } from "#contract/receipt.ts";
import { openOutbox } from "../platform/mail/outbox.ts";
import { holdCommits } from "../testing/commits.ts";
import { filesBelow } from "../testing/folders.ts";
import { httpClient } from "../testing/http.ts";
import { jobsSettled } from "../testing/jobs.ts";
import { makeWorkspace, type Person, signUpPerson, tokenOf, type Workspace } from "../testing/people.ts";
import { startProcess } from "../testing/process.ts";
import { startProxy } from "../testing/proxy.ts";
import { useServer } from "../testing/server.ts";
import { mountSmallDisk } from "../testing/small-disk.ts";
import { tenantState } from "../testing/tenant-state.ts";
import { until } from "../testing/until.ts";

const server = useServer();
let owner: Person;
let doomed: Workspace;
let neighbour: Workspace;
let untouched: Record<string, string>;

const deletions = () => resolve(server.config.dataFolder, "deletions");
const tombstoneFile = ({ tenantId }: Workspace) => resolve(deletions(), `${tenantId}.json`);
/** A tombstone as written before the commit, with another person's link. */
const tombstoneOf = ({ tenantId }: Workspace) => ({
  version: 1,
  tenantId,
  deletedAt: new Date().toISOString(),
  tokenHash: "00".repeat(32),
  keyDestroyedAt: null,
  receipt: null,
});
const keyFile = ({ tenantId }: Workspace) => resolve(server.config.keysFolder, "tenants", `${tenantId}.key`);
const remove = (workspace: Workspace) => owner.post(`${workspace.path}/deletion`, { slug: workspace.slug });
const isFindable = async ({ tenantId }: Workspace) =>
  (await server.database.query("select 1 from directory_slugs where tenant_id = $1", [tenantId])).length === 1;
const lookUp = (token: string) => httpClient(server.url).post("/api/v1/deletions/lookup", { token });

/** The tokens of all deletion links for this workspace that were mailed to the owner. */
async function mailedTokens({ tenantId }: Workspace): Promise<string[]> {
  const mails = await openOutbox(resolve(server.config.dataFolder, "outbox")).list();
  const tokens = mails
    .filter(({ to, link }) => to === owner.email && link?.includes("/deletion#"))
    .map(({ link }) => tokenOf(link));
  const id = tenantId.replaceAll("-", "");
  return tokens.filter((token) => Buffer.from(token, "base64url").subarray(0, 16).toString("hex") === id);
}

/** Expects that the workspace is gone for everyone, is then erased, and that the owner's mailed link shows the receipt. */
async function expectDeleted(workspace: Workspace): Promise<Receipt> {
  const { path, slug, tenantId } = workspace;
  expect((await owner.get(path)).code).toBe("not_found");
  expect((await owner.get("/api/v1/me")).text).not.toContain(slug);
  await until("the key to be destroyed", () => !existsSync(keyFile(workspace)));
  const token = await until("the mail", async () => (await mailedTokens(workspace)).at(-1));
  const receipt = await until("the receipt", async () => (await lookUp(token)).json.receipt as Receipt | null);
  await until("the erasure to end", async () => (await server.database.query("select 1 from directory_erasures")).length === 0);
  for (const [name, state] of Object.entries(await tenantState(server, tenantId))) {
    expect([name, state]).toEqual([name, expect.stringMatching(/^0 rows/)]);
  }
  const { deletedAt, keyDestroyedAt, completedAt } = receipt;
  expect([deletedAt, keyDestroyedAt, completedAt]).toEqual([deletedAt, keyDestroyedAt, completedAt].toSorted());
  expect(receipt.replays).toEqual([]);
  expect(receipt.erased).toContainEqual({ kind: "members", count: 1 });
  expect(await tenantState(server, neighbour.tenantId)).toEqual(untouched);
  return receipt;
}

async function expectUntouched(workspace: Workspace): Promise<void> {
  expect((await owner.get(workspace.path)).status).toBe(200);
  expect(existsSync(keyFile(workspace))).toBe(true);
  expect(existsSync(tombstoneFile(workspace))).toBe(false);
}

beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
  neighbour = await makeWorkspace(owner);
});

/** Makes a workspace to delete and notes the state of its neighbour. */
async function begin(): Promise<void> {
  doomed = await makeWorkspace(owner);
  await jobsSettled(server);
  untouched = await tenantState(server, neighbour.tenantId);
}

test.each([
  { committed: true, restored: false },
  { committed: true, restored: true },
  { committed: false, restored: false },
  { committed: false, restored: true },
])(
  "after a kill during the commit, the next start completes the deletion (committed: $committed, older backup restored: $restored)",
  async ({ committed, restored }) => {
    await begin();
    await server.stop();
    const backup = restored ? await server.database.backUp() : null;
    const running = startProcess(server);
    await running.serves;
    const held = await holdCommits(server);
    void remove(doomed).catch(() => {}); // the killed server never answers
    await held.reached();
    // The tombstone is written before the commit.
    const { keyDestroyedAt, receipt } = JSON.parse(readFileSync(tombstoneFile(doomed), "utf8"));
    expect([keyDestroyedAt, receipt]).toEqual([null, null]);
    expect(existsSync(keyFile(doomed))).toBe(true);
    await running.kill();

    await (committed ? held.commit() : held.breakOff());
    await held.remove();
    expect(await isFindable(doomed)).toBe(!committed);
    await backup?.restore();
    await backup?.remove();
    expect(existsSync(keyFile(doomed))).toBe(true);
    if (restored) expect(await isFindable(doomed)).toBe(true);

    await server.restart();
    await expectDeleted(doomed);
    expect(await mailedTokens(doomed)).toHaveLength(1);
  },
  60_000,
);

test("after a kill before the tombstone is written, nothing is deleted, not even at the next start", async () => {
  await begin();
  await server.stop();
  const running = startProcess(server);
  await running.serves;
  // Hold the deletion inside its transaction, before the tombstone.
  await server.database.query(`create function wait_here() returns trigger language plpgsql security definer as
    $$ begin perform pg_sleep(60); return old; end $$`);
  await server.database.query(
    "create trigger wait_here before delete on directory_slugs for each row execute function wait_here()",
  );
  void remove(doomed).catch(() => {});
  const asleep = () => server.database.query<{ pid: number }>("select pid from pg_stat_activity where wait_event = 'PgSleep'");
  await until("the transaction", async () => (await asleep()).length === 1);
  await running.kill();
  for (const { pid } of await asleep()) await server.database.query("select pg_terminate_backend($1, 5000)", [pid]);
  await server.database.query("drop trigger wait_here on directory_slugs");
  await server.database.query("drop function wait_here()");
  await server.restart();
  await expectUntouched(doomed);
});

test("when the connection breaks and the commit is rolled back, the server repeats the deletion before it answers", async () => {
  await begin();
  const held = await holdCommits(server);
  const answer = remove(doomed);
  await held.reached();
  await held.breakOff();
  expect((await answer).status).toBe(202);
  await held.remove();
  const receipt = await expectDeleted(doomed);
  expect((await lookUp((await answer).json.token)).json.receipt).toEqual(receipt);
  await jobsSettled(server);
  expect(await mailedTokens(doomed)).toEqual([(await answer).json.token]);
});

test("when the connection breaks but the database commits, the server notices and sends only one mail", async () => {
  await begin();
  await server.stop();
  const proxy = await startProxy(server.database.ownerUrl);
  const running = startProcess(server, { DATABASE_URL: proxy.url });
  await running.serves;
  const held = await holdCommits(server);
  const answer = remove(doomed);
  await held.reached();
  proxy.cutCommits();
  await held.commit();
  expect((await answer).status).toBe(202);
  await held.remove();
  await expectDeleted(doomed);
  await jobsSettled(server);
  expect(await mailedTokens(doomed)).toEqual([(await answer).json.token]);
  await running.kill();
  await proxy.close();
  await server.restart();
});

test("when the database goes away during the commit, the deletion is completed once it is back, without a restart", async () => {
  await begin();
  const held = await holdCommits(server);
  const answer = remove(doomed);
  await held.reached();
  await server.database.goAway();
  // The deletion is decided. Until the mail can be sent, this answer has the owner's only link.
  expect((await answer).status).toBe(202);
  expect(existsSync(tombstoneFile(doomed))).toBe(true);
  await server.database.comeBack();
  await held.remove();
  await until("the workspace to be gone", async () => (await owner.get(doomed.path)).code === "not_found");
  await expectDeleted(doomed);
});

test("with a tombstone that the database does not know, a second deletion gets not_found and the next start completes the first", async () => {
  await begin();
  const decided = tombstoneOf(doomed);
  mkdirSync(deletions(), { recursive: true });
  writeFileSync(tombstoneFile(doomed), JSON.stringify(decided));
  expect((await remove(doomed)).code).toBe("not_found");
  expect(JSON.parse(readFileSync(tombstoneFile(doomed), "utf8"))).toEqual(decided);
  await server.restart();
  await expectDeleted(doomed);
});

test("a tombstone file deletes the workspace in its file name, never the one in its content", async () => {
  await begin();
  const other = tombstoneOf(neighbour);
  mkdirSync(deletions(), { recursive: true });
  writeFileSync(tombstoneFile(doomed), JSON.stringify(other));
  await server.restart();
  await until("the erasure to end", async () => (await server.database.query("select 1 from directory_erasures")).length === 0);
  expect((await owner.get(neighbour.path)).status).toBe(200);
  expect(await tenantState(server, neighbour.tenantId)).toEqual(untouched);
  expect((await owner.get(doomed.path)).code).toBe("not_found");
  expect(JSON.parse(readFileSync(tombstoneFile(doomed), "utf8")).receipt.workspaceId).toBe(doomed.tenantId);
});

test("on a full disk a deletion is refused with the reason, and works once there is space again", async (context) => {
  await begin();
  rmSync(deletions(), { recursive: true, force: true });
  const disk = mountSmallDisk(deletions());
  if (disk === null) return context.skip();
  try {
    const filler = resolve(disk, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrow("ENOSPC");
    const before = await tenantState(server, doomed.tenantId);
    const refused = await remove(doomed);
    expect([refused.status, refused.code, refused.json.detail]).toEqual([
      503,
      "disk_unavailable",
      expect.stringMatching(/full.*operator/),
    ]);
    expect(await tenantState(server, doomed.tenantId)).toEqual(before);
    expect(readdirSync(disk)).toEqual(["filler"]);
    await expectUntouched(doomed);
    await server.restart();
    await expectUntouched(doomed);
    rmSync(filler);
    expect((await remove(doomed)).status).toBe(202);
    await expectDeleted(doomed);
  } finally {
    await server.stop();
    const kept = filesBelow(disk);
    execFileSync("umount", [disk]);
    for (const [name, content] of kept) writeFileSync(resolve(deletions(), name), content);
    await server.restart();
  }
});
