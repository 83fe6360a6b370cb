import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { relative, resolve } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { extract } from "tar-stream";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { enter } from "../access/gate.ts";
import { furnishBilling } from "../billing/testing/furnish.ts";
import { openBlobs } from "../platform/blobs.ts";
import { KeyDestroyedError } from "../platform/keys.ts";
import { TENANT_TABLES } from "../testing/tenant-tables.ts";
import { startRecorder } from "../recordings/recorder.ts";
import { filesBelow } from "../testing/folders.ts";
import { type ChainedEntry, chainHash } from "../audit/chain.ts";
import {
  addMember,
  exportsSettled,
  makeChannel,
  makeRole,
  makeWorkspace,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { someLogo } from "../testing/furnish.ts";
import { principalOf } from "../testing/principal.ts";
import { useServer } from "../testing/server.ts";
import { mountSmallDisk } from "../testing/small-disk.ts";
import { audioPiece, openServices, speak } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { CHUNK, readArchive } from "./archive.ts";
import { buildExport } from "./build.ts";
import { openExport, sweepExports } from "./exports.ts";

type Written = Omit<ChainedEntry, "sequence" | "occurredAt">;

const server = useServer();
let owner: Person;
let guest: Person;
let workspace: Workspace;
let services: Awaited<ReturnType<typeof openServices>>;
/** The recorded audio, by transmission id. */
const recorded = new Map<string, Buffer>();
let logoId: string;
const FORMULA = "=cmd|' /C calc'!A0";
/** For spreadsheets that split cells at semicolons, as in most of Europe. */
const SPEAKER = "Ada;=1+1";

beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
  guest = await signUpPerson(server, "Guest");
  workspace = await makeWorkspace(owner);
  await addMember(server, owner, workspace, guest, workspace.roles.Viewer);
  ({ logoId } = (await owner.send("PUT", `${workspace.path}/logo`, someLogo())).json);
  const channelId = await makeChannel(owner, workspace, { name: FORMULA, recording: true });
  const { memberId } = (await owner.get(workspace.path)).json.self;
  const beside = await openServices(server);
  const recorder = startRecorder(beside, () => {});
  for (let count = 0; count < 4; count++) {
    const pieces = Array.from({ length: 24 }, () => audioPiece(30_000 + count));
    const spoken = { tenantId: workspace.tenantId, channelId, memberId, speakerName: SPEAKER };
    recorded.set(speak(recorder, spoken, pieces), Buffer.concat(pieces));
  }
  await recorder.close();
  await furnishBilling({ admin: server.database, database: beside.database }, workspace.tenantId);
  await beside.close();
});
beforeEach(async () => {
  services = await openServices(server);
});
afterEach(() => services.close());

const folder = (name: string) => resolve(server.config.dataFolder, name, workspace.tenantId);
const archivePath = (exportId: string) => `${workspace.path}/exports/${exportId}/archive`;

async function makeExport(): Promise<string> {
  const begun = await owner.post(`${workspace.path}/exports`);
  expect([begun.status, begun.json.status]).toEqual([202, "building"]);
  expect(await exportsSettled(owner, workspace.path)).toMatchObject({ exportId: begun.json.exportId, status: "ready" });
  return begun.json.exportId;
}

async function unpack(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const tar = extract();
  Readable.from([archive]).pipe(tar);
  for await (const entry of tar) {
    expect(files.has(entry.header.name)).toBe(false);
    files.set(entry.header.name, await buffer(entry));
  }
  return files;
}

/** Inserts an export without a job, so that the test builds it. */
async function beginByHand(): Promise<{ tenantId: string; exportId: string }> {
  const { tenantId } = workspace;
  const exportId = uuidv7();
  await server.database.query("insert into exports (tenant_id, export_id, requested_by_name) values ($1, $2, 'By hand')", [
    tenantId,
    exportId,
  ]);
  return { tenantId, exportId };
}
const withdraw = (exportId: string) => owner.delete(`${workspace.path}/exports/${exportId}`);

