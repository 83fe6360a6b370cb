/** The rotation of a workspace's key: who may begin one, what it does to all that is sealed, and what a crash or a deletion does to it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openBlobs } from "../platform/blobs.ts";
import { openKeys } from "../platform/keys.ts";
import { startRecorder } from "../recordings/recorder.ts";
import { isSealedWith } from "../recordings/sealed-audio.ts";
import { temporaryFolder } from "../testing/folders.ts";
import { furnish, type Furnished } from "../testing/furnish.ts";
import { addMember, makeRole, signUpPerson } from "../testing/people.ts";
import { startProcess } from "../testing/process.ts";
import { useServer } from "../testing/server.ts";
import { audioPiece, openServices, speak } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { rotateKey } from "./rotating.ts";

const server = useServer();
let furnished: Furnished;
beforeEach(async () => {
  furnished = await furnish(server);
});

const keyPath = () => `${furnished.workspace.path}/security/encryption-key`;
const rotate = () => furnished.owner.post(`${keyPath()}/rotation`);
const keyFiles = () =>
  readdirSync(resolve(server.config.keysFolder, "tenants")).filter((name) => name.startsWith(furnished.workspace.tenantId));
const keyFile = () => resolve(server.config.keysFolder, "tenants", `${furnished.workspace.tenantId}.key`);

async function rotated(): Promise<Record<string, unknown>> {
  return until("the rotation to end", async () => {
    const { json } = await furnished.owner.get(keyPath());
    return json.rotation === null && json;
  });
}

/** Everything that the key seals, as people get it. */
async function contents(): Promise<Record<string, string>> {
  const { path } = furnished.workspace;
  const paths = [
    `/transmissions/${furnished.ids.transmissionId}/audio`,
    `/exports/${furnished.ids.exportId}/archive`,
    `/invitations/${furnished.ids.invitationId}/link`,
    `/billing/invoices/${furnished.ids.invoiceId}/pdf`,
  ];
  const answers = await Promise.all(paths.map((rest) => furnished.owner.get(path + rest)));
  for (const [index, { status }] of answers.entries()) expect([paths[index], status]).toEqual([paths[index], 200]);
  return Object.fromEntries(answers.map(({ bytes }, index) => [paths[index], bytes.toString("hex")]));
}

/** Expects that a key in this file opens no recording of the workspace any more. */
async function expectUseless(oldKeyFile: Buffer): Promise<void> {
  const folder = temporaryFolder("whoot-test-old-key-");
  const { tenantId } = furnished.workspace;
  const old = openKeys(folder, server.config.masterKey);
  old.create(tenantId);
  writeFileSync(resolve(folder, "tenants", `${tenantId}.key`), oldKeyFile);
  const oldKey = openKeys(folder, server.config.masterKey).dataKey(tenantId);
  const blobs = openBlobs(resolve(server.config.dataFolder, "recordings"));
  const names = await blobs.list(tenantId);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const blob = await blobs.read(tenantId, name);
    expect(blob && (await isSealedWith(oldKey, name, blob))).toBe(false);
    await blob?.close();
  }
}

test("recordings, archives and invitation links are sealed anew and open as before, and the old key is destroyed", async () => {
  const before = await contents();
  const oldFile = readFileSync(keyFile());
  const { name } = (await furnished.owner.get(keyPath())).json;
  expect(await rotate()).toMatchObject({ status: 202, json: { rotation: { startedByName: "Owner" } } });
  const { name: newName, since, unreadable } = await rotated();
  expect([newName === name, unreadable]).toEqual([false, 0]);
  expect(Date.parse(String(since))).toBeGreaterThan(Date.now() - 600_000);
  expect(await contents()).toEqual(before);
  expect(keyFiles()).toEqual([`${furnished.workspace.tenantId}.key`]);
  await expectUseless(oldFile);
  await server.restart();
  expect(await contents()).toEqual(before);
});

