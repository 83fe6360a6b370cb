import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import pg from "pg";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { makeApp } from "../app.ts";
import { openBlobs } from "../platform/blobs.ts";
import type { Services } from "../services.ts";
import { filesBelow, temporaryFolder } from "../testing/folders.ts";
import { makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { mountSmallDisk } from "../testing/small-disk.ts";
import { audioPiece, openServices, speak } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import type { Voice } from "../voice/ports.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

const server = useServer();
let ada: Person;
let workspace: Workspace;
let spoken: { tenantId: string; channelId: string; memberId: string };
let services: Awaited<ReturnType<typeof openServices>>;
let recorder: Recorder;

beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  workspace = await makeWorkspace(ada);
  const channelId = await makeChannel(ada, workspace, { name: "Ops", recording: true });
  const memberId = (await ada.get(workspace.path)).json.self.memberId;
  spoken = { tenantId: workspace.tenantId, channelId, memberId };
});
beforeEach(async () => {
  services = await openServices(server);
  recorder = startRecorder(services, () => {});
});
afterEach(async () => {
  await recorder.close();
  await services.close();
});

const folder = () => resolve(server.config.dataFolder, "recordings", workspace.tenantId);
const seconds = (count: number) => Array.from({ length: count }, () => audioPiece());

async function listed(transmissionId: string) {
  const { items } = (await ada.get(`${workspace.path}/channels/${spoken.channelId}/transmissions`)).json;
  return (items as Array<Record<string, unknown>>).find((item) => item.transmissionId === transmissionId);
}
const play = (transmissionId: string) => ada.get(`${workspace.path}/transmissions/${transmissionId}/audio`);

test("a recording is listed with its length and waveform, plays, and is nowhere on disk in plaintext", async () => {
  const pieces = seconds(3);
  const id = speak(recorder, spoken, pieces);
  await recorder.close();
  expect(await listed(id)).toMatchObject({ status: "complete", durationMs: 3_000, speakerName: "Ada", can: { play: true } });
  expect(((await listed(id))?.waveform as number[]).at(-1)).toBe(29);
  expect((await play(id)).bytes.equals(Buffer.concat(pieces))).toBe(true);
  for (const [name, content] of filesBelow(server.config.dataFolder)) {
    for (const piece of pieces) expect([name, content.includes(piece.subarray(4, 40))]).toEqual([name, false]);
  }
});

test("the start and the end of a recording are announced in this process, and not through PostgreSQL", async () => {
  const announced: unknown[] = [];
  const announcing = startRecorder(services, (change) => announced.push(change));
  const payloads: unknown[] = [];
  const client = new pg.Client({ connectionString: server.database.ownerUrl });
  client.on("notification", ({ payload }) => payloads.push(payload));
  await client.connect();
  await client.query("listen whoot_changes");
  speak(announcing, spoken, seconds(1));
  speak(announcing, spoken, seconds(2));
  await announcing.close();
  const change = { kind: "changed", tenantId: spoken.tenantId, what: "transmissions", channelId: spoken.channelId };
  expect(announced).toEqual([change, change, change, change]);
  // Notifications arrive in commit order, so none can arrive after this one.
  await server.database.query("notify whoot_changes, '{}'");
  await until("the notification", () => payloads.includes("{}"));
  expect(payloads).toEqual(["{}"]);
  await client.end();
});

test("after a crash and a restart, a recording plays up to its last complete piece and is marked as cut short", async () => {
  const pieces = seconds(4);
  const id = speak(recorder, spoken, pieces, false);
  await until("all pieces on disk", () => (filesBelow(folder()).get(`${id}.part`)?.length ?? 0) > 16_000);
  expect(await listed(id)).toMatchObject({ status: "recording", can: { play: false } });
  await recorder.close();
  // The torn write of the crash.
  appendFileSync(resolve(folder(), `${id}.part`), Buffer.from("00000fff0020aabbcc", "hex"));
  await server.restart();
  expect(await listed(id)).toMatchObject({ status: "cut_short", durationMs: 4_000, speakerName: "Ada", can: { play: true } });
  expect((await listed(id))?.waveform).toEqual(Array.from({ length: 40 }, (_, tenth) => tenth));
  expect((await play(id)).bytes.equals(Buffer.concat(pieces))).toBe(true);
  expect(existsSync(resolve(folder(), `${id}.part`))).toBe(false);
});

test("a crash before the row was written loses nothing, and unknown files do not stop the start", async () => {
  const id = speak(recorder, spoken, seconds(2), false);
  await until("both pieces on disk", () => (filesBelow(folder()).get(`${id}.part`)?.length ?? 0) > 8_000);
  await recorder.close();
  await server.database.query("delete from transmissions where transmission_id = $1", [id]);
  mkdirSync(resolve(folder(), "..", "lost+found"), { recursive: true });
  appendFileSync(resolve(folder(), "..", "stray.part"), "x");
  appendFileSync(resolve(folder(), "stray.part"), "x");
  await server.restart();
  expect(await listed(id)).toMatchObject({ status: "cut_short", durationMs: 2_000, memberId: spoken.memberId });
  rmSync(resolve(folder(), "stray.part"));
});