describe("the archive", () => {
  let exportId: string;
  let archive: Buffer;
  let files: Map<string, Buffer>;
  beforeAll(async () => {
    exportId = await makeExport();
    const answer = await owner.get(archivePath(exportId));
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "application/x-tar", "accept-ranges": "bytes" } });
    archive = answer.bytes;
    files = await unpack(archive);
  });

  test("contains every row of every exported table", async () => {
    for (const { table, exportAs } of TENANT_TABLES) {
      if (exportAs === null) continue;
      const rows = await server.database.query(`select * from ${table} where tenant_id = $1`, [workspace.tenantId]);
      const file = files.get(`data/${exportAs}/0001.json`);
      expect([table, file ? JSON.parse(file.toString()).length : 0]).toEqual([table, rows.length]);
    }
    expect(JSON.parse(String(files.get("workspace.json")))).toMatchObject([
      { workspaceId: workspace.tenantId, slug: workspace.slug },
    ]);
    const logo = await owner.get(`${workspace.path}/logos/${logoId}`);
    expect(files.get("logo.webp")?.equals(logo.bytes)).toBe(true);
    const members = JSON.parse(String(files.get("data/members/0001.json"))) as Array<{ email: string }>;
    expect(members.map(({ email }) => email).toSorted()).toEqual([owner.email, guest.email].toSorted());
  });

  test("contains the decrypted recordings and an index of them", () => {
    const index = parse<Record<"file" | "transmissionId" | "channel" | "speaker", string>>(
      files.get("recordings/index-0001.csv") ?? "",
      { bom: true, columns: true },
    );
    expect(index.map((row) => row.transmissionId)).toEqual([...recorded.keys()].toSorted());
    for (const { file, transmissionId, channel, speaker } of index) {
      expect(files.get(file)?.equals(recorded.get(transmissionId) as Buffer)).toBe(true);
      expect(channel).toBe(`'${FORMULA}`); // a spreadsheet shows the formula and does not run it
      expect(speaker).toBe("Ada;'=1+1");
    }
  });

  test("contains each invoice as it is downloaded", async () => {
    const { items } = (await owner.get(`${workspace.path}/billing/invoices`)).json;
    expect(items).toHaveLength(1);
    for (const { invoiceId, number } of items) {
      const { bytes } = await owner.get(`${workspace.path}/billing/invoices/${invoiceId}/pdf`);
      expect(files.get(`invoices/${number}.pdf`)?.equals(bytes)).toBe(true);
    }
  });

  test("contains the complete audit log as JSON lines with hashes and as CSV", () => {
    const lines = String(files.get("audit-log/0001.jsonl")).trim().split("\n");
    const entries = lines.map((line) => JSON.parse(line) as Written & { sequence: string; occurredAt: string; hash: string });
    expect(entries.map(({ sequence }) => Number(sequence))).toEqual(entries.map((_, index) => index + 1));
    // The chain can be verified with the archive alone.
    let chained: Buffer = Buffer.alloc(0);
    for (const { hash, sequence, occurredAt, ...entry } of entries) {
      chained = chainHash(chained, workspace.tenantId, {
        ...entry,
        sequence: Number(sequence),
        occurredAt: new Date(occurredAt),
      });
      expect([sequence, chained.toString("hex")]).toEqual([sequence, hash]);
    }
    expect(entries.map(({ action }) => action)).toContain("export.requested");
    const csv = parse<{ action: string }>(files.get("audit-log/0001.csv") ?? "", { bom: true, columns: true });
    expect(csv.map(({ action }) => action)).toEqual(entries.map(({ action }) => action));
  });

  test("contains no sealed values, hashes of secrets or tokens", async () => {
    const [invitation] = await server.database.query<{ hash: string }>(
      "select encode(token_sealed, 'hex') as hash from invitations where tenant_id = $1",
      [workspace.tenantId],
    );
    expect(invitation).toBeDefined();
    const everything = [...files]
      .filter(([name]) => !name.endsWith(".ogg"))
      .map(([, content]) => content.toString())
      .join();
    expect(everything).not.toContain(invitation?.hash ?? "");
    expect(everything).not.toMatch(/"\w*(token|sealed|password|secret)\w*":/i);
  });

  test("ends with a summary of its content", () => {
    expect(JSON.parse(String(files.get("summary.json")))).toMatchObject({ recordings: { whole: 4, missing: 0, damaged: 0 } });
    expect(String(files.get("README.txt"))).toContain("not encrypted");
  });

  test("is encrypted on disk", () => {
    const [sealed] = filesBelow(folder("exports")).values();
    for (const needle of ["OggS", "workspace.json", workspace.slug, owner.email]) expect(sealed?.includes(needle)).toBe(false);
    expect(sealed?.length).toBeGreaterThan(archive.length);
  });

  test("can be downloaded in ranges, so that an interrupted download can continue", async () => {
    const half = Math.floor(archive.length / 2);
    const parts = [
      [0, 0],
      [CHUNK - 1, CHUNK],
      [half, archive.length - 1],
      [archive.length - 1, archive.length - 1],
    ] as const;
    for (const [first, last] of parts) {
      const answer = await owner.get(archivePath(exportId), { range: `bytes=${first}-${last}` });
      expect([answer.status, answer.headers["content-range"]]).toEqual([206, `bytes ${first}-${last}/${archive.length}`]);
      expect(answer.bytes.equals(archive.subarray(first, last + 1))).toBe(true);
    }
    const rest = await owner.get(archivePath(exportId), { range: `bytes=${half}-`, "if-range": `"${exportId}"` });
    expect([rest.status, Buffer.concat([archive.subarray(0, half), rest.bytes]).equals(archive)]).toEqual([206, true]);
    const other = await owner.get(archivePath(exportId), { range: `bytes=${half}-`, "if-range": `"${uuidv7()}"` });
    expect([other.status, other.bytes.length]).toEqual([200, archive.length]);
    expect(await owner.get(archivePath(exportId), { range: `bytes=${archive.length}-` })).toMatchObject({
      status: 416,
      code: "range_not_satisfiable",
      headers: { "content-range": `bytes */${archive.length}` },
    });
  });

  test("is announced by mail to the person who requested it", async () => {
    const mail = await server.mailTo(owner.email);
    expect([mail.subject, mail.link]).toEqual([
      `The export of Workspace ${workspace.slug} is ready`,
      expect.stringMatching(new RegExp(`/${workspace.slug}/settings#export$`)),
    ]);
  });

  test("can't be read when a chunk was changed on disk", async () => {
    const tampered = filesBelow(folder("exports")).get(exportId) as Buffer;
    tampered[tampered.length - 1000] = (tampered.at(-1000) ?? 0) ^ 1;
    const tamperedServices = { ...services, archives: openBlobs(resolve(server.config.dataFolder, "tampered")) };
    const writer = await tamperedServices.archives.write(workspace.tenantId, exportId);
    await writer.append(tampered);
    await writer.finish();
    const blob = (await tamperedServices.archives.read(workspace.tenantId, exportId)) as NonNullable<
      Awaited<ReturnType<typeof tamperedServices.archives.read>>
    >;
    const keys = tamperedServices.keys.openingKeys(workspace.tenantId);
    const read = (size: number, start: number, end: number) =>
      buffer(Readable.from(readArchive(keys, exportId, blob, { size, start, end })));
    expect((await read(archive.length, 0, CHUNK)).equals(archive.subarray(0, CHUNK))).toBe(true);
    await expect(read(archive.length, 0, archive.length)).rejects.toThrow();
    await expect(read(archive.length - CHUNK, 0, 10)).rejects.toThrow("is not this archive");
    await blob.close();
    rmSync(resolve(server.config.dataFolder, "tampered"), { recursive: true });
  });

  test("is removed with its file when the export is deleted", async () => {
    expect((await withdraw(exportId)).status).toBe(204);
    expect((await owner.get(archivePath(exportId))).code).toBe("not_found");
    expect(filesBelow(folder("exports")).size).toBe(0);
    expect((await withdraw(exportId)).code).toBe("not_found");
  });
});

