/** Members' sessions as a workspace sees them: listed, ended there alone, and limited in time. */
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import {
  addMember,
  letAuthenticationAge,
  makeRole,
  makeWorkspace,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import type { HttpClient } from "../testing/http.ts";
import { useServer } from "../testing/server.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";

const server = useServer();
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
});

interface Listed {
  sessionId: string;
  memberId: string;
  name: string;
  current: boolean;
  userAgent: string | null;
  ipAddress: string | null;
  whyNotEnd: string | null;
}

async function makeTeam(): Promise<{ workspace: Workspace; ben: Person }> {
  const workspace = await makeWorkspace(owner);
  await owner.get(workspace.path);
  const ben = await signUpPerson(server, "Ben");
  await addMember(server, owner, workspace, ben, workspace.roles.Member);
  await ben.get(workspace.path);
  return { workspace, ben };
}
const list = async (who: HttpClient, { path }: Workspace, query = "") =>
  (await who.get(`${path}/sessions${query}`)).json.items as Listed[];
const endOne = (who: HttpClient, { path }: Workspace, sessionId = "") => who.delete(`${path}/sessions/${sessionId}`);
const sessionOf = async (name: string, workspace: Workspace) =>
  (await list(owner, workspace)).find((session) => session.name === name) as Listed;
const setLimits = (who: HttpClient, { path }: Workspace, idleMinutes: number, absoluteMinutes: number) =>
  who.send("PUT", `${path}/security/session-limits`, { body: { idleMinutes, absoluteMinutes } });
const authenticateAgain = (who: HttpClient) => who.post("/api/v1/session/authentication", { password: PASSWORD });
const connect = (who: HttpClient, { slug }: Workspace) =>
  connectClient(`${server.url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`, { cookie: who.cookieHeader() });
const actions = async ({ path }: Workspace, group: string) =>
  ((await owner.get(`${path}/audit-log?group=${group}`)).json.items as Array<{ action: string }>).map(({ action }) => action);

describe("the list of members' sessions", () => {
  test("shows person, address and browser of each session that could enter, page by page", async () => {
    const { workspace, ben } = await makeTeam();
    const again = await signIn(server, ben.email);
    await again.get(workspace.path, { "user-agent": "Radio/1" });
    const all = await list(owner, workspace);
    expect(all.map(({ name, userAgent, current }) => [name, userAgent, current])).toEqual([
      ["Ben", "Radio/1", false],
      ["Ben", null, false],
      ["Olga", null, true],
    ]);
    expect(all[0]?.ipAddress).toBe("127.0.0.1");
    const first = (await owner.get(`${workspace.path}/sessions?limit=2`)).json;
    expect(await list(owner, workspace, `?limit=2&cursor=${first.nextCursor}`)).toMatchObject([{ name: "Olga" }]);
    expect(await list(owner, workspace, `?memberId=${all[0]?.memberId}`)).toHaveLength(2);
    expect(await list(owner, workspace, `?memberId=${randomUUID()}`)).toEqual([]);
    expect((await owner.get(`${workspace.path}/sessions?cursor=${"x".repeat(190)}`)).code).toBe("invalid_input");
    await again.delete("/api/v1/session");
    await server.database.query("update sessions set expires_at = now() where account_id = $1", [ben.accountId]);
    expect(await list(owner, workspace)).toMatchObject([{ name: "Olga" }]);
  });

  test("is only for members who may manage sessions", async () => {
    const { workspace, ben } = await makeTeam();
    expect((await ben.get(`${workspace.path}/sessions`)).code).toBe("forbidden");
    expect((await endOne(ben, workspace, (await sessionOf("Olga", workspace)).sessionId)).code).toBe("forbidden");
  });
});

