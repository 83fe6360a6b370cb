import { randomUUID } from "node:crypto";
import pg from "pg";
import { beforeAll, describe, expect, test } from "vitest";
import { whatItAllows } from "#contract/permissions.ts";
import {
  addMember,
  freshSlug,
  makeChannel,
  makeWorkspace,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { until } from "../testing/until.ts";

const server = useServer();
let owner: Person;
let member: Person;
let viewer: Person;
let workspace: Workspace;
let channels: string;
beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
  [member, viewer] = [await signUpPerson(server, "Member"), await signUpPerson(server, "Viewer")];
  workspace = await makeWorkspace(owner);
  channels = `${workspace.path}/channels`;
  await addMember(server, owner, workspace, member, workspace.roles.Member);
  await addMember(server, owner, workspace, viewer, workspace.roles.Viewer);
});

test("channel names are unique regardless of case, also for renames and when five people create one at once", async () => {
  const name = freshSlug("Überholspur");
  await makeChannel(owner, workspace, { name });
  const taken = await owner.post(channels, { name: name.toUpperCase() });
  expect(taken).toMatchObject({ status: 409, code: "channel_name_taken", json: { fields: [{ path: "name" }] } });
  const other = await makeChannel(owner, workspace, { name: freshSlug("other") });
  expect((await owner.patch(`${channels}/${other}`, { name: ` ${name.toUpperCase()} ` })).code).toBe("channel_name_taken");
  // A channel may change the case of its own name.
  const same = (await owner.get(`${channels}/${other}`)).json.name.toUpperCase();
  expect((await owner.patch(`${channels}/${other}`, { name: same })).json.name).toBe(same);
  const race = freshSlug("race");
  const answers = await Promise.all(Array.from({ length: 5 }, () => owner.post(channels, { name: race })));
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
});

test("two workspaces may have channels with the same name", async () => {
  const name = freshSlug("shared");
  await makeChannel(owner, workspace, { name });
  await makeChannel(owner, await makeWorkspace(owner), { name });
});

describe("channel permissions", () => {
  test.each(["member", "viewer"])("a %s is told which permission is missing, and nothing changes", async (role) => {
    const person = role === "member" ? member : viewer;
    const id = await makeChannel(owner, workspace, { name: freshSlug("kept") });
    const before = (await owner.get(`${channels}/${id}`)).json;
    for (const [answer, permission] of [
      [await person.post(channels, { name: freshSlug("mine") }), "channels.create"],
      [await person.patch(`${channels}/${id}`, { name: "Mine" }), "channels.edit"],
      [await person.patch(`${channels}/${id}`, { recording: true }), "recording.configure"],
      [await person.patch(`${channels}/${id}`, { transmission: "restricted" }), "channels.set_transmission"],
      [await person.patch(`${channels}/${id}`, { talkers: { roleIds: [], memberIds: [] } }), "channels.set_transmission"],
      [await person.delete(`${channels}/${id}`), "channels.delete"],
    ] as const) {
      expect(answer).toMatchObject({ status: 403, code: "forbidden" });
      expect(answer.json.detail).toContain(whatItAllows(permission));
    }
    expect((await owner.get(`${channels}/${id}`)).json).toEqual(before);
  });

  test("a role with only channels.create can create only channels with default settings", async () => {
    const person = await signUpPerson(server, "Creator");
    const roleId = randomUUID();
    await server.database.query("insert into roles values ($1, $2, 'Creator', null, '{channels.create}')", [
      workspace.tenantId,
      roleId,
    ]);
    await addMember(server, owner, workspace, person, roleId);
    expect((await person.post(channels, { name: freshSlug("plain") })).status).toBe(201);
    expect((await person.post(channels, { name: freshSlug("x"), recording: true })).code).toBe("forbidden");
    expect((await person.post(channels, { name: freshSlug("x"), transmission: "restricted" })).code).toBe("forbidden");
  });

  test("a suspended member is told so by every operation", async () => {
    const person = await signUpPerson(server, "Suspended");
    await addMember(server, owner, workspace, person, workspace.roles.Admin);
    await server.database.query("update members set status = 'suspended' where account_id = $1", [person.accountId]);
    for (const path of ["", "/channels", "/members", "/gateway"]) {
      expect(await person.get(`${workspace.path}${path}`)).toMatchObject({ status: 403, code: "suspended" });
    }
  });
});

