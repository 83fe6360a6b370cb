/** Licences on the real server: who counts, every way to take a licence, and that no other way exists. */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { holdDomain, openConnection, type SamlConnection, signInBySaml, someone } from "../sso/testing/saml-side.ts";
import { type Answer, httpClient } from "../testing/http.ts";
import {
  addMember,
  freshDomain,
  freshEmail,
  makeRole,
  makeWorkspace,
  type Person,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
let owner: Person;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
});

interface Scene {
  workspace: Workspace;
  domain: string;
  connection: SamlConnection;
  /** A member who is suspended. */
  suspendedId: string;
  /** An invitation that has expired. */
  expiredId: string;
  roleId: string;
}

function setLimit({ tenantId }: Workspace, limit: number | null): Promise<unknown> {
  return server.database.query("update tenants set licences = $2 where tenant_id = $1", [tenantId, limit]);
}

async function licencesOf({ path }: Workspace): Promise<Record<"limit" | "used" | "reserved" | "left", number | null>> {
  return (await owner.get(`${path}/billing/licences`)).json;
}

async function expire(workspace: Workspace, invitationId: string): Promise<void> {
  await server.database.query("update invitations set expires_at = now() where tenant_id = $1 and invitation_id = $2", [
    workspace.tenantId,
    invitationId,
  ]);
}

async function invite({ workspace, roleId }: Pick<Scene, "workspace" | "roleId">, email = freshEmail("guest")): Promise<Answer> {
  return owner.post(`${workspace.path}/invitations`, { email, roleId });
}

/** A workspace with one licence, whose only active member is the owner. */
async function makeScene(): Promise<Scene> {
  const workspace = await makeWorkspace(owner);
  const roleId = workspace.roles.Member;
  const domain = freshDomain();
  await holdDomain(server, workspace, domain);
  const connection = await openConnection(server, owner, workspace, { joining: "just_in_time", defaultRoleId: roleId });
  const sue = await signUpPerson(server, "Sue");
  await addMember(server, owner, workspace, sue, roleId);
  const suspendedId = (await sue.get(workspace.path)).json.self.memberId;
  await owner.post(`${workspace.path}/members/suspensions`, { memberIds: [suspendedId] });
  const expiredId = (await invite({ workspace, roleId })).json.invitationId;
  await expire(workspace, expiredId);
  await setLimit(workspace, 1);
  expect(await licencesOf(workspace)).toEqual({ limit: 1, used: 1, reserved: 0, left: 0 });
  return { workspace, domain, connection, suspendedId, expiredId, roleId };
}

async function batch({ workspace, roleId }: Scene, emails: string[], verb = "batch"): Promise<Answer> {
  const lines = emails.map((email, at) => ({ line: at + 1, email, roleId }));
  const body = verb === "batch" ? { lines } : { lines, defaultRoleId: roleId };
  return owner.post(`${workspace.path}/invitations/${verb}`, body);
}

const verdicts = ({ json }: Answer) => json.lines.map(({ verdict }: { verdict: string }) => verdict);

/** Every way to take a licence, with the files that implement it. Each returns the refusal, or null. */
const WAYS: Record<string, { file: string; go: (scene: Scene) => Promise<string | null> }> = {
  "inviting one person": {
    file: "invitations/inviting.ts",
    go: async (scene) => (await invite(scene)).code ?? null,
  },
  "inviting many": {
    file: "invitations/inviting.ts",
    async go(scene) {
      const [verdict] = verdicts(await batch(scene, [freshEmail("one")]));
      return verdict === "invite" ? null : verdict;
    },
  },
  "sending an expired invitation again": {
    file: "invitations/inviting.ts",
    go: async ({ workspace, expiredId }) =>
      (await owner.post(`${workspace.path}/invitations/resend`, { invitationIds: [expiredId] })).code ?? null,
  },
  "reactivating a member": {
    file: "members/members.ts",
    go: async ({ workspace, suspendedId }) =>
      (await owner.post(`${workspace.path}/members/reactivations`, { memberIds: [suspendedId] })).code ?? null,
  },
  "joining just in time through single sign-on": {
    file: "sso/admitting.ts",
    async go({ connection, domain }) {
      const answer = await signInBySaml(server, httpClient(server.url), connection, someone(`new@${domain}`));
      return answer.code ?? null;
    },
  },
};

