/** Erasures with a full or missing disk, a changed clock, or another master key. */
import { randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { v7 as uuidv7 } from "uuid";
import { beforeAll, describe, expect, test } from "vitest";
import type { Receipt } from "#contract/receipt.ts";
import { verifyLog } from "../audit-log/verify.ts";
import { openBlobs } from "../platform/blobs.ts";
import { startEmbeddedPostgres } from "../platform/db/embedded.ts";
import { openTombstones } from "../platform/tombstones.ts";
import type { Services } from "../services.ts";
import { appendEntries } from "../testing/audit-log.ts";
import { makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { startProcess } from "../testing/process.ts";
import { useServer } from "../testing/server.ts";
import { mountSmallDisk } from "../testing/small-disk.ts";
import { openServices } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { receiptVerify } from "./command.ts";
import { eraseInTurn, eraseTenant, newTombstone } from "./erasure.ts";
import { beginErasure } from "./queries.ts";
import { startDeleter } from "./deleter.ts";

const server = useServer();
let owner: Person;
const DAY = 86_400_000;

const tombstoneFile = ({ tenantId }: Workspace) => resolve(server.config.dataFolder, "deletions", `${tenantId}.json`);
const recordings = () => resolve(server.config.dataFolder, "recordings");
const receiptNow = (workspace: Workspace): Receipt | null => JSON.parse(readFileSync(tombstoneFile(workspace), "utf8")).receipt;
const receiptOf = (workspace: Workspace) => until("the receipt", () => receiptNow(workspace));
const countOf = (receipt: Receipt, kind: string) => receipt.erased.find((entry) => entry.kind === kind)?.count ?? 0;
async function deleteIt({ path, slug }: Workspace): Promise<void> {
  expect((await owner.post(`${path}/deletion`, { slug })).status).toBe(202);
}
/** Writes the tombstone and runs the transaction as deleteTenant does, without erasing anything. */
async function decide({ database, tombstones }: Services, { tenantId }: Workspace): Promise<void> {
  await database.asPlatform("decide a deletion", async ({ db, enterTenant }) => {
    await enterTenant(tenantId);
    const erasure = await beginErasure(db, { tenantId, tokenHash: null, replay: false });
    if (erasure) await tombstones.update(tenantId, () => newTombstone(erasure));
  });
}
function addRecordings(folder: string, { tenantId }: Workspace, count: number): void {
  mkdirSync(resolve(folder, tenantId), { recursive: true });
  for (let file = 0; file < count; file += 1) writeFileSync(resolve(folder, tenantId, uuidv7()), randomBytes(100));
}
const unmount = (disk: string) => execFileSync("umount", [disk]);

beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
});

describe("an erasure", () => {
  test("on a disk that the tenant's own recordings filled goes on, frees the space, and ends with the receipt", async (context) => {
    const workspace = await makeWorkspace(owner);
    const disk = mountSmallDisk();
    if (disk === null) return context.skip();
    const services = await openServices(server, {
      blobs: openBlobs(resolve(disk, "recordings")),
      tombstones: openTombstones(resolve(disk, "deletions")),
    });
    try {
      const { tenantId } = workspace;
      await decide(services, workspace);
      addRecordings(resolve(disk, "recordings"), workspace, 3);
      const filler = resolve(disk, "recordings", tenantId, uuidv7());
      expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrow("ENOSPC");
      await eraseTenant(services, tenantId, {
        step(name) {
          // Even the destroyed key could not be noted.
          if (name === "key")
            expect(readFileSync(resolve(disk, "deletions", `${tenantId}.json`), "utf8")).toMatch(/"keyDestroyedAt": null/);
        },
      });
      const tombstone = await services.tombstones.find(tenantId);
      expect(countOf(tombstone?.receipt as Receipt, "recordings")).toBe(4);
      expect(tombstone?.keyDestroyedAt).toBe(tombstone?.receipt?.keyDestroyedAt);
      expect(existsSync(resolve(disk, "recordings", tenantId))).toBe(false);
    } finally {
      await services.close();
      unmount(disk);
      rmSync(disk, { recursive: true });
    }
  });

  test("on a read-only recordings disk gives no receipt until the recordings are erased, and then counts each once", async (context) => {
    const workspace = await makeWorkspace(owner);
    const disk = mountSmallDisk(recordings());
    if (disk === null) return context.skip();
    try {
      addRecordings(disk, workspace, 5);
      execFileSync("mount", ["-o", "remount,ro", disk]);
      await deleteIt(workspace);
      await until("the job to fail", async () => {
        const [job] = await server.database.query<{ failed: boolean }>(
          `select exists (select from graphile_worker._private_jobs where payload ->> 'tenantId' = $1 and attempts > 0
            and last_error is not null) as failed`,
          [workspace.tenantId],
        );
        return job?.failed;
      });
      expect(receiptNow(workspace)).toBeNull();
      execFileSync("mount", ["-o", "remount,rw", disk]);
      await server.restart();
      expect(countOf(await receiptOf(workspace), "recordings")).toBe(5);
      expect(existsSync(resolve(disk, workspace.tenantId))).toBe(false);
    } finally {
      await server.stop();
      unmount(disk);
      await server.restart();
    }
  });

  test("without the recordings disk erases the recordings at the first start with the disk, and adds them to the receipt", async () => {
    const workspace = await makeWorkspace(owner);
    addRecordings(recordings(), workspace, 5);
    renameSync(recordings(), `${recordings()}.away`);
    await deleteIt(workspace);
    expect(countOf(await receiptOf(workspace), "recordings")).toBe(0);
    await until("the erasure to end", async () => (await server.database.query("select 1 from directory_erasures")).length === 0);
    await server.stop();
    rmSync(recordings(), { recursive: true, force: true });
    renameSync(`${recordings()}.away`, recordings());
    await server.restart();
    const replay = await until("the receipt", () => receiptNow(workspace)?.replays[0]);
    expect(replay.erased).toEqual([{ kind: "recordings", count: 5 }]);
    expect(existsSync(resolve(recordings(), workspace.tenantId))).toBe(false);
  });
});

