/** A person's own sessions: listed, ended one by one or all others, and ended by time. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { addMember, makeWorkspace, PASSWORD, type Person, signIn, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";

const server = useServer();

interface Listed {
  sessionId: string;
  current: boolean;
  signIn: { at: string; ipAddress: string; userAgent: string | null };
  lastUse: { at: string; ipAddress: string; userAgent: string | null };
}
const list = async (who: { get: Person["get"] }) => (await who.get("/api/v1/me/sessions")).json.items as Listed[];
const isSignedIn = async (who: { get: Person["get"] }) => (await who.get("/api/v1/me")).status === 200;

const backdate = (person: Person, column: "last_seen_at" | "authenticated_at", ago: string) =>
  server.database.query(`update sessions set ${column} = now() - $2::interval where account_id = $1`, [person.accountId, ago]);

test("the list of sessions shows where each one began and was last used, the current one first", async () => {
  const ada = await signUpPerson(server, "Ada");
  const other = await signIn(server, ada.email);
  expect(await list(ada)).toMatchObject([
    { current: true, signIn: { ipAddress: "127.0.0.1" } },
    { current: false, lastUse: { ipAddress: "127.0.0.1", userAgent: null } },
  ]);
  await backdate(ada, "last_seen_at", "6 minutes");
  await other.get("/api/v1/me", { "user-agent": "x".repeat(5_000) });
  const [mine, theirs] = await list(ada);
  expect(mine?.signIn.userAgent).toBeNull();
  expect(theirs).toMatchObject({ signIn: { userAgent: null }, lastUse: { userAgent: "x".repeat(300) } });
  // Within five minutes nothing is written again.
  await other.get("/api/v1/me", { "user-agent": "another" });
  expect((await list(ada))[1]?.lastUse.userAgent).toBe("x".repeat(300));
});

test("ending a session ends its live audio, signs it out of its workspaces, and leaves the other sessions", async () => {
  const ada = await signUpPerson(server, "Ada");
  const workspace = await makeWorkspace(ada);
  const other = await signIn(server, ada.email);
  const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${workspace.slug}/gateway`;
  const live = connectClient(url, { cookie: other.cookieHeader() });
  await live.opened();
  const closed = live.closed();
  const sessionId = (await list(other))[0]?.sessionId;
  const answers = await Promise.all([1, 2].map(() => ada.delete(`/api/v1/me/sessions/${sessionId}`)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
  await closed;
  expect(await isSignedIn(other)).toBe(false);
  expect(await isSignedIn(ada)).toBe(true);
  const log = (await ada.get(`${workspace.path}/audit-log?group=sign_in`)).json.items;
  expect(log.map(({ action }: { action: string }) => action)).toEqual([
    "session.signed_out",
    "session.signed_in",
    "session.signed_in",
  ]);
});

test("nobody ends another person's session, and an unknown id gets the same answer", async () => {
  const [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  const bens = (await list(ben))[0]?.sessionId;
  const answers = await Promise.all([bens, randomUUID()].map((id) => ada.delete(`/api/v1/me/sessions/${id}`)));
  const [his, nobodys] = answers.map(({ json: { requestId: _, ...problem } }) => problem);
  expect(his).toEqual(nobodys);
  expect(his.code).toBe("not_found");
  expect(await isSignedIn(ben)).toBe(true);
  expect((await ada.delete(`/api/v1/me/sessions/${"x".repeat(2_000)}`)).code).toBe("not_found");
});

test("signing out everywhere else needs a recent authentication", async () => {
  const ada = await signUpPerson(server, "Ada");
  const other = await signIn(server, ada.email);
  await backdate(ada, "authenticated_at", "6 minutes");
  expect((await ada.delete("/api/v1/me/other-sessions")).code).toBe("reauthentication_required");
  expect(await isSignedIn(other)).toBe(true);
  await ada.post("/api/v1/session/authentication", { password: PASSWORD });
  expect((await ada.delete("/api/v1/me/other-sessions")).status).toBe(204);
  expect([await isSignedIn(other), await isSignedIn(ada)]).toEqual([false, true]);
});

test("a session ends 30 days after its last use, and 90 days after its newest authentication", async () => {
  const ada = await signUpPerson(server, "Ada");
  const daysLeft = async () => {
    const [row] = await server.database.query<{ days: string }>(
      "select round(extract(epoch from expires_at - now()) / 86400) as days from sessions where account_id = $1",
      [ada.accountId],
    );
    return Number(row?.days);
  };
  expect(await daysLeft()).toBe(30);
  await backdate(ada, "authenticated_at", "80 days");
  await backdate(ada, "last_seen_at", "6 minutes");
  expect(await isSignedIn(ada)).toBe(true);
  expect(await daysLeft()).toBe(10);
  await ada.post("/api/v1/session/authentication", { password: PASSWORD });
  expect(await daysLeft()).toBe(30);
});

test("a session that authenticates again can enter the workspace in which it had expired", async () => {
  const [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  const workspace = await makeWorkspace(ada);
  await addMember(server, ada, workspace, ben, workspace.roles.Member);
  await server.database.query("update tenants set session_absolute_minutes = 60 where tenant_id = $1", [workspace.tenantId]);
  await backdate(ben, "authenticated_at", "2 hours");
  expect(await ben.get(workspace.path)).toMatchObject({ status: 403, code: "session_expired_here" });
  expect(await isSignedIn(ben)).toBe(true);
  await ben.post("/api/v1/session/authentication", { password: PASSWORD });
  expect((await ben.get(workspace.path)).status).toBe(200);
});
