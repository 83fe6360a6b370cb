/** A workspace whose requests hang must not hold up anybody else. */
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

/** Locks the end of the workspace's audit log, for which every change waits. */
async function holdAuditLog(slug: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: server.database.ownerUrl });
  await client.connect();
  const [tenant] = await server.database.query<{ tenant_id: string }>("select tenant_id from tenants where slug = $1", [slug]);
  await client.query("begin");
  await client.query("select set_config('whoot.tenant_id', $1, true)", [tenant?.tenant_id]);
  const { rowCount } = await client.query("select from audit_heads for update");
  if (rowCount !== 1) throw new Error("no row was locked");
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

const PER_PERSON = server.config.quotas.connectionsPerPerson;
const FULL = "This workspace is handling too many requests at once. Nothing was changed; try again in a moment.";
const CHANGING = "Another change is taking a long time. Nothing was changed; try again in a moment.";

test("fifty hanging requests hold up only their own workspace", async () => {
  // More bytes than the sockets and buffers between the server and a reader hold.
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
    await until(
      "as many requests as a person has connections to wait for the lock",
      async () => (await waitingForLocks()) === PER_PERSON,
    );

    // One client waits in line and disconnects.
    const leaving = httpRequest(`${server.url}${crowded.path}/channels`, {
      method: "POST",
      headers: { cookie: ada.cookieHeader(), "content-type": "application/json" },
    });
    leaving.on("error", () => {});
    leaving.end(JSON.stringify({ name: "Gone" }));
    await new Promise((resolve) => leaving.once("finish", resolve));

    for (let i = 0; i < 10; i += 1) await makeChannel(bob, other, { name: `At once ${i}` });
    expect((await bob.get("/api/v1/me")).status).toBe(200);
    // The overview reads six workspaces at a time. It must not wait for the hanging requests of this one.
    const glances = await Promise.all(Array.from({ length: 8 }, () => ada.get("/api/v1/me/tenants")));
    for (const { json } of glances) expect(json.items).toMatchObject([{ slug: crowded.slug, access: "open" }]);
    expect((await bob.get("/api/v1/me/tenants")).json.items).toMatchObject([{ slug: other.slug, access: "open" }]);
    expect(answered).toBe(0);
    leaving.destroy();

    // The download checks whether it may go on. The check cannot be answered until those in line have been refused.
    const downloaded = download.goOn();
    await until("all others to be refused", () => answered === 50 - PER_PERSON);
    await hold.release();
    const answers = await Promise.all(hanging);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(PER_PERSON);
    const refused = answers.filter(({ status }) => status !== 201);
    for (const { status, code, headers } of refused) {
      expect([status, code, headers["retry-after"]]).toEqual([503, "unavailable", "1"]);
    }
    // PostgreSQL lets the first in the queue wait twice: for its turn, and then for the lock's holder.
    const changing = refused.filter(({ json }) => json.detail === CHANGING).length;
    expect([1, 2]).toContain(changing);
    expect(refused.filter(({ json }) => json.detail === FULL)).toHaveLength(50 - PER_PERSON - changing);
    expect(await downloaded).toBe("whole");
  } finally {
    await hold.release();
  }
  const { json } = await ada.get(`${crowded.path}/channels`);
  expect(json.items).toHaveLength(PER_PERSON);
  await until("every transaction to be over", async () => {
    const open =
      "select from pg_stat_activity where datname = current_database() and usename = 'whoot_app' and xact_start is not null";
    return (await server.database.query(open)).length === 0;
  });
});

test("live audio's reads of a workspace don't wait for its requests", async () => {
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

test("ten people whose workspaces hang leave database connections for others", async () => {
  const crowds = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const person = await signUpPerson(server, "Eve");
      return { person, workspace: await makeWorkspace(person) };
    }),
  );
  const holds = await Promise.all(crowds.map(({ workspace }) => holdAuditLog(workspace.slug)));
  try {
    const hanging = crowds.flatMap(({ person, workspace }) =>
      Array.from({ length: 20 }, (_, i) => person.post(`${workspace.path}/channels`, { name: `Hanging ${i}` })),
    );
    await until("each of them to wait for a lock", async () => (await waitingForLocks()) >= 10);
    for (let i = 0; i < 2; i += 1) await makeChannel(bob, other, { name: `Beside them ${i}` });
    expect(await waitingForLocks()).toBeLessThanOrEqual(15);
    await Promise.all(holds.map((hold) => hold.release()));
    await Promise.all(hanging);
  } finally {
    await Promise.all(holds.map((hold) => hold.release()));
  }
});

test("people who cannot be signed out of a hanging workspace are told so, and meanwhile others can use whoot and sign out", async () => {
  const leaving = await Promise.all(Array.from({ length: 6 }, () => signUpPerson(server, "Eve")));
  const workspaces = await Promise.all(leaving.map((person) => makeWorkspace(person)));
  const visitor = await signUpPerson(server, "Vera");
  const holds = await Promise.all(workspaces.map(({ slug }) => holdAuditLog(slug)));
  const refused = leaving.map((person) => person.delete("/api/v1/session"));
  await until("as many sign-outs as may run to wait for the lock", async () => (await waitingForLocks()) === 3);
  expect((await bob.get(`${other.path}/channels`)).status).toBe(200);
  // This sign-out queues behind all of them.
  expect((await visitor.delete("/api/v1/session")).status).toBe(204);
  expect((await Promise.all(refused)).map(({ json }) => json.detail)).toEqual(leaving.map(() => CHANGING));
  expect((await Promise.all(leaving.map((person) => person.get("/api/v1/me")))).map(({ status }) => status)).toEqual(
    leaving.map(() => 200),
  );
  await Promise.all(holds.map((hold) => hold.release()));
  const signedOut = await Promise.all(leaving.map((person) => person.delete("/api/v1/session")));
  expect(signedOut.map(({ status }) => status)).toEqual(leaving.map(() => 204));
});

test("a session that is used by many requests during its blocked sign-out does not hold up anybody else", async () => {
  const eve = await signUpPerson(server, "Eve");
  const hold = await holdAuditLog((await makeWorkspace(eve)).slug);
  // The next request extends the session.
  await server.database.query("update sessions set last_seen_at = now() - interval '10 minutes' where account_id = $1", [
    eve.accountId,
  ]);
  const headers = { cookie: eve.cookieHeader(), "sec-fetch-site": "same-origin" };
  const signedOut = fetch(`${server.url}/api/v1/session`, { method: "DELETE", headers });
  try {
    await until("the sign-out to wait", async () => (await waitingForLocks()) === 1);
    const ask = () => fetch(`${server.url}/api/v1/me`, { headers }).then(({ status }) => status, String);
    const statuses = Promise.all(Array.from({ length: 30 }, ask));
    expect((await bob.get("/api/v1/me")).status).toBe(200);
    expect(new Set(await statuses)).toEqual(new Set([200]));
  } finally {
    await hold.release();
  }
  // By then the sign-out may have been refused, because it waited more than a second.
  expect([204, 503]).toContain((await signedOut).status);
});