describe("a wrong clock", () => {
  /** Environment of a real process whose Date is off by `ms` milliseconds. */
  const clockOff = (ms: number) => {
    const code = `const D = Date; globalThis.Date = class extends D {
      constructor(...args) { if (args.length > 0) super(...args); else super(D.now() + ${ms}); }
      static now() { return D.now() + ${ms}; } };`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
  };

  for (const days of [-400, 400]) {
    test(`of the process, off by ${days} days after a crash, does not delay the erasure, and the receipt's times are in order`, async () => {
      const workspace = await makeWorkspace(owner);
      await server.stop();
      const services = await openServices(server);
      await decide(services, workspace);
      await services.close();
      const running = startProcess(server, clockOff(days * DAY));
      await running.serves;
      const { deletedAt, keyDestroyedAt, completedAt } = await receiptOf(workspace);
      expect([deletedAt, keyDestroyedAt, completedAt]).toEqual([deletedAt, keyDestroyedAt, completedAt].toSorted());
      expect(Math.abs(Date.parse(deletedAt) - Date.now())).toBeLessThan(DAY);
      await running.kill();
      await server.restart();
    });
  }

  test("of the database, set back a year after a crash, does not delay an erasure that is due or locked a year ahead", async () => {
    const workspace = await makeWorkspace(owner);
    await server.stop();
    const services = await openServices(server);
    await decide(services, workspace);
    await services.close();
    await server.database.query(
      "select graphile_worker.add_job('eraseTenant', $1::json, run_at => now() + interval '1 year', job_key => $2)",
      [{ tenantId: workspace.tenantId }, `erase ${workspace.tenantId}`],
    );
    await server.database.query("update directory_erasures set requested_at = now() + interval '1 year'");
    await server.restart();
    const { deletedAt, keyDestroyedAt, completedAt } = await receiptOf(workspace);
    expect([deletedAt, keyDestroyedAt, completedAt]).toEqual([deletedAt, keyDestroyedAt, completedAt].toSorted());
  });

  test("that is set back between two audit log entries leaves them in order, in an unbroken chain", async () => {
    const workspace = await makeWorkspace(owner);
    await appendEntries(server.database.ownerUrl, workspace.tenantId, 1, () => ({
      occurredAt: new Date(Date.now() + 365 * DAY),
      action: "workspace.edited",
      actorMemberId: null,
      actorName: "Ada",
      targetType: "workspace",
      targetId: null,
      targetName: "Acme",
      ipAddress: null,
      userAgent: null,
      changes: "{}",
    }));
    await makeChannel(owner, workspace, { name: "Ops" });
    const entries = await server.database.query<{ action: string; back: boolean }>(
      `select action, occurred_at < lag(occurred_at) over (order by sequence) as back from audit_log
        where tenant_id = $1 order by sequence desc limit 2`,
      [workspace.tenantId],
    );
    expect(entries).toMatchObject([{ action: "channel.created", back: true }, { action: "workspace.edited" }]);
    const services = await openServices(server);
    expect(await verifyLog(services.database, workspace.tenantId)).toMatchObject({ fault: null });
    await services.close();
  });
});