test("talk is recorded while the database is away, and the recording's row is written once the database is back", async () => {
  const id = speak(recorder, spoken, seconds(1), false);
  await until("the row", () => listed(id));
  await server.database.goAway();
  try {
    recorder.append({
      tenantId: spoken.tenantId,
      transmissionId: id,
      sequence: 1,
      bytes: audioPiece(),
      durationMs: 2_000,
      levels: [9],
      last: true,
    });
    recorder.end({ tenantId: spoken.tenantId, transmissionId: id, durationMs: 2_000 });
    const begunWhileDown = speak(recorder, spoken, seconds(2));
    await until("the file of the new recording", () => existsSync(resolve(folder(), `${begunWhileDown}.part`)));
    await server.database.comeBack();
    for (const transmissionId of [id, begunWhileDown]) {
      const row = await until("its row", async () => {
        const answer = await listed(transmissionId).catch(() => undefined);
        return answer?.status === "complete" && answer;
      });
      expect(row.durationMs).toBe(2_000);
    }
    expect(recorder.health().incomplete).toBe(0);
  } finally {
    await server.database.comeBack();
  }
});

test("deleting a channel during a recording leaves no file behind", async () => {
  const channelId = await makeChannel(ada, workspace, { name: "Short-lived", recording: true });
  const kept = speak(recorder, { ...spoken, channelId }, seconds(1));
  const id = speak(recorder, { ...spoken, channelId }, seconds(2), false);
  await until("its file", () => existsSync(resolve(folder(), `${id}.part`)));
  expect((await ada.delete(`${workspace.path}/channels/${channelId}`)).status).toBe(204);
  const late = speak(recorder, { ...spoken, channelId }, seconds(1));
  recorder.end({ tenantId: spoken.tenantId, transmissionId: id, durationMs: 2_000 });
  await recorder.close();
  expect(readdirSync(folder()).filter((name) => [kept, id, late].some((gone) => name.startsWith(gone)))).toEqual([]);
  expect((await play(kept)).code).toBe("not_found");
});

test("on a full disk the recording is marked incomplete and plays as far as it was stored, and /readyz warns the operator", async (context) => {
  const disk = mountSmallDisk();
  if (disk === null) return context.skip();
  const small: Services = { ...services, blobs: openBlobs(disk) };
  const smallRecorder = startRecorder(small, () => {});
  const app = await makeApp({ ...small, recorder: smallRecorder }, {} as Voice);
  try {
    expect((await app.inject("/readyz")).json()).toMatchObject({ warnings: [], incompleteTransmissions: 0 });
    const pieces = Array.from({ length: 10 }, () => audioPiece(10_000));
    const id = speak(smallRecorder, spoken, pieces);
    const row = await until("its row", async () => {
      const transmission = await listed(id);
      return transmission?.status === "incomplete" && transmission;
    });
    expect(row.durationMs).toBeGreaterThanOrEqual(4_000);
    expect(row.durationMs).toBeLessThanOrEqual(6_000);
    const kept = await app.inject({
      url: `${workspace.path}/transmissions/${id}/audio`,
      // Cookie names contain the server's port, and an injected request has none.
      headers: { cookie: ada.cookieHeader().replaceAll(/-\d+=/g, "-undefined=") },
    });
    expect(kept.statusCode).toBe(200);
    expect(kept.rawPayload.equals(Buffer.concat(pieces.slice(0, Number(row.durationMs) / 1_000)))).toBe(true);

    const ready = await app.inject("/readyz");
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({
      status: "ready",
      incompleteTransmissions: 1,
      warnings: [expect.stringMatching(/recordings disk is full/)],
    });
    // With space again, the next recording is complete without a restart.
    await small.blobs.remove(spoken.tenantId, id);
    const next = speak(smallRecorder, spoken, [audioPiece()]);
    await until("the next recording", async () => (await listed(next))?.status === "complete");
  } finally {
    await smallRecorder.close();
    await app.close();
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  }
});

test("another disk error is reported with its code, but without a path or an id", async () => {
  const below = temporaryFolder("whoot-test-no-folder-");
  appendFileSync(resolve(below, "file"), "x");
  const broken = startRecorder({ ...services, blobs: openBlobs(resolve(below, "file")) }, () => {});
  const id = speak(broken, spoken, seconds(2));
  await until("its row", async () => (await listed(id))?.status === "incomplete");
  expect(broken.health().fault).toMatch(/ENOTDIR/);
  expect(broken.health().fault).not.toMatch(new RegExp(`${below}|${spoken.tenantId}|${id}`));
  expect((await play(id)).code).toBe("not_found");
  await broken.close();
  rmSync(below, { recursive: true });
});
