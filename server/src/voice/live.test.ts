import { afterEach, expect, test } from "vitest";
import {
  addMember,
  makeChannel,
  makeRole,
  makeWorkspace,
  signIn,
  signUpPerson,
  type Person,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { until } from "../testing/until.ts";
import { connectClient } from "./testing/gateway-client.ts";
import { becomePerson, type TestPerson } from "./testing/person.ts";

// Real server, real database: committed changes act on live audio, and talk is recorded.

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

/** @param role the name of a built-in role, or a role's id */
async function invite(owner: Person, acme: Workspace, name: string, role: string): Promise<Person> {
  const person = await signUpPerson(server, name);
  await addMember(server, owner, acme, person, acme.roles[role as keyof Workspace["roles"]] ?? role);
  return person;
}

function openGateway(person: Pick<Person, "cookieHeader">, slug: string, headers: Record<string, string> = {}) {
  const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`;
  return connectClient(url, { cookie: person.cookieHeader(), ...headers });
}

async function enter(person: Pick<Person, "cookieHeader">, { slug }: Workspace, channelId: string): Promise<TestPerson> {
  const entered = await becomePerson(openGateway(person, slug));
  present.push(entered);
  await entered.join(channelId);
  await entered.connectAudio();
  return entered;
}

/** Presses the key, says the word and waits until the listener has heard it. The key stays down. */
async function talk(speaker: TestPerson, channelId: string, listener: TestPerson, word: string): Promise<void> {
  await speaker.granted(speaker.press(channelId));
  await speaker.say(word);
  await listener.hears(word);
}

test("a member's talk is heard and listed with speaker and length, and a viewer's press is denied", async () => {
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
  await ada.next("changed", (change) => change.what === "transmissions" && change.channelId === channelId);
  const listed = await until("the finished transmission", async () => {
    const { items } = (await owner.get(`${acme.path}/channels/${channelId}/transmissions`)).json;
    return items[0]?.status === "complete" && items;
  });
  expect(listed).toMatchObject([{ channelId, speakerName: "Ben", durationMs: 100, memberId: ben.memberId }]);
});

test("restricting a channel and deleting a channel both end the talk on it", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "open");
  await owner.patch(`${acme.path}/channels/${channelId}`, { transmission: "restricted" });
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  expect(await ben.denied(ben.press(channelId))).toBe("channel_restricted");
  await ben.say("secret", 15);
  // This denial drops the buffered audio. Otherwise a grant within 500 ms would forward what was said before it.
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

test("editing a role takes away talking and hearing at once, and editing it back restores both", async () => {
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

test("deleting a role in mid-talk leaves its member the permissions of the replacement role", async () => {
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

test("signing out in mid-talk closes the connection with 4401", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const benAccount = await invite(owner, acme, "Ben", "Member");
  const ben = await enter(benAccount, acme, channelId);
  await talk(ben, channelId, ada, "bye");
  await benAccount.delete("/api/v1/session");
  expect(await ben.closed()).toBe(4401);
  await ada.next("talker.stopped");
});

test("signing out everywhere in mid-talk closes all connections of the account, in every workspace, and nothing more is heard", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const benAccount = await invite(owner, acme, "Ben", "Member");
  const beta = await makeWorkspace(benAccount);
  const elsewhere = await signIn(server, benAccount.email);
  const [here, onPhone, inBeta] = [
    await enter(benAccount, acme, channelId),
    await enter(elsewhere, acme, channelId),
    await becomePerson(openGateway(elsewhere, beta.slug)),
  ];
  present.push(inBeta);
  await talk(onPhone, channelId, ada, "so far");
  expect((await benAccount.delete("/api/v1/me/sessions")).status).toBe(204);
  expect(await Promise.all([here, onPhone, inBeta].map((connection) => connection.closed()))).toEqual([4401, 4401, 4401]);
  await ada.next("talker.stopped");
  await onPhone.say("after", 10);
  // Audio from the closed connection would have been forwarded before this talk.
  const cid = await enter(await invite(owner, acme, "Cid", "Member"), acme, channelId);
  await talk(cid, channelId, ada, "next");
  expect(ada.heard("after")).toEqual([]);
  expect((await elsewhere.get("/api/v1/me")).code).toBe("not_signed_in");
});

test("connected members are listed to people who may see members, and only those of the same workspace", async () => {
  const { owner, acme } = await workspace();
  const ben = await invite(owner, acme, "Ben", "Member");
  await invite(owner, acme, "Cid", "Member");
  const greeter = await invite(owner, acme, "Gus", await makeRole(owner, acme, ["voice.join"]));
  const eve = await signUpPerson(server, "Eve");
  const beta = await makeWorkspace(eve);
  // Ben is connected to Beta only, where he is a member too.
  await addMember(server, eve, beta, ben, beta.roles.Member);
  present = await Promise.all(
    [
      openGateway(owner, acme.slug),
      openGateway(greeter, acme.slug),
      openGateway(eve, beta.slug),
      openGateway(ben, beta.slug),
    ].map(becomePerson),
  );
  const listed = async (by: Person, { path }: Workspace, more = "") =>
    (await by.get(`${path}/members?presence=connected&sort=name${more}`)).json.items.map(({ name }: { name: string }) => name);
  const counted = async (by: Person, { path }: Workspace) =>
    (await by.get(`${path}/members/count?presence=connected`)).json.total;
  expect([await listed(owner, acme), await counted(owner, acme)]).toEqual([["Ada", "Gus"], 2]);
  expect([await listed(eve, beta), await counted(eve, beta)]).toEqual([["Ben", "Eve"], 2]);
  expect(await listed(owner, acme, `&memberId=${present[2]?.memberId}&memberId=${present[3]?.memberId}`)).toEqual([]);
  expect(await listed(owner, acme, `&roleId=${acme.roles.Member}`)).toEqual([]);
  const everybody = (await owner.get(`${acme.path}/members?sort=name`)).json.items;
  expect(everybody.map(({ name, isConnected }: { name: string; isConnected: boolean }) => [name, isConnected])).toEqual([
    ["Ada", true],
    ["Ben", false],
    ["Cid", false],
    ["Gus", true],
  ]);
  for (const path of ["members", "members/count"]) {
    expect([path, (await greeter.get(`${acme.path}/${path}?presence=connected`)).code]).toEqual([path, "forbidden"]);
    expect([path, (await eve.get(`${acme.path}/${path}?presence=connected`)).code]).toEqual([path, "not_found"]);
  }
  present[1]?.close();
  await until("Gus to be gone from the list", async () => (await counted(owner, acme)) === 1);
});

test.each(["suspensions", "removals"])("%s in mid-talk end the talk and close the connection for good", async (kind) => {
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
  const items = await until("the finished transmission", async () => {
    const listed = (await owner.get(`${acme.path}/channels/${channelId}/transmissions`)).json.items;
    return listed[0]?.status === "complete" && listed;
  });
  expect(items).toMatchObject([{ speakerName: "Ben", memberId: kind === "removals" ? null : ben.memberId }]);
});

test("leaving the workspace in mid-talk disconnects the member at once and for good", async () => {
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

test("changing the workspace's address in mid-talk keeps the talk going, and the gateway answers at both addresses", async () => {
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
    const connected = await becomePerson(openGateway(member, address));
    present.push(connected);
    expect(connected.memberId).toBe(ben.memberId);
  }
});

test("a latched talk ends when the role loses voice.latch, and holding the key still works", async () => {
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

test("changing a member's role to Viewer in mid-talk ends the talk, and the member keeps hearing", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "so far");
  await owner.post(`${acme.path}/members/role-changes`, { memberIds: [ben.memberId], roleId: acme.roles.Viewer });
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  expect(await ben.denied(ben.press(channelId))).toBe("role_cannot_talk");
  await talk(ada, channelId, ben, "answer");
});

test("deleting the workspace in mid-talk closes every connection for good", async () => {
  const { owner, acme, channelId } = await workspace();
  const ada = await enter(owner, acme, channelId);
  const ben = await enter(await invite(owner, acme, "Ben", "Member"), acme, channelId);
  await talk(ben, channelId, ada, "last");
  const deleted = await owner.post(`${acme.path}/deletion`, { slug: acme.slug });
  expect(deleted.status).toBe(202);
  expect([await ada.closed(), await ben.closed()]).toEqual([4401, 4401]);
  const heard = ada.received.length;
  await ben.say("after", 10);
  expect(ada.received.length).toBe(heard);
  expect(ada.heard("after")).toEqual([]);
});

test("another workspace's channel is unknown, and a stranger or another site cannot open a connection", async () => {
  const { owner, acme, channelId } = await workspace();
  const stranger = await signUpPerson(server, "Eve");
  const beta = await makeWorkspace(stranger);
  const eve = await enter(stranger, beta, await makeChannel(stranger, beta, { name: "Own" }));
  eve.send({ type: "join", channelId });
  expect((await eve.next("error")).error).toBe("unknown_channel");
  expect(JSON.stringify(eve.welcome)).not.toContain(channelId);

  for (const [person, headers] of [
    [stranger, {}],
    [owner, { origin: "https://evil.example" }],
  ] as const) {
    const refused = openGateway(person, acme.slug, headers);
    // 1006: the connection never opened.
    expect(await refused.closed()).toBe(1006);
    expect(refused.received).toEqual([]);
  }
});

test("people keep talking and start new talks while the database is away, and their recordings are stored once it is back", async () => {
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
  // The change listener has reconnected and reports that changes may have been missed.
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
  // New changes act again.
  await ben.granted(ben.press(channelId));
  await owner.patch(`${acme.path}/channels/${channelId}`, { transmission: "restricted" });
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
});

test("stopping the server in mid-talk asks clients to reconnect, and the recording is complete after the restart", async () => {
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
