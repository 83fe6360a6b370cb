/** An operator restores one of database, `deletions/`, keys and files from another day. No existing tenant may be erased. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { v7 as uuidv7 } from "uuid";
import { beforeAll, expect, test } from "vitest";
import type { Receipt } from "#contract/receipt.ts";
import { sweepExports } from "../exports/exports.ts";
import { startRecorder } from "../recordings/recorder.ts";
import { filesBelow } from "../testing/folders.ts";
import { exportsSettled, makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { audioPiece, openServices, speak } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";

const lines: string[] = [];
const server = useServer({ logLevel: "warn" }, { write: (line) => void lines.push(line) });
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
});

const folder = (name: string) => resolve(server.config.dataFolder, name);
const tombstoneFile = ({ tenantId }: Workspace) => resolve(folder("deletions"), `${tenantId}.json`);
const keyFile = ({ tenantId }: Workspace) => resolve(server.config.keysFolder, "tenants", `${tenantId}.key`);
const receiptNow = (workspace: Workspace): Receipt | null => JSON.parse(readFileSync(tombstoneFile(workspace), "utf8")).receipt;
const receiptOf = (workspace: Workspace) => until("the receipt", () => receiptNow(workspace));
const logged = ({ tenantId }: Workspace) => lines.map((line) => JSON.parse(line)).filter((line) => line.tenantId === tenantId);
async function deleteIt({ path, slug }: Workspace): Promise<void> {
  expect((await owner.post(`${path}/deletion`, { slug })).status).toBe(202);
}
const erased = () =>
  until("the erasure to end", async () => (await server.database.query("select 1 from directory_erasures")).length === 0);

test("with an older deletions/, keys and files, the database knows the deletion, and they are erased again", async () => {
  const workspace = await makeWorkspace(owner);
  const key = readFileSync(keyFile(workspace));
  await deleteIt(workspace);
  const receipt = await receiptOf(workspace);
  await erased();
  await server.stop();
  rmSync(folder("deletions"), { recursive: true });
  writeFileSync(keyFile(workspace), key);
  mkdirSync(resolve(folder("recordings"), workspace.tenantId), { recursive: true });
  for (let file = 0; file < 3; file += 1)
    writeFileSync(resolve(folder("recordings"), workspace.tenantId, uuidv7()), randomBytes(100));
  await server.restart();
  expect(existsSync(keyFile(workspace))).toBe(false);
  const { replays, ...first } = await until(
    "the receipt",
    () => receiptNow(workspace)?.replays.length === 1 && receiptNow(workspace),
  );
  expect(first.erased).toEqual(receipt.erased);
  expect(replays[0]?.erased).toEqual([{ kind: "recordings", count: 3 }]);
  expect(existsSync(resolve(folder("recordings"), workspace.tenantId))).toBe(false);
});

test("with a database from before a workspace existed, its key and files are kept and logged, and later deletions are repeated", async () => {
  const deleted = await makeWorkspace(owner);
  await server.stop();
  const backup = await server.database.backUp();
  await server.restart();
  await deleteIt(deleted);
  await receiptOf(deleted);
  const newer = await makeWorkspace(owner);
  const channelId = await makeChannel(owner, newer, { name: "Ops", recording: true });
  await owner.post(`${newer.path}/exports`);
  await exportsSettled(owner, newer.path);
  await server.stop();
  const services = await openServices(server);
  const recorder = startRecorder(services, () => {});
  for (const whole of [true, false])
    speak(recorder, { tenantId: newer.tenantId, channelId, memberId: uuidv7() }, [audioPiece()], whole);
  await recorder.close();
  await services.close();
  const files = () => [
    filesBelow(resolve(folder("recordings"), newer.tenantId)),
    filesBelow(resolve(folder("exports"), newer.tenantId)),
  ];
  const before = files();
  expect(before.map(({ size }) => size)).toEqual([2, 1]);
  await backup.restore();
  await backup.remove();
  lines.splice(0);
  await server.restart();
  const swept = await openServices(server);
  await sweepExports(swept);
  await swept.close();
  expect(files()).toEqual(before);
  expect(existsSync(keyFile(newer))).toBe(true);
  expect(logged(newer)).toContainEqual(expect.objectContaining({ key: true, msg: expect.stringMatching(/nothing was changed/) }));
  expect(logged(newer).every(({ level }) => level >= 40)).toBe(true);
  await until("the deleted one to be gone again", () => receiptNow(deleted)?.replays.length === 1);
  // The tombstone is copied to the database, in case an older deletions/ is restored later.
  const kept = await server.database.query("select 1 from directory_tombstones where tenant_id = $1", [deleted.tenantId]);
  expect(kept).toHaveLength(1);
  expect(existsSync(tombstoneFile(newer))).toBe(false);
});

test("with database and deletions/ from before a deletion, the tenant without a key is logged", async () => {
  const workspace = await makeWorkspace(owner);
  rmSync(keyFile(workspace));
  lines.splice(0);
  await server.restart();
  expect(logged(workspace)).toMatchObject([{ level: 50, msg: expect.stringMatching(/has no key/) }]);
  expect((await owner.get(workspace.path)).status).toBe(200);
  await deleteIt(workspace);
});