test("the audit log names who began a replacement and says when the old key was destroyed, and the admins get a mail", async () => {
  const admin = await signUpPerson(server, "Audrey");
  await addMember(server, furnished.owner, furnished.workspace, admin, furnished.workspace.roles.Admin);
  await rotate();
  await rotated();
  const { items } = (await furnished.owner.get(`${furnished.workspace.path}/audit-log?group=security&limit=5`)).json as {
    items: Array<{ action: string; actor: { name: string } }>;
  };
  expect(items.filter(({ action }) => action.startsWith("key.")).map(({ action, actor }) => [action, actor.name])).toEqual([
    ["key.rotated", "whoot"],
    ["key.rotation_started", "Owner"],
  ]);
  for (const person of [furnished.owner, admin]) {
    const mail = await until("the mail", () => server.mailTo(person.email, /replaces the encryption key/));
    expect(JSON.stringify(mail)).not.toMatch(/[0-9a-f]{16}/);
  }
});

describe("beginning a key replacement", () => {
  test("needs the permission and a recent authentication", async () => {
    const reader = await signUpPerson(server, "Rita");
    await addMember(
      server,
      furnished.owner,
      furnished.workspace,
      reader,
      await makeRole(furnished.owner, furnished.workspace, ["security.view"]),
    );
    expect((await reader.get(keyPath())).json.can).toEqual({ rotate: false });
    expect((await reader.post(`${keyPath()}/rotation`)).code).toBe("forbidden");
    await server.database.query("update sessions set authenticated_at = now() - interval '1 hour' where account_id = $1", [
      furnished.owner.accountId,
    ]);
    expect((await rotate()).code).toBe("reauthentication_required");
    expect(keyFiles()).toHaveLength(1);
  });

  test("happens once when twenty requests come at once, and again only a day later", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, rotate));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    for (const { status, code } of answers)
      if (status !== 202) expect(["key_rotating", "key_rotated_lately", "busy"]).toContain(code);
    await rotated();
    expect((await furnished.owner.get(keyPath())).json.rotatedLately).toBe(true);
    expect((await rotate()).code).toBe("key_rotated_lately");
    await server.database.query("update key_rotations set started_at = now() - interval '25 hours' where tenant_id = $1", [
      furnished.workspace.tenantId,
    ]);
    expect((await rotate()).status).toBe(202);
    await rotated();
  });
});

/** Runs the rotation in services of a stopped server, as a job does. */
async function inServices(work: (services: Awaited<ReturnType<typeof openServices>>) => Promise<void>): Promise<void> {
  const services = await openServices(server);
  try {
    await work(services);
  } finally {
    await services.close();
  }
}

/** Writes down that a rotation is to begin, as the request does, while no server runs. */
async function begin(): Promise<void> {
  await server.stop();
  await inServices(async ({ keys }) => {
    await server.database.query(
      "insert into key_rotations (tenant_id, rotation_id, old_key, started_by_name) values ($1, gen_random_uuid(), $2, 'Owner')",
      [furnished.workspace.tenantId, keys.nameOf(furnished.workspace.tenantId)],
    );
  });
}

test("a key replacement waits for a recording that still uses the old key, and the recording then plays", async () => {
  const pieces = [audioPiece(), audioPiece()];
  const { tenantId } = furnished.workspace;
  await begin();
  let transmissionId = "";
  await inServices(async (services) => {
    const recorder = startRecorder(services, () => {});
    const place = { tenantId, channelId: furnished.ids.channelId, memberId: furnished.ids.memberId };
    transmissionId = speak(recorder, place, pieces.slice(0, 1), false);
    await until("the recording to begin", async () => (await services.blobs.list(tenantId)).includes(transmissionId));
    const rotation = rotateKey(services, { tenantId });
    await until("the rotation to wait", async () => {
      const [row] = await server.database.query("select in_use from key_rotations where tenant_id = $1", [tenantId]);
      return row?.in_use === 1;
    });
    expect(keyFiles()).toContain(`${tenantId}.previous`);
    const last = { tenantId, transmissionId, sequence: 1, bytes: pieces[1]!, durationMs: 2_000, levels: [], last: true };
    recorder.append(last);
    recorder.end({ tenantId, transmissionId, durationMs: 2_000 });
    await rotation;
    expect(keyFiles()).toEqual([`${tenantId}.key`]);
    await recorder.close();
  });
  await server.restart();
  const audio = await furnished.owner.get(`${furnished.workspace.path}/transmissions/${transmissionId}/audio`);
  expect(audio.bytes.equals(Buffer.concat(pieces))).toBe(true);
});

