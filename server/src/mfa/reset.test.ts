/** Turning off the second factors of somebody who lost their devices, at the request of all workspaces that rely on their account. */
import { builtInPermissions } from "#contract/permissions.ts";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type App, enrol, timeForCodes } from "../testing/factors.ts";
import { type Answer, httpClient } from "../testing/http.ts";
import {
  addMember,
  letAuthenticationAge,
  makeRole,
  makeWorkspace,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";

const server = useServer();
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
});
beforeEach(async () => {
  await timeForCodes();
  await server.database.query("update sessions set authenticated_at = now()");
});

interface Lost {
  ben: Person;
  app: App;
  workspace: Workspace;
}

async function join(workspace: Workspace, person: Person, admin = owner, roleId = workspace.roles.Member) {
  await addMember(server, admin, workspace, person, roleId);
}

/** A member with an authenticator app, who has lost it. */
async function makeLost(): Promise<Lost> {
  const workspace = await makeWorkspace(owner);
  const ben = await signUpPerson(server, "Ben");
  await join(workspace, ben);
  const { app } = await enrol(ben);
  return { workspace, ben, app };
}

async function memberIdOf({ path }: Workspace, name: string): Promise<string> {
  const { items } = (await owner.get(`${path}/members?search=${name}`)).json as { items: Array<{ memberId: string }> };
  return items[0]?.memberId ?? "";
}

const ask = async (who: Person, workspace: Workspace, name = "Ben") =>
  who.post(`${workspace.path}/members/${await memberIdOf(workspace, name)}/mfa-reset`);

/** Asks, and takes the link from the mail. */
async function askFor({ ben, workspace }: Pick<Lost, "ben" | "workspace">): Promise<string> {
  expect((await ask(owner, workspace)).status).toBe(204);
  return tokenOf((await server.mailTo(ben.email, /Turn off your two-step verification/)).link);
}

const redeem = (token: string, password = PASSWORD): Promise<Answer> =>
  httpClient(server.url).post("/api/v1/mfa-reset", { token, password });

async function hasFactor(ben: Person): Promise<boolean> {
  const answer = await httpClient(server.url).post("/api/v1/session", { email: ben.email, password: PASSWORD });
  return !answer.json.account;
}

const later = (ben: Person, workspace: Workspace, minutes: number) =>
  server.database.query(
    "update directory_mfa_resets set asked_at = asked_at - make_interval(mins => $3) where account_id = $1 and tenant_id = $2",
    [ben.accountId, workspace.tenantId, minutes],
  );

async function actions({ path }: Workspace): Promise<string[]> {
  const { items } = (await owner.get(`${path}/audit-log?group=security`)).json as {
    items: Array<{ action: string; actor: { name: string }; target: { name: string } }>;
  };
  return items.map(({ action, actor, target }) => `${actor.name} ${action} ${target.name}`);
}

test("an admin's request turns second factors off once the person opens the link and enters the password; all sessions end, and an enforced policy asks anew", async () => {
  const { ben, workspace } = await makeLost();
  const gateway = connectClient(`${server.url.replace("http", "ws")}/api/v1/tenants/${workspace.slug}/gateway`, {
    cookie: ben.cookieHeader(),
  });
  await gateway.opened();
  const token = await askFor({ ben, workspace });
  await server.mailTo(owner.email, /asked to turn off the two-step verification of Ben/);
  expect(await hasFactor(ben)).toBe(true);
  expect(await redeem(token, "not the password at all")).toMatchObject({ status: 401, code: "wrong_credentials" });
  expect(await hasFactor(ben)).toBe(true);

  expect((await redeem(token)).status).toBe(204);
  await gateway.closed();
  expect((await ben.get("/api/v1/me")).code).toBe("not_signed_in");
  await server.mailTo(ben.email, /Two-step verification is off/);
  expect(await actions(workspace)).toEqual(["Ben mfa.reset Ben", "Olga mfa.reset_asked Ben"]);
  await server.database.query("update tenants set mfa_policy = 'enforced' where tenant_id = $1", [workspace.tenantId]);
  const again = await signIn(server, ben.email);
  expect((await again.get(workspace.path)).code).toBe("mfa_required");
  expect((await redeem(token)).status).toBe(404);
});