describe("talkers", () => {
  test("who are from another workspace are refused, and the channel stays as it was", async () => {
    const elsewhere = await makeWorkspace(owner);
    const theirs = (await owner.get(`${elsewhere.path}/members`)).json.items[0].memberId;
    const id = await makeChannel(owner, workspace, {
      name: freshSlug("strict"),
      transmission: "restricted",
      talkers: { roleIds: [workspace.roles.Admin], memberIds: [] },
    });
    for (const talkers of [
      { roleIds: [elsewhere.roles.Admin], memberIds: [] },
      { roleIds: [workspace.roles.Member], memberIds: [theirs] },
      { roleIds: [randomUUID()], memberIds: [] },
    ]) {
      const refused = await owner.patch(`${channels}/${id}`, { name: freshSlug("renamed"), talkers });
      expect(refused).toMatchObject({ status: 400, code: "invalid_input", json: { fields: [{ path: "talkers" }] } });
      expect((await owner.post(channels, { name: freshSlug("new"), transmission: "restricted", talkers })).code).toBe(
        "invalid_input",
      );
    }
    expect((await owner.get(`${channels}/${id}`)).json).toMatchObject({
      name: expect.stringMatching(/^strict/),
      talkers: { roleIds: [workspace.roles.Admin], memberIds: [] },
    });
  });

  test("decide who can talk, and each person sees whether they can", async () => {
    const id = await makeChannel(owner, workspace, {
      name: freshSlug("floor"),
      transmission: "restricted",
      talkers: { roleIds: [workspace.roles.Member], memberIds: [] },
    });
    const can = async (person: Person) => (await person.get(`${channels}/${id}`)).json.can;
    expect(await can(member)).toMatchObject({ talk: true, talkRefusal: null });
    expect(await can(owner)).toMatchObject({ talk: false, talkRefusal: "channel_restricted" });
    expect(await can(viewer)).toMatchObject({ join: true, talk: false, talkRefusal: "role_cannot_talk" });
  });

  test("whose change came while an edit waited for the channel's lock are the old value in that edit's audit log entry", async () => {
    const id = await makeChannel(owner, workspace, {
      name: freshSlug("waiting"),
      transmission: "restricted",
      talkers: { roleIds: [workspace.roles.Admin], memberIds: [] },
    });
    const first = new pg.Client({ connectionString: server.database.ownerUrl });
    await first.connect();
    try {
      await first.query("begin");
      await first.query("select set_config('whoot.tenant_id', $1, true)", [workspace.tenantId]);
      await first.query("select from channels where channel_id = $1 for update", [id]);
      const waiting = owner.patch(`${channels}/${id}`, { talkers: { roleIds: [workspace.roles.Viewer], memberIds: [] } });
      await until("the edit to wait for the channel", async () => {
        const locked = "select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'";
        return (await server.database.query(locked, [server.database.name])).length > 0;
      });
      await first.query("update channel_talker_roles set role_id = $2 where channel_id = $1", [id, workspace.roles.Member]);
      await first.query("commit");
      expect((await waiting).status).toBe(200);
    } finally {
      await first.end();
    }
    const [entry] = await server.database.query<{ changes: unknown }>(
      "select changes from audit_log where target_id = $1 and action = 'channel.edited'",
      [id],
    );
    const { Member, Viewer } = workspace.roles;
    expect(entry?.changes).toEqual({
      talkerRoles: { from: [{ id: Member, name: "Member" }], to: [{ id: Viewer, name: "Viewer" }] },
    });
  });

  test("end as one of the requested sets when ten requests change them at once, and all requests succeed", async () => {
    const id = await makeChannel(owner, workspace, { name: freshSlug("busy") });
    const sets = [[workspace.roles.Member], [workspace.roles.Member, workspace.roles.Viewer]];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        owner.patch(`${channels}/${id}`, { talkers: { roleIds: sets[index % 2], memberIds: [] } }),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    const { roleIds } = (await owner.get(`${channels}/${id}`)).json.talkers;
    expect(sets.map((set) => set?.toSorted())).toContainEqual(roleIds.toSorted());
  });
});

test("an empty change needs no edit permission and returns the channel unchanged", async () => {
  const id = await makeChannel(owner, workspace, { name: freshSlug("same") });
  expect((await viewer.patch(`${channels}/${id}`, {})).json).toMatchObject({ channelId: id });
});