test("a recording that a crash cut short is sealed anew as it is, and recovered by the next start", async () => {
  const piece = audioPiece();
  const { tenantId } = furnished.workspace;
  await begin();
  let transmissionId = "";
  await inServices(async (services) => {
    const recorder = startRecorder(services, () => {});
    transmissionId = speak(
      recorder,
      { tenantId, channelId: furnished.ids.channelId, memberId: furnished.ids.memberId },
      [piece],
      false,
    );
    await recorder.close();
  });
  await inServices(async (services) => {
    expect(services.blobs.stateOf(tenantId, transmissionId)).toBe("cut_short");
    await rotateKey(services, { tenantId });
    expect(services.blobs.stateOf(tenantId, transmissionId)).toBe("cut_short");
    expect(keyFiles()).toEqual([`${tenantId}.key`]);
  });
  await server.restart();
  expect((await rotated()).unreadable).toBe(0);
  const audio = await furnished.owner.get(`${furnished.workspace.path}/transmissions/${transmissionId}/audio`);
  expect(audio.bytes.equals(piece)).toBe(true);
});

test("a key replacement that is stopped after any step continues with the next run and loses nothing", async () => {
  const before = await contents();
  const oldFile = readFileSync(keyFile());
  const { tenantId } = furnished.workspace;
  await begin();
  const stops: string[] = [];
  // Each run gets one step further than the one before, with nothing in memory of it.
  for (let done = false, reach = 1; !done; reach += 1) {
    await inServices(async (services) => {
      let steps = 0;
      const step = (name: string) => {
        steps += 1;
        if (steps < reach) return;
        stops.push(name);
        throw new Error("stopped here");
      };
      await rotateKey(services, { tenantId }, { step }).then(
        () => (done = true),
        (error: unknown) => expect(error).toMatchObject({ message: "stopped here" }),
      );
    });
  }
  expect(new Set(stops)).toEqual(new Set(["replaced", "sealed", "destroyed"]));
  expect(stops.length).toBeGreaterThan(5);
  expect(keyFiles()).toEqual([`${tenantId}.key`]);
  await server.restart();
  expect((await rotated()).unreadable).toBe(0);
  expect(await contents()).toEqual(before);
  await expectUseless(oldFile);
});

test("a server that is killed again and again continues the key replacement at each start until it is done, and everything opens", async () => {
  const before = await contents();
  const oldFile = readFileSync(keyFile());
  const { tenantId } = furnished.workspace;
  const copies = resolve(server.config.dataFolder, "recordings", tenantId);
  await begin();
  await inServices(async (services) => {
    const recorder = startRecorder(services, () => {});
    const place = { tenantId, channelId: furnished.ids.channelId, memberId: furnished.ids.memberId };
    for (let count = 0; count < 300; count += 1) speak(recorder, place, [audioPiece(), audioPiece()]);
    await recorder.close(60_000);
    // The request adds the job in its transaction.
    await server.database.query("select enqueue_job('rotateKey', $1::jsonb, $2)", [{ tenantId }, `rotate key ${tenantId}`]);
  });
  const finished = async () =>
    (await server.database.query("select 1 from key_rotations where tenant_id = $1 and finished_at is not null", [tenantId]))
      .length;
  let kills = 0;
  while ((await finished()) === 0) {
    const running = startProcess(server);
    await running.serves;
    await new Promise((resume) => setTimeout(resume, kills * 400));
    await running.kill();
    kills += 1;
    // A killed process leaves its job locked, and only the database of its own server lets the next one unlock it.
    await server.database.query(
      "select graphile_worker.force_unlock_workers(array_agg(distinct locked_by)) from graphile_worker._private_jobs",
    );
  }
  expect(kills).toBeGreaterThan(1);
  expect(readdirSync(copies).filter((name) => name.endsWith(".part"))).toEqual([]);
  await server.restart();
  expect((await rotated()).unreadable).toBe(0);
  expect(await contents()).toEqual(before);
  await expectUseless(oldFile);
});