describe("every way to take a licence", () => {
  test.each(Object.entries(WAYS))(
    "%s is refused while none is left, changes nothing, and takes one when there is one",
    async (_, { go }) => {
      const scene = await makeScene();
      expect(["licences_taken", "no_licence", "sso_refused"]).toContain(await go(scene));
      expect(await licencesOf(scene.workspace)).toEqual({ limit: 1, used: 1, reserved: 0, left: 0 });
      await setLimit(scene.workspace, 2);
      expect(await go(scene)).toBe(null);
      expect(await licencesOf(scene.workspace)).toMatchObject({ limit: 2, left: 0 });
    },
  );

  test("only one of twenty simultaneous requests takes the last licence", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, 2);
    const { connection, domain } = scene;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? invite(scene) : signInBySaml(server, httpClient(server.url), connection, someone(`new${at}@${domain}`)),
      ),
    );
    expect(answers.filter(({ status }) => status < 300).length).toBe(1);
    const { used, reserved, left } = await licencesOf(scene.workspace);
    expect([(used ?? 0) + (reserved ?? 0), left]).toEqual([2, 0]);
  });
});

/** The server's own sources, without tests. */
function sources(): Map<string, string> {
  const folder = new URL("../", import.meta.url);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !/\.test\.ts$|(^|\/)testing\//.test(name),
  );
  return new Map(names.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]));
}

const filesWith = (pattern: RegExp) => [...sources()].flatMap(([name, text]) => (pattern.test(text) ? [name] : [])).sort();

