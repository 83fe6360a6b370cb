import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { addMember, makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { beginDownload } from "../testing/slow-download.ts";
import { audioPiece, openServices, speak } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";
import { startRecorder } from "./recorder.ts";

const server = useServer();
let ada: Person;
let workspace: Workspace;
let channelId: string;
let ids: string[];
let longId: string;
let longChannelId: string;
const pieces = [audioPiece(700), audioPiece(1_300)];
const audio = Buffer.concat(pieces);

beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  workspace = await makeWorkspace(ada);
  channelId = await makeChannel(ada, workspace, { name: "Ops", recording: true });
  const services = await openServices(server);
  const recorder = startRecorder(services, () => {});
  const { memberId } = (await ada.get(workspace.path)).json.self;
  ids = Array.from({ length: 5 }, () => speak(recorder, { tenantId: workspace.tenantId, channelId, memberId }, pieces));
  const long = Array.from({ length: 240 }, () => audioPiece(64_000));
  longChannelId = await makeChannel(ada, workspace, { name: "Long talks", recording: true });
  longId = speak(recorder, { tenantId: workspace.tenantId, channelId: longChannelId, memberId }, long);
  await recorder.close(60_000);
  await services.close();
});

const audioPath = () => `${workspace.path}/transmissions/${ids[0]}/audio`;
const play = (range?: string, person = ada) => person.get(audioPath(), range ? { range } : {});

test("a request without a range gets the whole recording, as Ogg that must not be cached", async () => {
  const answer = await play();
  expect(answer.status).toBe(200);
  expect(answer.bytes.equals(audio)).toBe(true);
  expect(answer.headers).toMatchObject({
    "content-type": "audio/ogg",
    "content-length": "2000",
    "accept-ranges": "bytes",
    "cache-control": "no-store",
  });
  expect(answer.headers["content-range"]).toBeUndefined();
});

describe("range requests", () => {
  test.each([
    ["bytes=0-0", 0, 1],
    ["bytes=0-1999", 0, 2000],
    ["bytes=100-899", 100, 900],
    ["bytes=1500-", 1500, 2000],
    ["bytes=1500-999999", 1500, 2000],
    ["bytes=-100", 1900, 2000],
    ["bytes=-999999", 0, 2000],
  ])("%s gets bytes %i up to %i", async (range, start, end) => {
    const answer = await play(range);
    expect([answer.status, answer.headers["content-range"], answer.headers["content-length"]]).toEqual([
      206,
      `bytes ${start}-${end - 1}/2000`,
      String(end - start),
    ]);
    expect(answer.bytes.equals(audio.subarray(start, end))).toBe(true);
  });
  test.each(["bytes=2000-", "bytes=2000-3000", "bytes=-0", `bytes=${"9".repeat(30)}-`])(
    "%s is beyond the end and gets 416",
    async (range) => {
      const answer = await play(range);
      expect(answer).toMatchObject({ status: 416, code: "range_not_satisfiable" });
      expect(answer.headers["content-range"]).toBe("bytes */2000");
      expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    },
  );
  test.each(["bytes=5-2", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes 0-1"])(
    "%s is not supported and gets the whole recording",
    async (range) => {
      expect(await play(range)).toMatchObject({ status: 200, headers: { "content-length": "2000" } });
    },
  );
});

test("a viewer sees transmissions but is told why they cannot play them, and a member can play them", async () => {
  const [viewer, member] = [await signUpPerson(server, "Vera"), await signUpPerson(server, "Max")];
  await addMember(server, ada, workspace, viewer, workspace.roles.Viewer);
  await addMember(server, ada, workspace, member, workspace.roles.Member);
  const path = `${workspace.path}/channels/${channelId}/transmissions`;
  expect((await viewer.get(path)).json.items[0].can).toEqual({ play: false });
  const refused = await play(undefined, viewer);
  expect(refused).toMatchObject({ status: 403, code: "forbidden" });
  expect(refused.json.detail).toMatch(/Viewer.*play recordings/);
  expect((await member.get(path)).json.items[0].can).toEqual({ play: true });
  expect((await play(undefined, member)).status).toBe(200);
});

test("the pages of a channel's transmissions list each once, newest first", async () => {
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await ada.get(`${workspace.path}/channels/${channelId}/transmissions?limit=2${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.json.items.map((item: { transmissionId: string }) => item.transmissionId));
    cursor = page.json.nextCursor;
  }
  expect(seen.toSorted()).toEqual(ids.toSorted());
  const times = (await ada.get(`${workspace.path}/channels/${channelId}/transmissions`)).json.items.map(
    (item: { startedAt: string }) => item.startedAt,
  );
  expect(times).toEqual(times.toSorted().reverse());
});

test("30 slow downloads hold no database connection and do not load whole recordings into memory", async () => {
  const before = process.memoryUsage();
  const slow = await Promise.all(
    Array.from({ length: 30 }, () => beginDownload(server, ada, `${workspace.path}/transmissions/${longId}/audio`)),
  );
  try {
    // The test shares the server's process. Thirty recordings of 15 MB would take 460 MB.
    const now = process.memoryUsage();
    expect(now.external + now.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(200_000_000);
    expect((await ada.get(workspace.path)).status).toBe(200);
    expect((await play("bytes=0-0")).status).toBe(206);
  } finally {
    for (const download of slow) download.leave();
  }
});

/** Lists this process's open files, on Linux. */
const OPEN_FILES = "/proc/self/fd";
const isOpen = (name: string) =>
  readdirSync(OPEN_FILES).some((fd) => {
    try {
      return readlinkSync(`${OPEN_FILES}/${fd}`).includes(name);
    } catch {
      return false; // closed in between
    }
  });

test.skipIf(!existsSync(OPEN_FILES))(
  "a recording is not sent when the audit log entry fails, and its file is closed",
  async () => {
    const [id = ""] = ids.slice(-1);
    await server.database.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'full'; end $$;
    create trigger refuse before insert on audit_log for each row execute function refuse()`);
    try {
      expect(await ada.get(`${workspace.path}/transmissions/${id}/audio`)).toMatchObject({ status: 500, code: "internal" });
    } finally {
      await server.database.query("drop trigger refuse on audit_log; drop function refuse");
    }
    // Within 3 s, because the garbage collector would close a leaked file later.
    await until("the file to be closed", () => !isOpen(id));
  },
);

test("a download stops when the listener loses the permission or the session, or when the channel is deleted", async () => {
  const begin = (listener: Person) => beginDownload(server, listener, `${workspace.path}/transmissions/${longId}/audio`);
  const noor = await signUpPerson(server, "Noor");
  await addMember(server, ada, workspace, noor, workspace.roles.Member);
  const { items } = (await ada.get(`${workspace.path}/members`)).json;
  const { memberId } = items.find((member: { name: string }) => member.name === "Noor");
  const setRole = (role: keyof Workspace["roles"]) =>
    ada.post(`${workspace.path}/members/role-changes`, { memberIds: [memberId], roleId: workspace.roles[role] });

  expect(await (await begin(noor)).goOn()).toBe("whole");
  const demoted = await begin(noor);
  expect((await setRole("Viewer")).status).toBe(200);
  expect(await demoted.goOn()).toBe("broken off");
  expect((await setRole("Member")).status).toBe(200);
  const signedOut = await begin(noor);
  await noor.delete("/api/v1/session");
  expect(await signedOut.goOn()).toBe("broken off");
  // Must be last, because it deletes the recording.
  const deleted = await begin(ada);
  expect((await ada.delete(`${workspace.path}/channels/${longChannelId}`)).status).toBe(204);
  expect(await deleted.goOn()).toBe("broken off");
});