describe("ending a session here", () => {
  test("ends its live audio here but not elsewhere, and lets it enter again after authenticating", async () => {
    const { workspace, ben } = await makeTeam();
    const elsewhere = await makeWorkspace(ben);
    const [here, there] = [connect(ben, workspace), connect(ben, elsewhere)];
    await Promise.all([here.opened(), there.opened()]);
    const closed = here.closed();
    const { sessionId } = await sessionOf("Ben", workspace);
    expect((await endOne(owner, workspace, sessionId)).status).toBe(204);
    await closed;

    expect(await ben.get(workspace.path)).toMatchObject({ status: 403, code: "session_expired_here" });
    expect((await ben.get(elsewhere.path)).status).toBe(200);
    there.send({ type: "ping" });
    there.close();
    expect((await list(owner, workspace)).map(({ name }) => name)).toEqual(["Olga"]);
    expect((await endOne(owner, workspace, sessionId)).code).toBe("not_found");

    expect((await authenticateAgain(ben)).status).toBe(204);
    expect((await ben.get(workspace.path)).status).toBe(200);
    expect(await list(owner, workspace)).toMatchObject([{ name: "Ben" }, { name: "Olga" }]);
    expect(await actions(workspace, "sign_in")).toEqual([
      "session.signed_in",
      "session.ended",
      "session.signed_in",
      "session.signed_in",
    ]);
  });

  test("a session that an admin ended is not signed out a second time", async () => {
    const { workspace, ben } = await makeTeam();
    await endOne(owner, workspace, (await sessionOf("Ben", workspace)).sessionId);
    await ben.delete("/api/v1/session");
    expect((await actions(workspace, "sign_in"))[0]).toBe("session.ended");
  });

  test("succeeds once when two admins end the same session at once", async () => {
    const { workspace } = await makeTeam();
    const { sessionId } = await sessionOf("Ben", workspace);
    const answers = await Promise.all([1, 2].map(() => endOne(owner, workspace, sessionId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
  });

  test("ends all of a member's sessions together, after a recent authentication", async () => {
    const { workspace, ben } = await makeTeam();
    const again = await signIn(server, ben.email);
    await again.get(workspace.path);
    const { memberId } = await sessionOf("Ben", workspace);
    const endAll = () => owner.delete(`${workspace.path}/members/${memberId}/sessions`);
    await letAuthenticationAge(server, owner);
    expect((await endAll()).code).toBe("reauthentication_required");
    await authenticateAgain(owner);
    expect((await endAll()).status).toBe(204);
    for (const session of [ben, again]) expect((await session.get(workspace.path)).code).toBe("session_expired_here");
    expect((await endAll()).code).toBe("not_found");
  });

  test("is refused for the owner's sessions and those of people who may do more, and allowed for one's own", async () => {
    const { workspace, ben } = await makeTeam();
    const helper = await makeRole(owner, workspace, ["users.view", "security.view", "security.manage_sessions"]);
    const { items } = (await owner.get(`${workspace.path}/members`)).json as { items: Array<{ memberId: string; name: string }> };
    const bens = items.find(({ name }) => name === "Ben")?.memberId;
    await owner.post(`${workspace.path}/members/role-changes`, { memberIds: [bens], roleId: helper });
    const admin = await signUpPerson(server, "Ada");
    await addMember(server, owner, workspace, admin, workspace.roles.Admin);
    await admin.get(workspace.path);
    const listed = new Map((await list(ben, workspace)).map((session) => [session.name, session]));
    expect((await endOne(ben, workspace, listed.get("Olga")?.sessionId)).code).toBe("owner_protected");
    expect((await endOne(ben, workspace, listed.get("Ada")?.sessionId)).code).toBe("outranked");
    expect(listed.get("Ada")?.whyNotEnd).toContain("Their role, Admin, lets them");
    expect((await endOne(admin, workspace, listed.get("Olga")?.sessionId)).code).toBe("owner_protected");
    expect((await endOne(ben, workspace, listed.get("Ben")?.sessionId)).status).toBe(204);
    expect((await ben.get(workspace.path)).code).toBe("session_expired_here");
  });

  test("gives a session of another workspace the answer of one that never existed", async () => {
    const [{ workspace }, other] = [await makeTeam(), await makeTeam()];
    const { sessionId } = await sessionOf("Ben", other.workspace);
    const answers = await Promise.all([sessionId, randomUUID()].map((id) => endOne(owner, workspace, id)));
    const [theirs, nobodys] = answers.map(({ json: { requestId: _, ...problem } }) => problem);
    expect(theirs).toEqual(nobodys);
    expect((await other.ben.get(other.workspace.path)).status).toBe(200);
  });
});

describe("session limits", () => {
  test("are the loosest at first, can be set by members with the permission, and every change is in the audit log once", async () => {
    const { workspace, ben } = await makeTeam();
    expect((await owner.get(`${workspace.path}/security/session-limits`)).json).toEqual({
      idleMinutes: 43_200,
      absoluteMinutes: 129_600,
      can: { set: true, seeSessions: true },
    });
    expect((await setLimits(ben, workspace, 15, 60)).code).toBe("forbidden");
    for (const [idle, absolute] of [
      [14, 60],
      [15, 59],
      [43_201, 60],
      [15, 129_601],
      [15.5, 60],
      [1e308, 60],
    ] as const)
      expect((await setLimits(owner, workspace, idle, absolute)).code).toBe("invalid_input");
    const answers = await Promise.all([1, 2].map(() => setLimits(owner, workspace, 15, 60)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await actions(workspace, "security")).filter((action) => action === "session.limits_changed")).toHaveLength(1);
  });

  test("that become stricter keep out sessions beyond them and end their live audio", async () => {
    const { workspace, ben } = await makeTeam();
    await server.database.query("update sessions set authenticated_at = now() - interval '2 hours' where account_id = $1", [
      ben.accountId,
    ]);
    const bens = connect(ben, workspace);
    await bens.opened();
    const closed = bens.closed();
    expect((await setLimits(owner, workspace, 15, 60)).status).toBe(200);
    await closed;
    expect((await ben.get(workspace.path)).code).toBe("session_expired_here");
    expect(await list(owner, workspace)).toMatchObject([{ name: "Olga" }]);
  });

  test("end a session that is idle here although it is used elsewhere, unless it is connected", async () => {
    const { workspace, ben } = await makeTeam();
    await setLimits(owner, workspace, 15, 129_600);
    const ageHere = () =>
      server.database.query(
        `with seen as (update member_sessions set last_seen_at = now() - interval '16 minutes' where tenant_id = $1)
        update sessions set authenticated_at = now() - interval '1 hour' where account_id = $2`,
        [workspace.tenantId, ben.accountId],
      );
    const bens = connect(ben, workspace);
    await bens.opened();
    await ageHere();
    // Any change makes the gateway look again at who may stay, as it does each minute.
    await owner.post(`${workspace.path}/channels`, { name: "New" });
    await setLimits(owner, workspace, 15, 120_000);
    await expect.poll(() => ben.get(workspace.path).then(({ status }) => status)).toBe(200);
    bens.close();
    await bens.closed().catch(() => {});
    await ageHere();
    expect((await ben.get(workspace.path)).code).toBe("session_expired_here");
    expect((await ben.get("/api/v1/me")).status).toBe(200);
  });
});
