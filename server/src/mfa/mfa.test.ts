/** A workspace's policy on two-step verification, on the real server and with live connections. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { enrol, timeForCodes } from "../testing/factors.ts";
import {
  addMember,
  letAuthenticationAge,
  makeRole,
  makeWorkspace,
  PASSWORD,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";

const server = useServer();
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  await enrol(owner);
});
beforeEach(() => timeForCodes());

const setPolicy = (who: Person, { path }: Workspace, policy: string) =>
  who.send("PUT", `${path}/security/mfa`, { body: { policy } });

async function makeTeam(): Promise<{ workspace: Workspace; ben: Person }> {
  const workspace = await makeWorkspace(owner);
  const ben = await signUpPerson(server, "Ben");
  await addMember(server, owner, workspace, ben, workspace.roles.Member);
  return { workspace, ben };
}

function connect(person: Person, { slug }: Workspace) {
  const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`;
  return connectClient(url, { cookie: person.cookieHeader() });
}

describe("an enforced policy", () => {
  test("keeps out whoever has no second factor until they set it up, and leaves their other workspaces alone", async () => {
    const { workspace, ben } = await makeTeam();
    const own = await makeWorkspace(ben);
    expect(await setPolicy(owner, workspace, "enforced")).toMatchObject({ status: 200, json: { policy: "enforced" } });
    expect(await ben.get(workspace.path)).toMatchObject({ status: 403, code: "mfa_required" });
    const { items } = (await ben.get("/api/v1/me/tenants")).json as { items: Array<{ slug: string; access: string }> };
    expect(items.find(({ slug }) => slug === workspace.slug)?.access).toBe("mfa_required");
    expect((await ben.get(own.path)).status).toBe(200);
    expect((await owner.get(workspace.path)).status).toBe(200);

    await enrol(ben);
    expect((await ben.get(workspace.path)).status).toBe(200);
    expect((await ben.delete("/api/v1/me/totp")).status).toBe(204);
    expect((await ben.get(workspace.path)).code).toBe("mfa_required");
  });

  test("ends live connections of sessions without a second factor, and no other", async () => {
    const { workspace, ben } = await makeTeam();
    const [bens, owners] = [connect(ben, workspace), connect(owner, workspace)];
    await Promise.all([bens.opened(), owners.opened()]);
    const closed = bens.closed();
    await setPolicy(owner, workspace, "enforced");
    await closed;
    expect((await owner.get(workspace.path)).status).toBe(200);
    owners.close();
  });

  test("ends live connections when a person turns their second factor off", async () => {
    const { workspace, ben } = await makeTeam();
    await enrol(ben);
    await setPolicy(owner, workspace, "enforced");
    const bens = connect(ben, workspace);
    await bens.opened();
    const closed = bens.closed();
    await ben.delete("/api/v1/me/totp");
    await closed;
  });

  test("can be set only by somebody who has proved a second factor of their own and has recently authenticated", async () => {
    const cleo = await signUpPerson(server, "Cleo");
    const workspace = await makeWorkspace(cleo);
    expect(await setPolicy(cleo, workspace, "enforced")).toMatchObject({ status: 409, code: "mfa_yourself_first" });
    expect((await setPolicy(cleo, workspace, "disabled")).status).toBe(200);
    await enrol(cleo);
    await letAuthenticationAge(server, cleo);
    expect((await setPolicy(cleo, workspace, "enforced")).code).toBe("reauthentication_required");
    expect((await cleo.post("/api/v1/session/authentication", { password: PASSWORD })).status).toBe(204);
    expect((await setPolicy(cleo, workspace, "enforced")).status).toBe(200);
  });
});

test("lists by name who would have to set a second factor up, page by page, for members who may see it", async () => {
  const { workspace, ben } = await makeTeam();
  const list = (query = "") => owner.get(`${workspace.path}/security/mfa/members${query}`);
  expect((await owner.get(`${workspace.path}/security/mfa`)).json).toEqual({
    policy: "optional",
    members: 2,
    enrolled: 1,
    can: { setPolicy: true },
  });
  expect((await list("?enrolled=false")).json.items).toMatchObject([{ name: "Ben", enrolled: false }]);
  const first = (await list("?limit=1")).json;
  expect(first.items).toMatchObject([{ name: "Ben" }]);
  expect((await list(`?limit=1&cursor=${first.nextCursor}`)).json).toMatchObject({
    items: [{ name: "Olga", enrolled: true }],
    nextCursor: null,
  });
  expect((await ben.get(`${workspace.path}/security/mfa`)).code).toBe("forbidden");
});

test("can't be set by a role that only shows it, and each change is in the audit log once", async () => {
  const { workspace, ben } = await makeTeam();
  const roleId = await makeRole(owner, workspace, ["users.view", "security.view"]);
  const { items } = (await owner.get(`${workspace.path}/members`)).json as { items: Array<{ memberId: string; name: string }> };
  const memberId = items.find(({ name }) => name === "Ben")?.memberId;
  expect((await owner.post(`${workspace.path}/members/role-changes`, { memberIds: [memberId], roleId })).status).toBe(200);
  expect((await ben.get(`${workspace.path}/security/mfa`)).json.can).toEqual({ setPolicy: false });
  expect((await setPolicy(ben, workspace, "disabled")).code).toBe("forbidden");
  await setPolicy(owner, workspace, "enforced");
  await setPolicy(owner, workspace, "enforced");
  const log = (await owner.get(`${workspace.path}/audit-log?group=security`)).json.items;
  expect(log).toHaveLength(1);
  expect(log).toMatchObject([{ action: "mfa.policy_changed" }]);
});