describe("there is no other way to take a licence", () => {
  test("members become active, and invitations open, by statements in one file each, which demand a seat", () => {
    // The first licence of a new workspace is its owner's.
    expect(filesWith(/insertInto\("members"\)|insert into members\b/)).toEqual(["members/queries.ts", "tenants/queries.ts"]);
    expect(filesWith(/updateTable\("members"\)[^;]*\bstatus\b|update members\b[^;]*\bstatus\b/)).toEqual(["members/queries.ts"]);
    expect(filesWith(/insertInto\("invitations"\)|insert into invitations\b/)).toEqual(["invitations/queries.ts"]);
    expect(filesWith(/updateTable\("invitations"\)[^;]*\bexpires_at:|update invitations\b[^;]*\bexpires_at =/)).toEqual([
      "invitations/queries.ts",
    ]);
    const text = [...sources()].filter(([name]) => /^(members|invitations)\/queries\.ts$/.test(name)).map(([, code]) => code);
    expect(text.join().match(/_seats?: Seat/g)).toHaveLength(4);
  });

  test("no function of the database writes members or invitations", () => {
    const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8");
    expect(schema).not.toMatch(/(?:insert into|update) (?:public\.)?(?:members|invitations)\b/i);
  });

  test("only the gate makes seats, and every file that asks for one is among the ways", () => {
    expect(filesWith(/as Seat\b/)).toEqual(["billing/licences.ts"]);
    const tried = new Set(Object.values(WAYS).map(({ file }) => file));
    expect(filesWith(/\btakeSeats\(/)).toEqual([...tried, "billing/licences.ts"].sort());
    // Another test accepts an invitation.
    expect(filesWith(/\breservedSeat\(/)).toEqual(["billing/licences.ts", "invitations/invitations.ts"]);
  });
});

describe("who counts as a licence", () => {
  test("an invitation reserves a licence, which its acceptance takes, also when all are taken", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, 2);
    const ben = await signUpPerson(server, "Ben");
    expect((await invite(scene, ben.email)).status).toBe(201);
    expect(await licencesOf(scene.workspace)).toEqual({ limit: 2, used: 1, reserved: 1, left: 0 });
    expect((await invite(scene)).code).toBe("licences_taken");
    const { link } = await server.mailTo(ben.email, /invites you/);
    expect((await ben.post("/api/v1/invitations/acceptance", { token: tokenOf(link) })).status).toBe(200);
    expect(await licencesOf(scene.workspace)).toEqual({ limit: 2, used: 2, reserved: 0, left: 0 });
  });

  test("an invited person who comes by single sign-on takes the licence that the invitation reserved", async () => {
    const { domain, connection, ...scene } = await makeScene();
    await setLimit(scene.workspace, 2);
    await invite(scene, `guest@${domain}`);
    expect((await signInBySaml(server, httpClient(server.url), connection, someone(`guest@${domain}`))).status).toBe(200);
    expect(await licencesOf(scene.workspace)).toEqual({ limit: 2, used: 2, reserved: 0, left: 0 });
  });

  test("withdrawing, expiry and suspension free a licence at once", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, 2);
    const { invitationId } = (await invite(scene)).json;
    await owner.delete(`${scene.workspace.path}/invitations/${invitationId}`);
    expect(await licencesOf(scene.workspace)).toMatchObject({ reserved: 0, left: 1 });
    await expire(scene.workspace, (await invite(scene)).json.invitationId);
    expect(await licencesOf(scene.workspace)).toMatchObject({ reserved: 0, left: 1 });
    const { suspendedId, workspace } = scene;
    await owner.post(`${workspace.path}/members/reactivations`, { memberIds: [suspendedId] });
    expect(await licencesOf(workspace)).toMatchObject({ used: 2, left: 0 });
    await owner.post(`${workspace.path}/members/suspensions`, { memberIds: [suspendedId] });
    expect(await licencesOf(workspace)).toMatchObject({ used: 1, left: 1 });
  });

  test("a lapsed invitation keeps its licence, because it works again when its sender may give its role again", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, 3);
    const ada = await signUpPerson(server, "Ada");
    await addMember(server, owner, scene.workspace, ada, scene.workspace.roles.Admin);
    const email = freshEmail("guest");
    expect((await ada.post(`${scene.workspace.path}/invitations`, { email, roleId: scene.roleId })).status).toBe(201);
    const { memberId } = (await ada.get(scene.workspace.path)).json.self;
    await owner.post(`${scene.workspace.path}/members/suspensions`, { memberIds: [memberId] });
    expect(await licencesOf(scene.workspace)).toEqual({ limit: 3, used: 1, reserved: 1, left: 1 });
    await setLimit(scene.workspace, 2);
    // Inviting the same person again takes over its licence.
    expect((await invite(scene, email)).status).toBe(201);
    expect(await licencesOf(scene.workspace)).toEqual({ limit: 2, used: 1, reserved: 1, left: 0 });
  });

  test("a lower limit removes nobody, and an earlier invitation can be accepted", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, null);
    const ben = await signUpPerson(server, "Ben");
    await invite(scene, ben.email);
    await owner.post(`${scene.workspace.path}/members/reactivations`, { memberIds: [scene.suspendedId] });
    await setLimit(scene.workspace, 1);
    expect(await licencesOf(scene.workspace)).toEqual({ limit: 1, used: 2, reserved: 1, left: 0 });
    const { link } = await server.mailTo(ben.email, /invites you/);
    expect((await ben.post("/api/v1/invitations/acceptance", { token: tokenOf(link) })).status).toBe(200);
    expect((await invite(scene)).code).toBe("licences_taken");
  });

  test("without a limit nothing is refused", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, null);
    for (const { go } of Object.values(WAYS)) expect(await go(scene)).toBe(null);
    expect(await licencesOf(scene.workspace)).toMatchObject({ limit: null, left: null });
  });
});