test("after a restored database without the replacement's row, the replacement that the key files show is finished", async () => {
  const before = await contents();
  const { tenantId } = furnished.workspace;
  await server.stop();
  await inServices(async ({ keys }) => keys.replace(tenantId, keys.nameOf(tenantId)));
  await server.restart();
  await until("the old key to be destroyed", () => keyFiles().length === 1);
  expect((await rotated()).unreadable).toBe(0);
  expect(await contents()).toEqual(before);
});

test("a piece that was damaged on disk is silent afterwards, what follows can be heard, and a file that is noise is counted", async () => {
  const pieces = [audioPiece(), audioPiece(), audioPiece()];
  const { tenantId } = furnished.workspace;
  await begin();
  let transmissionId = "";
  await inServices(async (services) => {
    const recorder = startRecorder(services, () => {});
    transmissionId = speak(recorder, { tenantId, channelId: furnished.ids.channelId, memberId: furnished.ids.memberId }, pieces);
    await recorder.close();
    const folder = resolve(server.config.dataFolder, "recordings", tenantId);
    const bytes = readFileSync(resolve(folder, transmissionId));
    bytes[bytes.indexOf(0, 6_000)]! ^= 1;
    writeFileSync(resolve(folder, transmissionId), bytes);
    writeFileSync(resolve(folder, "00000000-0000-7000-8000-000000000000"), "noise");
    await rotateKey(services, { tenantId });
  });
  await server.restart();
  expect((await rotated()).unreadable).toBe(1);
  const audio = await furnished.owner.get(`${furnished.workspace.path}/transmissions/${transmissionId}/audio`);
  expect(audio.bytes.equals(Buffer.concat([pieces[0]!, pieces[2]!]))).toBe(true);
});

test("a workspace that is deleted during a key replacement loses both keys, and the job ends", async () => {
  const { tenantId, path, slug } = furnished.workspace;
  await server.stop();
  await inServices(async ({ keys }) => keys.replace(tenantId, keys.nameOf(tenantId)));
  const [one, other] = [keyFiles(), await (await server.restart(), furnished.owner.post(`${path}/deletion`, { slug }))];
  expect([one.length, other.status]).toEqual([2, 202]);
  await until("the keys to be destroyed", () => keyFiles().length === 0);
  await server.stop();
  await inServices((services) => rotateKey(services, { tenantId }));
  expect(keyFiles()).toEqual([]);
  await server.restart();
});

test("every folder that seals with a tenant's key has it sealed anew when the key is replaced", async () => {
  const { FEATURES } = await import("../features.ts");
  const source = new URL("../", import.meta.url);
  const sealing = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/\.test\.ts$|\/testing\/|^platform\/keys/.test(name))
    .filter((name) => /keys\.(dataKey|hold)\(/.test(readFileSync(new URL(name, source), "utf8")))
    .map((name) => name.split("/")[0]);
  expect(new Set(sealing)).toEqual(new Set(FEATURES.filter(({ sealed }) => sealed).map(({ name }) => name)));
});