describe("requesting an export", () => {
  test("is refused with the reason unless the role may also see addresses and invoices, download recordings and export the audit log", async () => {
    const ready = await makeExport();
    const needs = [
      "workspace.export",
      "users.view_contact",
      "recording.download",
      "audit.export",
      "billing.view_invoices",
    ] as const;
    const { items } = (await owner.get(`${workspace.path}/members`)).json;
    const { memberId, roleId: roleIdBefore } = items.find((member: { isOwner: boolean }) => !member.isOwner);
    for (const lacking of needs) {
      const roleId = await makeRole(
        owner,
        workspace,
        needs.filter((permission) => permission !== lacking),
      );
      await server.database.query("update members set role_id = $3 where tenant_id = $1 and member_id = $2", [
        workspace.tenantId,
        memberId,
        roleId,
      ]);
      expect((await guest.post(`${workspace.path}/exports`)).code).toBe("forbidden");
      expect((await guest.get(archivePath(ready))).code).toBe("forbidden");
      const list = await guest.get(`${workspace.path}/exports`);
      if (lacking === "workspace.export") expect(list.code).toBe("forbidden");
      else {
        expect(list.json).toMatchObject({ can: { create: false }, missing: expect.stringMatching(/doesn't let you/) });
        expect(list.json.items).toMatchObject([{ exportId: ready, can: { download: false } }]);
      }
    }
    await server.database.query("update members set role_id = $3 where tenant_id = $1 and member_id = $2", [
      workspace.tenantId,
      memberId,
      roleIdBefore ?? workspace.roles.Viewer,
    ]);
    await withdraw(ready);
  });

  test("is refused with export_running while an export is being built, also among requests at once", async () => {
    const { exportId } = await beginByHand();
    expect((await owner.post(`${workspace.path}/exports`)).code).toBe("export_running");
    await withdraw(exportId);
    const answers = await Promise.all([1, 2, 3].map(() => owner.post(`${workspace.path}/exports`)));
    expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThan(0);
    for (const { status, code } of answers) if (status !== 202) expect(code).toBe("export_running");
    await withdraw((await exportsSettled(owner, workspace.path))?.exportId ?? "");
  });
});

test("a download stops when the person loses the permission, the membership or the session", async () => {
  const exportId = await makeExport();
  const reader = await signUpPerson(server, "Reader");
  await addMember(server, owner, workspace, reader, workspace.roles.Admin);
  const [session] = await server.database.query<{ session_id: string }>("select session_id from sessions where account_id = $1", [
    reader.accountId,
  ]);
  const principal = principalOf(reader, session?.session_id ?? "");
  const download = async () => {
    const entry = { tenantId: workspace.tenantId, principal, origin: null };
    const archive = await enter(services, entry, (ctx) => openExport(ctx, { exportId }));
    const bytes = archive.read(0, archive.size)[Symbol.asyncIterator]();
    expect((await bytes.next()).done).toBe(false);
    return {
      async rest() {
        let length = 0;
        try {
          for (let next = await bytes.next(); !next.done; next = await bytes.next()) length += next.value.length;
        } finally {
          await archive.close();
        }
        return length;
      },
    };
  };
  const setRole = (role: keyof Workspace["roles"]) =>
    server.database.query("update members set role_id = $2 where account_id = $1", [reader.accountId, workspace.roles[role]]);

  expect(await (await download()).rest()).toBeGreaterThan(2 * 1024 * 1024);
  const demoted = await download();
  await setRole("Viewer");
  await expect(demoted.rest()).rejects.toMatchObject({ code: "forbidden" });
  await setRole("Admin");
  const suspended = await download();
  await server.database.query("update members set status = 'suspended' where account_id = $1", [reader.accountId]);
  await expect(suspended.rest()).rejects.toMatchObject({ code: "suspended" });
  await server.database.query("update members set status = 'active' where account_id = $1", [reader.accountId]);
  const signedOut = await download();
  await reader.delete("/api/v1/session");
  await expect(signedOut.rest()).rejects.toMatchObject({ code: "not_signed_in" });
  await withdraw(exportId);
});

test("a cross-site link cannot start a download, and makes no audit log entry", async () => {
  const exportId = await makeExport();
  const crossSite = await owner.get(archivePath(exportId), { "sec-fetch-site": "cross-site" });
  expect([crossSite.status, crossSite.code]).toEqual([403, "cross_site"]);
  const downloads = "select 1 from audit_log where target_id = $1 and action = 'export.downloaded'";
  expect(await server.database.query(downloads, [exportId])).toEqual([]);
  await withdraw(exportId);
});

test("an eleventh export is refused while ten are kept", async () => {
  await server.database.query(
    `insert into exports (tenant_id, export_id, requested_by_name, status, finished_at, expires_at)
     select $1, gen_random_uuid(), 'Olga', 'ready', now(), now() + interval '1 day' from generate_series(1, 10)`,
    [workspace.tenantId],
  );
  expect(await owner.post(`${workspace.path}/exports`)).toMatchObject({ status: 409, code: "too_many_exports" });
  const { items } = (await owner.get(`${workspace.path}/exports`)).json;
  expect(items.length).toBe(10);
  for (const item of items) await withdraw(item.exportId);
});

test("a forged job cannot remove a file outside the exports folder", async () => {
  const key = resolve(server.config.keysFolder, "tenants", `${workspace.tenantId}.key`);
  const exportId = relative(folder("exports"), key);
  await expect(buildExport(services, { tenantId: workspace.tenantId, exportId })).rejects.toThrow();
  expect(existsSync(key)).toBe(true);
});

test("an export that is stopped after every file continues where it was, and its archive is complete", async () => {
  const job = await beginByHand();
  const written: string[] = [];
  for (let stops = 0; ; stops++) {
    const ended = await buildExport(services, job, {
      checkpointBytes: 0,
      step(name) {
        written.push(name);
        throw new Error("killed");
      },
    }).then(
      () => true,
      (error: Error) => (expect(error.message).toBe("killed"), false),
    );
    if (ended) break;
    // Opens and closes the file once more, as an interrupted run does.
    const part = await services.archives.resume(job.tenantId, job.exportId, 24);
    await part?.abandon();
    expect(stops).toBeLessThan(100);
  }
  // Each file was written once, so the export never started again.
  expect(new Set(written).size).toBe(written.length);
  expect(written.length).toBeGreaterThan(12);
  const files = await unpack((await owner.get(archivePath(job.exportId))).bytes);
  expect([...files.keys()].toSorted()).toEqual(written.filter((name) => name !== "").toSorted());
  for (const [transmissionId, audio] of recorded) {
    const [, content] = [...files].find(([name]) => name.endsWith(`${transmissionId}.ogg`)) ?? [];
    expect(content?.equals(audio)).toBe(true);
  }
  await withdraw(job.exportId);
});

test("an export that is stopped right after its last byte becomes ready without being built again", async () => {
  const job = await beginByHand();
  await buildExport(services, job);
  const [row] = await server.database.query<{ size: string }>("select size from exports where export_id = $1", [job.exportId]);
  await server.database.query(
    `update exports set status = 'building', finished_at = null, expires_at = null, checkpoint = '"end"', tail_sealed = '\\x00' where export_id = $1`,
    [job.exportId],
  );
  const before = filesBelow(folder("exports")).get(job.exportId);
  await buildExport(services, job);
  expect(
    filesBelow(folder("exports"))
      .get(job.exportId)
      ?.equals(before as Buffer),
  ).toBe(true);
  expect((await owner.get(archivePath(job.exportId))).bytes.length).toBe(Number(row?.size));
  await withdraw(job.exportId);
});

test("a start continues an interrupted export and removes unfinished files without an export", async () => {
  const job = await beginByHand();
  const stray = uuidv7();
  await buildExport(services, job, {
    checkpointBytes: 0,
    step(name) {
      if (name.startsWith("audit-log")) throw new Error("killed");
    },
  }).catch(() => {});
  const part = await services.archives.write(workspace.tenantId, stray);
  await part.abandon();
  await server.restart();
  expect(await exportsSettled(owner, workspace.path)).toMatchObject({ exportId: job.exportId, status: "ready" });
  expect([...filesBelow(folder("exports")).keys()]).toEqual([job.exportId]);
  await unpack((await owner.get(archivePath(job.exportId))).bytes);
  await withdraw(job.exportId);
});

test("deleting an export while it is being built stops the job and leaves no file", async () => {
  const job = await beginByHand();
  await buildExport(services, job, {
    checkpointBytes: 0,
    step(name) {
      if (name === "workspace.json") void withdraw(job.exportId);
    },
  });
  await until("the file to be gone", () => filesBelow(folder("exports")).size === 0);
});

test("a damaged or missing recording does not stop the export", async () => {
  const [first, second] = [...recorded.keys()];
  const lost = {
    ...services,
    blobs: {
      ...services.blobs,
      async read(tenantId: string, name: string) {
        if (name === first) return null;
        const blob = await services.blobs.read(tenantId, name);
        if (name !== second || !blob) return blob;
        // An unreadable disk sector.
        return {
          ...blob,
          read: (position: number, length: number) =>
            position > 30_100 && length > 1_000 ? Promise.reject(new Error("EIO")) : blob.read(position, length),
        };
      },
    },
  };
  const job = await beginByHand();
  await buildExport(lost, job);
  const files = await unpack((await owner.get(archivePath(job.exportId))).bytes);
  const { recordings } = JSON.parse(String(files.get("summary.json")));
  expect(recordings).toEqual({ whole: 2, missing: 1, damaged: 1 });
  await withdraw(job.exportId);
});

test("an export on a full disk fails with an explanation, and its partial file is removed", async (context) => {
  const disk = mountSmallDisk();
  if (disk === null) return context.skip();
  try {
    const job = await beginByHand();
    await buildExport({ ...services, archives: openBlobs(disk) }, job);
    const failed = await owner.get(`${workspace.path}/exports/${job.exportId}`);
    expect(failed.json).toMatchObject({ status: "failed", failure: expect.stringMatching(/disk is full.*operator/), size: 0 });
    expect(filesBelow(disk).size).toBe(0);
    expect((await owner.get(archivePath(job.exportId))).code).toBe("not_found");
    await withdraw(job.exportId);
  } finally {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  }
});

test("an export cannot be found after a week, and the sweep removes it", async () => {
  const exportId = await makeExport();
  const { expiresAt, finishedAt } = (await owner.get(`${workspace.path}/exports/${exportId}`)).json;
  expect(Date.parse(expiresAt) - Date.parse(finishedAt)).toBe(7 * 24 * 3_600_000);
  await server.database.query("update exports set expires_at = now() where export_id = $1", [exportId]);
  expect((await owner.get(archivePath(exportId))).code).toBe("not_found");
  expect((await owner.get(`${workspace.path}/exports`)).json.items).toEqual([]);
  await sweepExports(services);
  expect(filesBelow(folder("exports")).size).toBe(0);
  expect(await server.database.query("select 1 from exports where export_id = $1", [exportId])).toEqual([]);
});

test("deleting the workspace destroys the key of its exports and stops one that is being built", async () => {
  await makeExport();
  const copy = filesBelow(folder("exports"));
  const job = await beginByHand();
  let deletion: Promise<unknown> = Promise.resolve();
  await buildExport(services, job, {
    checkpointBytes: 0,
    step(name) {
      if (name !== "workspace.json") return;
      deletion = owner.post(`${workspace.path}/deletion`, { slug: workspace.slug });
    },
  });
  expect(await deletion).toMatchObject({ status: 202 });
  await until("the files to be gone", () => !existsSync(folder("exports")) && !existsSync(folder("recordings")));
  expect(() => services.keys.dataKey(workspace.tenantId)).not.toThrow(); // these services still have the key in memory
  const later = await openServices(server);
  expect(() => later.keys.dataKey(workspace.tenantId)).toThrow(KeyDestroyedError);
  await later.close();
  expect(copy.size).toBe(1);
  for (const content of copy.values()) expect(content.includes("workspace.json")).toBe(false);
});

test("an invoice that can't be drawn does not stop an export; a note in its place says where its figures are", async () => {
  const beside = await makeWorkspace(owner);
  const { tenantId } = beside;
  await furnishBilling({ admin: server.database, database: services.database }, tenantId);
  const exportId = uuidv7();
  await server.database.query("insert into exports (tenant_id, export_id, requested_by_name) values ($1, $2, 'By hand')", [
    tenantId,
    exportId,
  ]);
  const threads = { ...services.threads, run: () => Promise.reject(new Error("a bug")) };
  await buildExport({ ...services, threads }, { tenantId, exportId });
  const files = await unpack((await owner.get(`${beside.path}/exports/${exportId}/archive`)).bytes);
  const [{ number }] = (await owner.get(`${beside.path}/billing/invoices`)).json.items;
  expect(files.has(`invoices/${number}.pdf`)).toBe(false);
  expect(String(files.get(`invoices/${number}.txt`))).toMatch(/data\/invoices/);
});
