import { afterEach, expect, test } from "vitest";
import {
  addMember,
  makeChannel,
  makeRole,
  makeWorkspace,
  PASSWORD,
  signUpPerson,
  type Person,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { until } from "../testing/until.ts";
import { connectClient } from "./testing/gateway-client.ts";
import { becomePerson, type TestPerson } from "./testing/person.ts";

// The real server on the real database: what is committed acts on live audio, and what is said is kept.

const server = useServer();
let present: TestPerson[] = [];

afterEach(() => {
  for (const person of present) {
    person.hangUp();
    person.kill();
  }
  present = [];
});

async function workspace() {
  const owner = await signUpPerson(server, "Ada");
  const acme = await makeWorkspace(owner);
  const channelId = await makeChannel(owner, acme, { name: "Dispatch", recording: true });
  return { owner, acme, channelId };
}

/** @param role a built-in one's name, or a role's id */
async function invite(owner: Person, acme: Workspace, name: string, role: string): Promise<Person> {
  const person = await signUpPerson(server, name);
  await addMember(server, owner, acme, person, acme.roles[role as keyof Workspace["roles"]] ?? role);
  return person;
}

function openGateway(person: Person, slug: string, headers: Record<string, string> = {}) {
  const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`;
  return connectClient(url, { cookie: person.cookieHeader(), ...headers });
}

async function enter(person: Person, { slug }: Workspace, channelId: string): Promise<TestPerson> {
  const entered = await becomePerson(openGateway(person, slug));
  present.push(entered);
  await entered.join(channelId);
  await entered.connectAudio();
  return entered;
}

/** The key is down, and the others have heard it. */
async function talk(speaker: TestPerson, channelId: string, listener: TestPerson, word: string): Promise<void> {
  await speaker.granted(speaker.press(channelId));
  await speaker.say(word);
  await listener.hears(word);
}

test("a member is heard and listed with speaker and length; a viewer is refused", async () => {
  const { owner, acme, channelId } = await workspace();
  const [ada, ben, vi] = [
    await enter(owner, acme, channelId),
    await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId),
    await enter(await invite(owner, acme, "Vi", "Viewer"), acme, channelId),
  ];
  expect(await vi.denied(vi.press(channelId))).toBe("role_cannot_talk");
  await talk(ben, channelId, ada, "hello");
  await vi.hears("hello");
  ben.release();
  await ada.next("changed", ({ what, channelId: where }) => what === "transmissions" && where === channelId);
  const listed = await until("the finished transmission", async () => {
    const { items } = (await owner.get(`${acme.path}/channels/${channelId}/transmissions`)).json;
    return items[0]?.status === "complete" && items;
  });
  expect(listed).toMatchObject([{ channelId, speakerName: "Ben", durationMs: 100, memberId: ben.memberId }]);
});

test("a channel that becomes restricted, and one that is deleted, end the talk on it", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "open");
  await owner.patch(`${acme.path}/channels/${channelId}`, { transmission: "restricted" });
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  expect(await ben.denied(ben.press(channelId))).toBe("channel_restricted");
  await ben.say("secret", 15);
  // Denied again: what waits for a grant is dropped. Without it a grant within 500 ms would cover what came before it.
  expect(await ben.denied(ben.press(channelId))).toBe("channel_restricted");

  const talkers = { roleIds: [], memberIds: [ben.memberId] };
  await owner.patch(`${acme.path}/channels/${channelId}`, { talkers });
  await until("a grant for the chosen member", async () => {
    const pressId = ben.press(channelId);
    await Promise.race([ben.granted(pressId), ben.denied(pressId)]);
    return ben.all("talk.granted").some((granted) => granted.pressId === pressId);
  });
  await ben.pause(200);
  await ben.say("chosen");
  await ada.hears("chosen");
  expect(ada.heard("secret")).toEqual([]);
  await owner.delete(`${acme.path}/channels/${channelId}`);
  expect((await ben.next("talk.ended", ({ reason }) => reason !== "revoked")).reason).toBe("channel_deleted");
  expect((await ada.next("left")).reason).toBe("channel_deleted");
});

test("an edited role ends its holder's talk and its listeners' hearing at once, and gives both back", async () => {
  const { owner, acme, channelId } = await workspace();
  const roles = {
    talkers: await makeRole(owner, acme, ["voice.join", "voice.transmit"]),
    listeners: await makeRole(owner, acme, ["voice.join"]),
  };
  const version = { talkers: 0, listeners: 0 };
  const edit = async (role: keyof typeof roles, permissions: string[]) =>
    (await owner.patch(`${acme.path}/roles/${roles[role]}`, { version: (version[role] += 1), permissions })).status;
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", roles.talkers), acme, channelId);
  const lia = await enter(await invite(owner, acme, "Lia", roles.listeners), acme, channelId);
  await talk(ben, channelId, ada, "hello");
  await lia.hears("hello");

  expect(await edit("listeners", ["users.view"])).toBe(200);
  expect((await lia.next("left")).reason).toBe("revoked");
  await ben.say("secret");
  await ada.hears("secret");
  expect(lia.heard("secret")).toEqual([]);
  lia.send({ type: "join", channelId });
  await lia.settled();
  expect(lia.all("left")).toHaveLength(2);

  expect(await edit("talkers", ["voice.join"])).toBe(200);
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  await ada.next("talker.stopped");
  await ben.say("unheard", 10);
  expect(await ben.denied(ben.press(channelId))).toBe("role_cannot_talk");
  expect(ada.heard("unheard")).toEqual([]);

  expect([await edit("talkers", ["voice.join", "voice.transmit"]), await edit("listeners", ["voice.join"])]).toEqual([200, 200]);
  await ben.next("changed", () => ben.all("changed").filter(({ what }) => what === "self").length === 2);
  await lia.next("changed", () => lia.all("changed").filter(({ what }) => what === "self").length === 2);
  lia.send({ type: "join", channelId });
  await lia.settled();
  await ben.pause(200);
  await talk(ben, channelId, ada, "again");
  await lia.hears("again");
});

test("a role that is deleted in mid-talk leaves its holder what the one in its place allows", async () => {
  const { owner, acme, channelId } = await workspace();
  const roleId = await makeRole(owner, acme, ["voice.join", "voice.transmit"]);
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", roleId), acme, channelId);
  await talk(ben, channelId, ada, "hello");
  const body = { replacementRoleId: acme.roles.Viewer };
  expect((await owner.post(`${acme.path}/roles/${roleId}/deletion`, body)).status).toBe(204);
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  await ada.next("talker.stopped");
  expect(await ben.denied(ben.press(channelId))).toBe("role_cannot_talk");
});

test("signing out in mid-talk closes the connection for good", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const benAccount = await invite(owner, acme, "Ben", "Member");
  const ben = await enter(benAccount, acme, channelId);
  await talk(ben, channelId, ada, "bye");
  await benAccount.delete("/api/v1/session");
  expect(await ben.closed()).toBe(4401);
  await ada.next("talker.stopped");
});

test.each(["suspensions", "removals"])("in mid-talk, %s end the talk and close the connection for good", async (kind) => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "so far");
  expect((await owner.post(`${acme.path}/members/${kind}`, { memberIds: [ben.memberId] })).status).toBe(200);
  expect(await ben.closed()).toBe(4401);
  await ada.next("talker.stopped");
  await ben.say("after", 10);
  await ada.next("changed", ({ what }) => what === "members");
  expect(ada.heard("after")).toEqual([]);
  const items = await until("what was said so far", async () => {
    const listed = (await owner.get(`${acme.path}/channels/${channelId}/transmissions`)).json.items;
    return listed[0]?.status === "complete" && listed;
  });
  expect(items).toMatchObject([{ speakerName: "Ben", memberId: kind === "removals" ? null : ben.memberId }]);
});

test("who leaves the workspace in mid-talk is cut off at once, for good", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const leaver = await invite(owner, acme, "Ben", "Member");
  const ben = await enter(leaver, acme, channelId);
  await talk(ben, channelId, ada, "so far");
  expect((await leaver.post(`${acme.path}/departure`)).status).toBe(204);
  expect(await ben.closed()).toBe(4401);
  await ada.next("talker.stopped");
  await ben.say("after", 10);
  expect(ada.heard("after")).toEqual([]);
  expect(await openGateway(leaver, acme.slug).closed()).toBe(1006);
});

test("a workspace that moves to another address in mid-talk is heard on, and its gateway is at both", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const member = await invite(owner, acme, "Ben", "Member");
  const ben = await enter(member, acme, channelId);
  await talk(ben, channelId, ada, "before");
  const slug = `${acme.slug}-moved`;
  expect((await owner.patch(acme.path, { slug })).status).toBe(200);
  await ben.next("changed", ({ what }) => what === "tenant");
  await ben.say("after");
  await ada.hears("after");
  ben.release();
  for (const address of [acme.slug, slug]) {
    const there = await becomePerson(openGateway(member, address));
    present.push(there);
    expect(there.memberId).toBe(ben.memberId);
  }
});

test("a hands-free talk ends with the permission for it, though the role still talks", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const permissions = ["voice.join", "voice.transmit", "voice.latch"] as const;
  const roleId = await makeRole(owner, acme, permissions);
  const ben = await enter(await invite(owner, acme, "Ben", roleId), acme, channelId);
  ben.send({ type: "talk.start", channelId, pressId: 1, mode: "latch" });
  await ben.granted(1);
  await ben.say("hands free");
  await ada.hears("hands free");
  const edited = await owner.patch(`${acme.path}/roles/${roleId}`, { version: 1, permissions: permissions.slice(0, 2) });
  expect(edited.status).toBe(200);
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  ben.send({ type: "talk.start", channelId, pressId: 2, mode: "latch" });
  expect(await ben.denied(2)).toBe("latch_not_allowed");
  ben.send({ type: "talk.start", channelId, pressId: 3, mode: "hold" });
  await ben.granted(3);
});

test("whose role becomes a listener's, in mid-talk, talks no more and goes on hearing", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "so far");
  await owner.post(`${acme.path}/members/role-changes`, { memberIds: [ben.memberId], roleId: acme.roles.Viewer });
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  expect(await ben.denied(ben.press(channelId))).toBe("role_cannot_talk");
  await talk(ada, channelId, ben, "answer");
});

test("deleting the workspace in mid-talk closes everybody for good", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "last");
  const deleted = await owner.post(`${acme.path}/deletion`, { slug: acme.slug, password: PASSWORD });
  expect(deleted.status).toBe(202);
  expect([await ada.closed(), await ben.closed()]).toEqual([4401, 4401]);
  const heard = ada.received.length;
  await ben.say("after", 10);
  expect(ada.received.length).toBe(heard);
  expect(ada.heard("after")).toEqual([]);
});

test("another workspace's channel is no channel; a stranger and another site get no connection", async () => {
  const { owner, acme, channelId } = await workspace();
  const stranger = await signUpPerson(server, "Eve");
  const own = await makeWorkspace(stranger);
  const eve = await enter(stranger, own, await makeChannel(stranger, own, { name: "Own" }));
  eve.send({ type: "join", channelId });
  expect((await eve.next("error")).error).toBe("unknown_channel");
  expect(JSON.stringify(eve.welcome)).not.toContain(channelId);

  for (const [person, headers] of [
    [stranger, {}],
    [owner, { origin: "https://evil.example" }],
  ] as const) {
    const refused = openGateway(person, acme.slug, headers);
    // 1006: closed without having been open.
    expect(await refused.closed()).toBe(1006);
    expect(refused.received).toEqual([]);
  }
});

test("while the database is away people talk on and press anew; what they said is kept once it is back", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "before");
  await server.database.goAway();
  try {
    await ben.say("meanwhile");
    await ada.hears("meanwhile");
    ben.release();
    await talk(ada, channelId, ben, "anew");
    ada.release();
    expect(ben.all("talk.ended")).toEqual([]);
  } finally {
    await server.database.comeBack();
  }
  // Whoever listens for changes is connected again, and says that something may have been missed.
  await ada.next("changed", ({ what }) => what === "members");
  const kept = await until("both transmissions", async () => {
    const answer = await owner.get(`${acme.path}/channels/${channelId}/transmissions`);
    const items: Array<{ status: string; speakerName: string; durationMs: number }> = answer.json?.items ?? [];
    return items.length === 2 && items.every(({ status }) => status === "complete") && items;
  });
  expect(kept.map(({ speakerName, durationMs }) => [speakerName, durationMs])).toEqual([
    ["Ada", 100],
    ["Ben", 200],
  ]);
  // And changes are heard of again.
  await ben.granted(ben.press(channelId));
  await owner.patch(`${acme.path}/channels/${channelId}`, { transmission: "restricted" });
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
});

test("stopping the server in mid-talk asks to reconnect and keeps what was said; after the start it is there", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "kept");
  await server.stop();
  expect([await ada.closed(), await ben.closed()]).toEqual([1012, 1012]);
  await server.restart();
  const { items } = (await owner.get(`${acme.path}/channels/${channelId}/transmissions`)).json;
  expect(items).toMatchObject([{ status: "complete", durationMs: 100, speakerName: "Ben" }]);
});
