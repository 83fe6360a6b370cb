/** One workspace whose requests hang, and everybody else. */
import { request as httpRequest } from "node:http";
import pg from "pg";
import { beforeAll, expect, test } from "vitest";
import { makeVoiceAccess } from "../gateway/access.ts";
import { appendEntries } from "../testing/audit-log.ts";
import { makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { beginDownload } from "../testing/slow-download.ts";
import { openServices } from "../testing/transmissions.ts";
import { until } from "../testing/until.ts";

const server = useServer();
let ada: Person;
let bob: Person;
let crowded: Workspace;
let other: Workspace;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  bob = await signUpPerson(server, "Bob");
  crowded = await makeWorkspace(ada);
  other = await makeWorkspace(bob);
});

/** Holds the end of the workspace's audit log, behind which every change waits. */
async function holdAuditLog(slug: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: server.database.ownerUrl });
  await client.connect();
  const [tenant] = await server.database.query<{ tenant_id: string }>("select tenant_id from tenants where slug = $1", [slug]);
  await client.query("begin");
  await client.query("select set_config('whoot.tenant_id', $1, true)", [tenant?.tenant_id]);
  const { rowCount } = await client.query("select from audit_heads for update");
  if (rowCount !== 1) throw new Error("nothing is held");
  return { release: () => client.end() };
}