describe("answers about licences", () => {
  test("a preview and a batch say which lines have no licence, and invite the others", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, 3);
    const emails = ["one", "two", "three"].map(freshEmail);
    expect(verdicts(await batch(scene, emails, "preview"))).toEqual(["invite", "invite", "no_licence"]);
    const answer = await batch(scene, emails);
    expect(verdicts(answer)).toEqual(["invite", "invite", "no_licence"]);
    expect(answer.json.lines[2].message).toMatch(/^All 3 licences of the workspace are taken, by 1 person/);
  });

  test("a refusal says how many are taken, by whom, and how to free one", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, 2);
    await invite(scene);
    expect((await invite(scene)).json.detail).toBe(
      "All 2 licences of the workspace are taken, by 1 person and 1 open invitation. To free one, suspend or remove someone, or withdraw an invitation.",
    );
  });

  test("reactivating more members than there are licences changes none of them", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, null);
    const ben = await signUpPerson(server, "Ben");
    await addMember(server, owner, scene.workspace, ben, scene.roleId);
    const { memberId } = (await ben.get(scene.workspace.path)).json.self;
    await owner.post(`${scene.workspace.path}/members/suspensions`, { memberIds: [memberId] });
    await setLimit(scene.workspace, 2);
    const both = { memberIds: [memberId, scene.suspendedId] };
    const refused = await owner.post(`${scene.workspace.path}/members/reactivations`, both);
    expect(refused).toMatchObject({ status: 409, code: "licences_taken" });
    expect(refused.json.detail).toBe("That takes 2 licences, and 1 of 2 are left. Nothing was changed.");
    expect(await licencesOf(scene.workspace)).toMatchObject({ used: 1 });
  });

  test("somebody who may not see addresses learns nothing about an address from a workspace that is full", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, null);
    const ivy = await signUpPerson(server, "Ivy");
    const roleId = await makeRole(owner, scene.workspace, ["users.invite", "users.view", "voice.join"]);
    await addMember(server, owner, scene.workspace, ivy, roleId);
    await setLimit(scene.workspace, 2);
    const ask = async (email: string) => {
      const { code, json } = await ivy.post(`${scene.workspace.path}/invitations`, { email, roleId });
      return [code, json.detail];
    };
    const stranger = await ask(freshEmail("stranger"));
    expect(stranger[0]).toBe("licences_taken");
    expect(await ask(owner.email)).toEqual(stranger);
    // They must not learn that an invitation has lapsed, either.
    const lapsed = freshEmail("lapsed");
    await setLimit(scene.workspace, 3);
    expect((await invite(scene, lapsed)).status).toBe(201);
    await server.database.query(
      "update invitations set invited_by_member_id = gen_random_uuid() where tenant_id = $1 and email = $2",
      [scene.workspace.tenantId, lapsed],
    );
    const full = await ask(freshEmail("stranger"));
    expect(full[0]).toBe("licences_taken");
    expect(await ask(lapsed)).toEqual(full);
    const lines = [freshEmail("stranger"), lapsed, owner.email].map((email, line) => ({ line: line + 1, email, roleId }));
    const answer = await ivy.post(`${scene.workspace.path}/invitations/batch`, { lines });
    expect(verdicts(answer)).toEqual(["no_licence", "no_licence", "no_licence"]);
    // Whoever may see addresses takes the licence over.
    expect((await invite(scene, lapsed)).status).toBe(201);
  });

  test("only members who may see billing see the numbers", async () => {
    const scene = await makeScene();
    await setLimit(scene.workspace, null);
    const ben = await signUpPerson(server, "Ben");
    await addMember(server, owner, scene.workspace, ben, scene.roleId);
    expect(await ben.get(`${scene.workspace.path}/billing/licences`)).toMatchObject({ status: 403, code: "forbidden" });
  });
});
