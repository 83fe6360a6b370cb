/** Exports in progress: slow readers, readers who leave, and readers who lose their permission. */
import { connect } from "node:net";
import { beforeAll, expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { appendEntries } from "../testing/audit-log.ts";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { until } from "../testing/until.ts";

/** The last chunk of chunked transfer coding (RFC 9112 §7.1). Without it the transfer is incomplete. */
const LAST_CHUNK = "\r\n0\r\n\r\n";

/** Together 16 MB: more than the sockets and buffers between the server and a reader hold. */
const ENTRIES = 8_000;

const server = useServer();
let owner: Person;
let auditor: Person;
let workspace: Workspace;

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  auditor = await signUpPerson(server, "Audrey");
  workspace = await makeWorkspace(owner);
  await addMember(server, owner, workspace, auditor, workspace.roles.Admin);
  await appendEntries(server.database.ownerUrl, workspace.tenantId, ENTRIES, (index) => ({
    occurredAt: new Date(Date.UTC(2026, 2, 1) + index),
    action: "channel.edited",
    actorMemberId: uuidv7(),
    actorName: "Ada",
    targetType: "channel",
    targetId: uuidv7(),
    targetName: "Ops",
    ipAddress: null,
    userAgent: "x".repeat(2_000),
    changes: "{}",
  }));
});

interface Reader {
  /** Reads on. @returns everything that arrived, and whether it is complete */
  finish(): Promise<{ text: string; whole: boolean }>;
  leave(): void;
}

/** Requests the export, reads the beginning and pauses until the server has filled the buffers and waits. */
async function slowReader(who: Person): Promise<Reader> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(`GET ${workspace.path}/audit-log/export HTTP/1.1\r\nhost: ${hostname}\r\ncookie: ${who.cookieHeader()}\r\n\r\n`);
  const text = await new Promise<string>((begun) =>
    socket.once("data", (bytes: Buffer) => {
      socket.pause();
      begun(bytes.toString());
    }),
  );
  expect(text).toMatch(/^HTTP\/1.1 200 /);
  await until("the server to wait for its reader", async () => (await busy()) === 0);
  return {
    finish: () =>
      new Promise((done) => {
        const parts = [text];
        const isWhole = () => parts.slice(-2).join("").endsWith(LAST_CHUNK);
        socket.on("data", (bytes: Buffer) => {
          parts.push(bytes.toString());
          if (isWhole()) socket.destroy();
        });
        socket.on("close", () => done({ text: parts.join(""), whole: isWhole() }));
        socket.resume();
      }),
    leave: () => socket.destroy(),
  };
}

/** Database connections that are running something or have an open transaction. */
async function busy(): Promise<number> {
  const [row] = await server.database.query<{ count: string }>(
    `select count(*) from pg_stat_activity where datname = $1 and usename in ('whoot_app', 'whoot_platform')
      and (state <> 'idle' or wait_event = 'ClientWrite')`,
    [server.database.name],
  );
  return Number(row?.count);
}

const setRole = ({ email }: Person, roleId: string) =>
  server.database.query("update members set role_id = $3 where tenant_id = $1 and email = $2", [
    workspace.tenantId,
    email,
    roleId,
  ]);

test("slow readers hold no database connections, and those who read on get the whole export", async () => {
  const readers: Reader[] = [];
  for (let count = 0; count < 25; count += 1) readers.push(await slowReader(owner));
  expect((await owner.get(`${workspace.path}/audit-log`)).status).toBe(200);
  const [patient, ...hasty] = readers;
  for (const { leave } of hasty) leave();
  const read = await patient?.finish();
  expect(read?.whole).toBe(true);
  expect(read?.text.split("\r\n").filter((line) => /^\d+,"2026-/.test(line)).length).toBeGreaterThanOrEqual(ENTRIES);
  await until("the exports of readers who left to end", async () => (await busy()) === 0);
});

test("an audit log export does not contain an entry that is added after it began", async () => {
  const reader = await slowReader(owner);
  await owner.post(`${workspace.path}/channels`, { name: "Too late" });
  const { text, whole } = await reader.finish();
  expect(whole).toBe(true);
  expect(text).not.toContain("Too late");
});

test("a reader who loses the permission gets a transfer that breaks off and does not look complete", async () => {
  const demoted = await slowReader(auditor);
  await setRole(auditor, workspace.roles.Viewer);
  expect((await demoted.finish()).whole).toBe(false);
  await setRole(auditor, workspace.roles.Admin);

  const signedOut = await slowReader(auditor);
  await auditor.delete("/api/v1/session");
  expect((await signedOut.finish()).whole).toBe(false);
});

test("the deletion of a workspace ends its running export", async () => {
  const reader = await slowReader(owner);
  const deleted = await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug });
  expect(deleted.status).toBe(202);
  expect((await reader.finish()).whole).toBe(false);
});
