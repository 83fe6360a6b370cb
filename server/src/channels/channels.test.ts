import { randomUUID } from "node:crypto";
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

test("a name is taken in any case, also by renaming, and of five at once one gets it", async () => {
  const name = freshSlug("Überholspur");
  await makeChannel(owner, workspace, { name });
  const taken = await owner.post(channels, { name: name.toUpperCase() });
  expect(taken).toMatchObject({ status: 409, code: "channel_name_taken", json: { fields: [{ path: "name" }] } });
  const other = await makeChannel(owner, workspace, { name: freshSlug("other") });
  expect((await owner.patch(`${channels}/${other}`, { name: ` ${name.toUpperCase()} ` })).code).toBe("channel_name_taken");
  // Its own name in another case is no conflict.
  const same = (await owner.get(`${channels}/${other}`)).json.name.toUpperCase();
  expect((await owner.patch(`${channels}/${other}`, { name: same })).json.name).toBe(same);
  const race = freshSlug("race");
  const answers = await Promise.all(Array.from({ length: 5 }, () => owner.post(channels, { name: race })));
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
});

test("another workspace may have a channel of the same name", async () => {
  const name = freshSlug("shared");
  await makeChannel(owner, workspace, { name });
  await makeChannel(owner, await makeWorkspace(owner), { name });
});

describe("what a role lacks is refused by name, and nothing changes:", () => {
  test.each(["member", "viewer"])("a %s", async (who) => {
    const person = who === "member" ? member : viewer;
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

  test("who may create channels, and no more, makes plain ones only", async () => {
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

  test("a suspended member is told so, at every door", async () => {
    const person = await signUpPerson(server, "Suspended");
    await addMember(server, owner, workspace, person, workspace.roles.Admin);
    await server.database.query("update members set status = 'suspended' where account_id = $1", [person.accountId]);
    for (const path of ["", "/channels", "/members", "/gateway"]) {
      expect(await person.get(`${workspace.path}${path}`)).toMatchObject({ status: 403, code: "suspended" });
    }
  });
});

describe("talkers", () => {
  test("are chosen among the workspace's own: others are refused, and the channel stays as it was", async () => {
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

  test("decide who can talk, and each person sees it of themselves", async () => {
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

  test("changed by ten at once end as one of the ten wanted, and every answer is sane", async () => {
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

test("an empty change is answered with the channel as it is, for those who see it", async () => {
  const id = await makeChannel(owner, workspace, { name: freshSlug("same") });
  expect((await viewer.patch(`${channels}/${id}`, {})).json).toMatchObject({ channelId: id });
});