test("data from a backup taken during an erasure is deleted again, counted, and added to the receipt", async () => {
  const workspace = await makeWorkspace(owner);
  await makeChannel(owner, workspace, { name: "Ops" });
  await server.stop();
  const services = await openServices(server);
  await decide(services, workspace);
  const step = (name: string) => {
    if (name === "channels") throw new Error("killed");
  };
  await expect(eraseTenant(services, workspace.tenantId, { step })).rejects.toThrow("killed");
  await services.close();
  const backup = await server.database.backUp();
  await server.restart();
  const before = await receiptOf(workspace);
  expect([countOf(before, "channels"), countOf(before, "members")]).toEqual([1, 1]);
  await server.stop();
  await backup.restore();
  await backup.remove();
  await server.restart();
  const after = await until("the receipt", () => receiptNow(workspace)?.replays.length === 1 && receiptNow(workspace));
  expect(after.erased).toEqual(before.erased);
  // The channel was already erased when the backup was taken.
  expect(after.replays[0]?.erased).toContainEqual({ kind: "members", count: 1 });
  expect(after.replays[0]?.erased.map(({ kind }) => kind)).not.toContain("channels");
});

test("a run of an erasure that fails after another run has finished it leaves no failed job with the workspace's id", async () => {
  const workspace = await makeWorkspace(owner);
  const services = await openServices(server);
  await decide(services, workspace);
  const { tombstones } = services;
  const broken = {
    ...services,
    tombstones: {
      ...tombstones,
      async update() {
        await eraseTenant(services, workspace.tenantId);
        throw new Error("the disk broke");
      },
    },
  };
  await eraseInTurn(broken, workspace.tenantId, new AbortController().signal);
  expect(receiptNow(workspace)).not.toBeNull();
  await services.close();
});

test.each([true, false])("a tombstone that cannot be read is read again until it can (decided: %s)", async (decided) => {
  const workspace = await makeWorkspace(owner);
  const { tenantId } = workspace;
  const tombstones = openTombstones(resolve(server.config.dataFolder, "deletions"));
  const deletion = { tenantId, tokenHash: randomBytes(32), replay: false, linkTo: null };
  if (decided) await tombstones.update(tenantId, () => newTombstone({ ...deletion, requestedAt: new Date() }));
  let reads = 0;
  const services = await openServices(server, {
    tombstones: {
      ...tombstones,
      async find(id) {
        reads += 1;
        if (reads < 3) throw Object.assign(new Error("the disk is broken"), { code: "EIO" });
        return tombstones.find(id);
      },
    },
  });
  const deleter = startDeleter(services);
  await deleter.carryOut(deletion);
  expect((await owner.get(workspace.path)).status).toBe(200);
  await until("the third read", () => reads >= 3);
  await deleter.close();
  await services.close();
  expect((await owner.get(workspace.path)).status).toBe(decided ? 404 : 200);
});

test("a start with another master key is refused even without tenants, and after accepting the new key, old receipts still verify", async () => {
  const workspace = await makeWorkspace(owner);
  await deleteIt(workspace);
  const receipt = await receiptOf(workspace);
  await server.stop();
  const keys = resolve(server.config.keysFolder, "tenants");
  renameSync(keys, `${keys}.aside`);
  const tombstone = readFileSync(tombstoneFile(workspace), "utf8");
  const masterKey = randomBytes(32);
  // Use a separate PostgreSQL: a start sets role passwords derived from the master key, for every server on that PostgreSQL.
  const other = { WHOOT_MASTER_KEY: masterKey.toString("hex"), DATABASE_URL: undefined };
  const { exitCode, output } = await startProcess(server, other).ended;
  expect(exitCode).toBe(1);
  const line = /add the line ([\w-]{43}) to (\S+receipt-keys):/.exec(output);
  expect(output).toMatch(
    /^whoot can't start\. The receipts of deleted workspaces were signed with another master key\. Set WHOOT_MASTER_KEY/,
  );
  expect(readFileSync(tombstoneFile(workspace), "utf8")).toBe(tombstone);

  appendFileSync(line?.[2] ?? "", `${line?.[1]}\n`);
  const running = startProcess(server, other);
  await running.serves;
  await running.kill();
  await (await startEmbeddedPostgres(resolve(server.config.dataFolder, "postgres"))).stop();
  const file = resolve(server.config.dataFolder, "receipt.json");
  writeFileSync(file, JSON.stringify(receipt));
  const lines: string[] = [];
  expect(await receiptVerify.run({ ...server.config, masterKey }, [file], (output) => void lines.push(output))).toBe(0);
  expect(lines[0]).toContain(workspace.tenantId);
  rmSync(keys, { recursive: true, force: true });
  renameSync(`${keys}.aside`, keys);
  await server.restart();
});