const waitingForLocks = async () =>
  Number(
    (
      await server.database.query<{ count: string }>(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
    )[0]?.count,
  );

const FULL = "Too much is asked of this workspace at once. Nothing was changed; try again in a moment.";
const CHANGING = "Another change to the same thing takes long right now. Nothing was changed; try again in a moment.";

test("fifty requests that hang keep their own workspace waiting and nobody else", async () => {
  // More than the sockets and buffers between a server and its reader hold.
  await appendEntries(server.database.ownerUrl, crowded.tenantId, 20_000, (index) => ({
    occurredAt: new Date(Date.UTC(2026, 2, 1) + index),
    action: "channel.edited",
    actorMemberId: null,
    actorName: "Ada",
    targetType: "channel",
    targetId: null,
    targetName: "Ops",
    ipAddress: null,
    userAgent: "x".repeat(500),
    changes: "{}",
  }));
  const download = await beginDownload(server, ada, `${crowded.path}/audit-log/export`);
  const hold = await holdAuditLog(crowded.slug);
  let answered = 0;
  const make = async (i: number) => {
    const answer = await ada.post(`${crowded.path}/channels`, { name: `Hanging ${i}` });
    answered += 1;
    return answer;
  };
  try {
    const hanging = Array.from({ length: 50 }, (_, i) => make(i));
    // Half of the connections: as many as it leaves free.
    await until("what may wait to wait", async () => (await waitingForLocks()) === 10);

    // Somebody asks, waits in line and goes away.
    const leaving = httpRequest(`${server.url}${crowded.path}/channels`, {
      method: "POST",
      headers: { cookie: ada.cookieHeader(), "content-type": "application/json" },
    });
    leaving.on("error", () => {});
    leaving.end(JSON.stringify({ name: "Gone" }));
    await new Promise((resolve) => leaving.once("finish", resolve));

    for (let i = 0; i < 10; i += 1) await makeChannel(bob, other, { name: `At once ${i}` });
    expect((await bob.get("/api/v1/me")).status).toBe(200);
    // Of everybody's overviews six workspaces are read at a time: none of them waits for that one's requests.
    const glances = await Promise.all(Array.from({ length: 8 }, () => ada.get("/api/v1/me/tenants")));
    for (const { json } of glances) expect(json.items).toMatchObject([{ slug: crowded.slug, access: "open" }]);
    expect((await bob.get("/api/v1/me/tenants")).json.items).toMatchObject([{ slug: other.slug, access: "open" }]);
    expect(answered).toBe(0);
    leaving.destroy();

    // It is asked whether it may go on, and nobody can say, until after those in line were refused.
    const downloaded = download.goOn();
    await until("those who waited for the lock or in line to be refused", () => answered === 40);
    await hold.release();
    const answers = await Promise.all(hanging);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    const refused = answers.filter(({ status }) => status !== 201);
    for (const { status, code, headers } of refused) {
      expect([status, code, headers["retry-after"]]).toEqual([503, "unavailable", "1"]);
    }
    // PostgreSQL lets the first of a queue wait twice: for its turn, and then for whoever holds the lock.
    const changing = refused.filter(({ json }) => json.detail === CHANGING).length;
    expect([9, 10]).toContain(changing);
    expect(refused.filter(({ json }) => json.detail === FULL)).toHaveLength(40 - changing);
    expect(await downloaded).toBe("whole");
  } finally {
    await hold.release();
  }
  const { json } = await ada.get(`${crowded.path}/channels`);
  expect(json.items).toHaveLength(10);
  await until("every transaction to be over", async () => {
    const open =
      "select from pg_stat_activity where datname = current_database() and usename = 'whoot_app' and xact_start is not null";
    return (await server.database.query(open)).length === 0;
  });
});

test("what live audio asks of a workspace doesn't wait for its requests: of all workspaces four are read at a time", async () => {
  const services = await openServices(server);
  try {
    const end = Promise.withResolvers<void>();
    const [tenant] = await server.database.query<{ tenant_id: string }>("select tenant_id from tenants where slug = $1", [
      crowded.slug,
    ]);
    const tenantId = tenant?.tenant_id ?? "";
    const hanging = Promise.allSettled(
      Array.from({ length: 50 }, () => services.database.withTenant(tenantId, () => end.promise)),
    );
    const begun = performance.now();
    const read = makeVoiceAccess(services).listChannels(tenantId);
    await read.finally(() => end.resolve());
    expect(performance.now() - begun).toBeLessThan(4_000);
    await hanging;
  } finally {
    await services.close();
  }
});

test("so many workspaces that hang that they hold all connections: whoever comes then is served when the first of them is refused", async () => {
  const crowds = await Promise.all(
    Array.from({ length: 7 }, async () => {
      const person = await signUpPerson(server, "Eve");
      return { person, workspace: await makeWorkspace(person) };
    }),
  );
  const holds = await Promise.all(crowds.map(({ workspace }) => holdAuditLog(workspace.slug)));
  try {
    const hanging = crowds.flatMap(({ person, workspace }) =>
      Array.from({ length: 20 }, (_, i) => person.post(`${workspace.path}/channels`, { name: `Hanging ${i}` })),
    );
    await until("all connections to wait", async () => (await waitingForLocks()) === 20);
    for (let i = 0; i < 2; i += 1) await makeChannel(bob, other, { name: `Beside them ${i}` });
    await Promise.all(holds.map((hold) => hold.release()));
    await Promise.all(hanging);
  } finally {
    await Promise.all(holds.map((hold) => hold.release()));
  }
});

test("people who sign out of a workspace that hangs are told so, and keep nobody from coming in or from signing out", async () => {
  const leaving = await Promise.all(Array.from({ length: 6 }, () => signUpPerson(server, "Eve")));
  const workspaces = await Promise.all(leaving.map((person) => makeWorkspace(person)));
  const visitor = await signUpPerson(server, "Vera");
  const holds = await Promise.all(workspaces.map(({ slug }) => holdAuditLog(slug)));
  const refused = leaving.map((person) => person.delete("/api/v1/session"));
  await until("those who may wait to wait", async () => (await waitingForLocks()) === 3);
  expect((await bob.get(`${other.path}/channels`)).status).toBe(200);
  // Behind all of them.
  expect((await visitor.delete("/api/v1/session")).status).toBe(204);
  expect((await Promise.all(refused)).map(({ json }) => json.detail)).toEqual(leaving.map(() => CHANGING));
  expect((await Promise.all(leaving.map((person) => person.get("/api/v1/me")))).map(({ status }) => status)).toEqual(
    leaving.map(() => 200),
  );
  await Promise.all(holds.map((hold) => hold.release()));
  const signedOut = await Promise.all(leaving.map((person) => person.delete("/api/v1/session")));
  expect(signedOut.map(({ status }) => status)).toEqual(leaving.map(() => 204));
});

test("nor does a session that is signed out while it is used, after a rest, by many requests", async () => {
  const eve = await signUpPerson(server, "Eve");
  const hold = await holdAuditLog((await makeWorkspace(eve)).slug);
  // The next request extends it.
  await server.database.query("update sessions set last_seen_at = now() - interval '10 minutes' where account_id = $1", [
    eve.accountId,
  ]);
  const headers = { cookie: eve.cookieHeader(), "sec-fetch-site": "same-origin" };
  const signedOut = fetch(`${server.url}/api/v1/session`, { method: "DELETE", headers });
  try {
    await until("it to wait", async () => (await waitingForLocks()) === 1);
    const ask = () => fetch(`${server.url}/api/v1/me`, { headers }).then(({ status }) => status, String);
    const asked = Promise.all(Array.from({ length: 30 }, ask));
    expect((await bob.get("/api/v1/me")).status).toBe(200);
    expect(new Set(await asked)).toEqual(new Set([200]));
  } finally {
    await hold.release();
  }
  // Refused by then, should it have waited for a second.
  expect([204, 503]).toContain((await signedOut).status);
});