test("of two requests with one reset link at once, only one turns the second factors off", async () => {
  const lost = await makeLost();
  const token = await askFor(lost);
  const answers = await Promise.all([redeem(token), redeem(token)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
  expect((await actions(lost.workspace)).filter((entry) => entry.includes("mfa.reset "))).toHaveLength(1);
});

describe("an account that several workspaces rely on", () => {
  /** Ben is in two workspaces: one of Mallory's, and the owner's. */
  async function makeTwo() {
    const lost = await makeLost();
    const mallory = await signUpPerson(server, "Mallory");
    const hostile = await makeWorkspace(mallory);
    await join(hostile, lost.ben, mallory);
    return { ...lost, mallory, hostile };
  }

  async function askIn(admin: Person, workspace: Workspace, ben: Person): Promise<string> {
    const { items } = (await admin.get(`${workspace.path}/members?search=Ben`)).json;
    expect((await admin.post(`${workspace.path}/members/${items[0].memberId}/mfa-reset`)).status).toBe(204);
    return tokenOf((await server.mailTo(ben.email, /Turn off your two-step verification/)).link);
  }

  test("is not weakened by one workspace alone, and the person reads whom to ask; once all have asked, any link works", async () => {
    const { ben, mallory, hostile, workspace } = await makeTwo();
    const token = await askIn(mallory, hostile, ben);
    const refused = await redeem(token);
    expect(refused).toMatchObject({ status: 409, code: "mfa_reset_incomplete" });
    expect(refused.json.detail).toContain(`An admin of each must ask for this within a day: Workspace ${workspace.slug}.`);
    expect(await hasFactor(ben)).toBe(true);
    expect((await ben.get(workspace.path)).status).toBe(200);
    // Nobody who lacks the password learns of other workspaces.
    expect((await redeem(token, "not the password at all")).json.detail).not.toContain(workspace.slug);

    await askIn(owner, workspace, ben);
    expect((await redeem(token)).status).toBe(204);
    expect(await hasFactor(ben)).toBe(false);
    for (const place of [workspace, hostile]) {
      const rows = await server.database.query("select 1 from audit_log where tenant_id = $1 and action = 'mfa.reset'", [
        place.tenantId,
      ]);
      expect(rows).toHaveLength(1);
    }
  });

  test("keeps a request for a day and its link for an hour", async () => {
    const { ben, mallory, hostile, workspace } = await makeTwo();
    const first = await askIn(mallory, hostile, ben);
    await later(ben, hostile, 61);
    expect(await redeem(first)).toMatchObject({ status: 410, code: "link_expired" });
    const second = await askIn(owner, workspace, ben);
    await later(ben, hostile, 24 * 60);
    expect(await redeem(second)).toMatchObject({ status: 409, code: "mfa_reset_incomplete" });
    await later(ben, hostile, -24 * 60);
    expect((await redeem(second)).status).toBe(204);
  });

  test("needs nobody in a workspace where the person is alone, and the operator where the person owns one with other members", async () => {
    const lost = await makeLost();
    const own = await makeWorkspace(lost.ben, undefined, "Ben's own");
    const cleo = await signUpPerson(server, "Cleo");
    const token = await askFor(lost);
    await join(own, cleo, lost.ben);
    expect((await redeem(token)).json.detail).toContain("You own Ben's own, so only whoever runs this whoot server");
    const { items } = (await lost.ben.get(`${own.path}/members?search=Cleo`)).json;
    await lost.ben.post(`${own.path}/members/removals`, { memberIds: [items[0].memberId] });
    expect((await redeem(token)).status).toBe(204);
  });

  test("does not need a workspace that removed the person", async () => {
    const lost = await makeLost();
    const token = await askFor(lost);
    await owner.post(`${lost.workspace.path}/members/removals`, { memberIds: [await memberIdOf(lost.workspace, "Ben")] });
    expect((await redeem(token)).status).toBe(404);
    expect(await hasFactor(lost.ben)).toBe(true);
  });
});

describe("a reset request no longer counts once whoever asked", () => {
  type Undo = (scene: Lost & { helper: Person; helperId: string }) => Promise<Answer>;
  const role = (roleId: string, { workspace }: Lost, memberId: string) =>
    owner.post(`${workspace.path}/members/role-changes`, { memberIds: [memberId], roleId });
  test.each<[string, Undo]>([
    [
      "was suspended",
      ({ workspace, helperId }) => owner.post(`${workspace.path}/members/suspensions`, { memberIds: [helperId] }),
    ],
    ["was removed", ({ workspace, helperId }) => owner.post(`${workspace.path}/members/removals`, { memberIds: [helperId] })],
    ["left", ({ workspace, helper }) => helper.post(`${workspace.path}/departure`)],
    ["lost the permission", (scene) => role(scene.workspace.roles.Viewer, scene, scene.helperId)],
    [
      "may do less than the person, who may do more since",
      async (scene) => role(scene.workspace.roles.Admin, scene, await memberIdOf(scene.workspace, "Ben")),
    ],
  ])("%s; another admin's takes its place", async (_how, undo) => {
    const lost = await makeLost();
    const { workspace, ben } = lost;
    const helper = await signUpPerson(server, "Helper");
    await join(workspace, helper, owner, await makeRole(owner, workspace, ["users.view", "users.disable_mfa"]));
    // And all that a Member holds.
    await server.database.query(
      "update roles set permissions = permissions || $2::text[] where tenant_id = $1 and built_in is null",
      [workspace.tenantId, [...builtInPermissions("member")]],
    );
    expect((await ask(helper, workspace)).status).toBe(204);
    const token = tokenOf((await server.mailTo(ben.email, /Turn off your two-step verification/)).link);
    expect((await undo({ ...lost, helper, helperId: await memberIdOf(workspace, "Helper") })).status).toBeLessThan(300);
    expect(await redeem(token)).toMatchObject({ status: 409, code: "mfa_reset_incomplete" });
    expect(await hasFactor(ben)).toBe(true);
    expect((await redeem(await askFor(lost))).status).toBe(204);
  });
});

test("a reset link stops working once the person uses a second factor, because the factor is not lost", async () => {
  const lost = await makeLost();
  const token = await askFor(lost);
  expect((await lost.ben.post("/api/v1/session/authentication", { code: lost.app.code() })).status).toBe(204);
  expect((await redeem(token)).code).toBe("not_found");
  // Also for somebody who then takes the password over by mail, which ends all sessions.
  await server.database.query("delete from sessions where account_id = $1", [lost.ben.accountId]);
  expect((await redeem(token)).code).toBe("not_found");
  expect(await hasFactor(lost.ben)).toBe(true);
});

test("wrong passwords at a reset link are slowed down", async () => {
  const token = await askFor(await makeLost());
  const codes: Array<string | undefined> = [];
  for (let guess = 0; guess < 11; guess += 1) codes.push((await redeem(token, `wrong password number ${guess}`)).code);
  expect(codes.at(-1)).toBe("rate_limited");
  expect(new Set(codes.slice(0, 10))).toEqual(new Set(["wrong_credentials"]));
});

test("only a member with the permission, all that the other holds and a recent authentication can ask for a reset, never for oneself or the owner", async () => {
  const { ben, workspace } = await makeLost();
  const helper = await signUpPerson(server, "Helper");
  const boss = await signUpPerson(server, "Boss");
  const roleId = await makeRole(owner, workspace, ["users.view", "users.disable_mfa"]);
  await join(workspace, helper, owner, roleId);
  await join(workspace, boss, owner, workspace.roles.Admin);
  await enrol(boss);
  await enrol(helper);
  await server.database.query("update sessions set authenticated_at = now()");
  expect(await ask(ben, workspace, "Helper")).toMatchObject({ status: 403, code: "forbidden" });
  expect(await ask(helper, workspace, "Boss")).toMatchObject({ status: 403, code: "outranked" });
  expect(await ask(helper, workspace, "Helper")).toMatchObject({ status: 409, code: "not_yourself" });
  expect(await ask(boss, workspace, "Olga")).toMatchObject({ status: 409, code: "owner_protected" });
  // A Member may talk, and the helper may not: through the Member's account, the helper could.
  expect(await ask(helper, workspace, "Ben")).toMatchObject({ status: 403, code: "outranked" });
  expect((await ask(boss, workspace, "Helper")).status).toBe(204);
  const cleo = await signUpPerson(server, "Cleo");
  await join(workspace, cleo);
  expect(await ask(boss, workspace, "Cleo")).toMatchObject({ status: 409, code: "no_second_factor" });
  const { items } = (await boss.get(`${workspace.path}/members?search=Olga`)).json;
  expect(items[0]).toMatchObject({ can: { disableMfa: false }, why: { disableMfa: expect.stringContaining("whoever runs") } });
  await letAuthenticationAge(server, boss);
  expect((await ask(boss, workspace, "Ben")).code).toBe("reauthentication_required");
});
