import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { Changed } from "#contract/gateway.ts";
import { builtInPermissions } from "#contract/permissions.ts";
import { ADMISSION_TIMEOUT_MS, MAX_CONNECTIONS_PER_ACCOUNT, OVERDUE_CHANGE_MS, RECHECK_MS } from "./limits.ts";
import { scriptedVoice, settle } from "./testing/scripted-voice.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Ada talks, Ben listens. */
async function adaTalks() {
  const stage = scriptedVoice();
  const tenantId = uuidv7();
  const channelId = stage.world.addChannel(tenantId, { recording: true });
  const adaSubject = stage.world.addMember(tenantId, "member", "Ada");
  const ada = await stage.enter(adaSubject, channelId);
  const ben = await stage.enter(stage.world.addMember(tenantId, "member", "Ben"), channelId);
  ada.press(channelId);
  const changed = async (what: Changed) => {
    stage.voice.onChange({ kind: "changed", tenantId, what });
    await settle();
  };
  return { ...stage, tenantId, channelId, adaSubject, ada, ben, changed };
}

test("losing voice.transmit ends the talk and denies the next press, and the member keeps listening", async () => {
  const { ada, ben, adaSubject, channelId, world, changed } = await adaTalks();
  world.change(adaSubject, { permissions: builtInPermissions("viewer") });
  await changed("members");
  expect(ada.last("talk.ended").reason).toBe("revoked");
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(ada.all("left")).toEqual([]);
  expect(ada.all("changed").map(({ what }) => what)).toEqual(["members", "self"]);
  expect(ben.all("changed").map(({ what }) => what)).toEqual(["members"]);
  ada.press(channelId);
  expect(ada.last("talk.denied").reason).toBe("role_cannot_talk");
});

test("losing voice.join removes the member from every channel and unsubscribes their peer", async () => {
  const { ada, adaSubject, channelId, world, changed, worker } = await adaTalks();
  world.change(adaSubject, { permissions: new Set(["voice.transmit"]) });
  await changed("members");
  expect(ada.last("talk.ended").reason).toBe("revoked");
  expect(ada.last("left")).toMatchObject({ channelId, reason: "revoked" });
  expect(worker.last("unsubscribe").peerId).toBe(ada.peerId);
  ada.say({ type: "join", channelId });
  expect(ada.all("joined")).toHaveLength(1);
  expect(ada.all("left")).toHaveLength(2);
});

test("restricting a channel ends the talk only of members who were not chosen", async () => {
  const { ada, ben, channelId, tenantId, world, changed } = await adaTalks();
  ben.press(channelId);
  world.addChannel(tenantId, { channelId, transmission: "restricted", talkerMemberIds: new Set([ben.memberId]) });
  await changed("channels");
  expect(ada.last("talk.ended").reason).toBe("revoked");
  expect(ben.all("talk.ended")).toEqual([]);
});

test("deleting a channel makes everybody leave it, and joining it again fails", async () => {
  const { ada, ben, channelId, tenantId, world, changed } = await adaTalks();
  world.removeChannel(tenantId, channelId);
  await changed("channels");
  expect(ada.last("talk.ended").reason).toBe("channel_deleted");
  for (const person of [ada, ben]) expect(person.last("left")).toMatchObject({ channelId, reason: "channel_deleted" });
  ben.say({ type: "join", channelId });
  expect(ben.last("error").error).toBe("unknown_channel");
});

test("removing a member closes their connection for good and stores the end of their transmission", async () => {
  const { ada, ben, adaSubject, world, changed, worker, kept } = await adaTalks();
  const { transmissionId } = ada.last("talk.granted");
  worker.emit({ type: "transmissionStarted", transmissionId, firstPacketAtMs: Date.now() });
  world.removeMember(adaSubject);
  await changed("members");
  expect(ada.state.closed?.code).toBe(4401);
  expect(ben.last("talker.stopped").transmissionId).toBe(transmissionId);
  expect(kept.ended.has(transmissionId)).toBe(true);
  expect(ben.state.closed).toBe(null);
});

test("signing out closes all tabs of the web session at once, without reading the database", async () => {
  const { ada, ben, adaSubject, voice, world, attach } = await adaTalks();
  const secondTab = attach(adaSubject);
  world.state.down = true;
  voice.onChange({ kind: "sessionEnded", sessionId: adaSubject.sessionId });
  expect(ada.state.closed?.code).toBe(4401);
  expect(secondTab.state.closed?.code).toBe(4401);
  expect(ben.state.closed).toBe(null);
});

test("deleting a tenant closes all its connections, including those being admitted", async () => {
  const { ada, ben, voice, tenantId, world, attach } = await adaTalks();
  const arriving = attach(world.addMember(tenantId));
  voice.onChange({ kind: "tenantDeleted", tenantId });
  for (const person of [ada, ben, arriving]) expect(person.state.closed?.code).toBe(4401);
  await settle();
  expect(voice.stats()).toEqual({ tenants: 0, sessions: 0, peers: 0, talking: 0, ending: 0 });
});

test("a member who is removed during admission is not admitted", async () => {
  const { voice, tenantId, world, attach, ben } = await adaTalks();
  const subject = world.addMember(tenantId, "member", "Eve");
  const load = world.access.loadMembers;
  // The read starts before the removal and its answer arrives after it.
  vi.spyOn(world.access, "loadMembers").mockImplementationOnce(async (...args) => {
    const stale = await load(...args);
    world.removeMember(subject);
    voice.onChange({ kind: "changed", tenantId, what: "members" });
    return stale;
  });
  const eve = attach(subject);
  await settle();
  await settle();
  expect(eve.all("welcome")).toEqual([]);
  expect(eve.state.closed?.code).toBe(4401);
  expect(ben.state.closed).toBe(null);
});

test("admission is refused when access has ended, and asks to reconnect when the read fails or hangs", async () => {
  const { tenantId, world, attach } = await adaTalks();
  const gone = world.addMember(tenantId);
  world.removeMember(gone);
  const refused = attach(gone);
  await settle();
  expect(refused.state.closed?.code).toBe(4401);

  world.state.down = true;
  const failed = attach(world.addMember(tenantId));
  await settle();
  expect(failed.state.closed?.code).toBe(1012);

  vi.spyOn(world.access, "loadMembers").mockReturnValue(new Promise(() => {}));
  const hung = attach(world.addMember(tenantId));
  await vi.advanceTimersByTimeAsync(ADMISSION_TIMEOUT_MS);
  expect(hung.state.closed?.code).toBe(1012);
});

test("a change that cannot be read is retried until it can, and is then enforced", async () => {
  const { ada, adaSubject, world, changed } = await adaTalks();
  world.state.down = true;
  world.change(adaSubject, { permissions: builtInPermissions("viewer") });
  await changed("members");
  await vi.advanceTimersByTimeAsync(3_000);
  expect(ada.all("talk.ended")).toEqual([]);
  world.state.down = false;
  await vi.advanceTimersByTimeAsync(2_500);
  expect(ada.last("talk.ended").reason).toBe("revoked");
});

test("a change that cannot be read for 10 s closes the connections of that tenant only", async () => {
  const { ada, ben, changed, world, enter, voice, log } = await adaTalks();
  const elsewhere = await enter(world.addMember(uuidv7()));
  world.state.down = true;
  await changed("members");
  for (let elapsed = 0; elapsed < OVERDUE_CHANGE_MS; elapsed += 2_000) {
    for (const person of [ada, ben, elsewhere]) person.say({ type: "heartbeat" });
    await vi.advanceTimersByTimeAsync(2_000);
  }
  expect(ada.state.closed?.code).toBe(1012);
  expect(ben.state.closed?.code).toBe(1012);
  expect(elsewhere.state.closed).toBe(null);
  expect(voice.stats()).toMatchObject({ tenants: 1, talking: 0 });
  expect(log).toHaveBeenCalledWith("error", expect.stringContaining("could not be read"), expect.anything());
});

test("changed members are applied even when reading the channels fails", async () => {
  const { ada, ben, adaSubject, tenantId, voice, world } = await adaTalks();
  vi.spyOn(world.access, "listChannels").mockRejectedValue(new Error("timeout"));
  world.change(adaSubject, { permissions: builtInPermissions("viewer") });
  voice.onChange({ kind: "changed", tenantId, what: "channels" });
  voice.onChange({ kind: "changed", tenantId, what: "members" });
  await settle();
  expect(ada.last("talk.ended").reason).toBe("revoked");
  expect(ben.state.closed).toBe(null);
});

test("a failed read of members closes no connection", async () => {
  const { ada, ben, adaSubject, world, changed } = await adaTalks();
  vi.spyOn(world.access, "loadMembers").mockRejectedValue(new Error("timeout"));
  world.removeMember(adaSubject);
  await changed("members");
  expect([ada.state.closed, ben.state.closed]).toEqual([null, null]);
});

test("only a member whose role or permissions changed is told so", async () => {
  const { ada, ben, adaSubject, world, changed } = await adaTalks();
  const selfChanges = (client: typeof ada) => client.all("changed").filter(({ what }) => what === "self").length;
  await changed("members");
  expect([selfChanges(ada), selfChanges(ben)]).toEqual([0, 0]);
  world.change(adaSubject, { permissions: new Set(["voice.join", "voice.transmit"]) });
  await changed("roles");
  expect([selfChanges(ada), selfChanges(ben)]).toEqual([1, 0]);
  expect(ada.last("changed").member?.can.givePermissions).toEqual(["voice.join", "voice.transmit"]);
  world.change(adaSubject, { roleName: "Stewards" });
  await changed("roles");
  world.change(adaSubject, { roleId: "another" });
  await changed("members");
  expect([selfChanges(ada), selfChanges(ben)]).toEqual([3, 0]);
  expect(ada.all("talk.ended")).toEqual([]);
});

test("a talk goes on when its member's role and the channel's chosen roles change together", async () => {
  const { ada, adaSubject, channelId, tenantId, world, voice, changed } = await adaTalks();
  const onlyFor = (roleId: string) =>
    world.addChannel(tenantId, { channelId, transmission: "restricted", talkerRoleIds: new Set([roleId]) });
  onlyFor("role-member");
  await changed("channels");
  onlyFor("stewards");
  world.change(adaSubject, { roleId: "stewards" });
  voice.onChange({ kind: "changed", tenantId, what: "members" });
  voice.onChange({ kind: "changed", tenantId, what: "channels" });
  await settle();
  expect(ada.all("talk.ended")).toEqual([]);
});

test("a resync reads everything again and tells clients to do so too", async () => {
  const { ada, adaSubject, channelId, tenantId, world, voice } = await adaTalks();
  world.change(adaSubject, { permissions: builtInPermissions("viewer") });
  const added = world.addChannel(tenantId);
  voice.onChange({ kind: "resync" });
  await vi.advanceTimersByTimeAsync(10);
  expect(ada.last("talk.ended").reason).toBe("revoked");
  // "self" comes last, because her permissions changed.
  expect(ada.all("changed").map(({ what }) => what)).toEqual([...Changed.options, "self"]);
  ada.say({ type: "join", channelId: added });
  expect(ada.last("joined").channelId).toBe(added);
  ada.say({ type: "leave", channelId });
  expect(ada.last("left").reason).toBe("asked");
});

test("a burst of changes causes one read for all members", async () => {
  const { voice, tenantId, world } = await adaTalks();
  const before = world.state.reads;
  for (let i = 0; i < 100; i += 1) voice.onChange({ kind: "changed", tenantId, what: "members" });
  await vi.advanceTimersByTimeAsync(10);
  expect(world.state.reads - before).toBe(1);
});

test("changed transmissions and invitations are passed on without reading the database", async () => {
  const { ada, voice, tenantId, channelId, world } = await adaTalks();
  const before = world.state.reads;
  voice.onChange({ kind: "changed", tenantId, what: "transmissions", channelId });
  voice.onChange({ kind: "changed", tenantId, what: "invitations" });
  await settle();
  expect(ada.all("changed")).toEqual([
    { type: "changed", what: "transmissions", channelId },
    { type: "changed", what: "invitations" },
  ]);
  expect(world.state.reads).toBe(before);
});

test("a changed name is sent to the others as presence", async () => {
  const { adaSubject, ben, ada, world, changed } = await adaTalks();
  await vi.advanceTimersByTimeAsync(100);
  world.change(adaSubject, { name: "Ada Lovelace" });
  await changed("members");
  await vi.advanceTimersByTimeAsync(100);
  expect(ben.last("presence").changes[0]?.joined).toEqual([
    { sessionId: ada.sessionId, memberId: ada.memberId, name: "Ada Lovelace", hears: true },
  ]);
});

test("presence changes within 100 ms are sent in one message, with the last state of each person", async () => {
  const { ben, channelId, enter, world, tenantId } = await adaTalks();
  await vi.advanceTimersByTimeAsync(200);
  const before = ben.all("presence").length;
  const cid = await enter(world.addMember(tenantId, "viewer", "Cid"), channelId);
  const dan = await enter(world.addMember(tenantId, "viewer", "Dan"), channelId);
  dan.say({ type: "leave", channelId });
  await vi.advanceTimersByTimeAsync(100);
  expect(ben.all("presence").slice(before)).toEqual([
    {
      type: "presence",
      changes: [
        {
          channelId,
          joined: [{ sessionId: cid.sessionId, memberId: cid.memberId, name: "Cid", hears: true }],
          left: [dan.sessionId],
        },
      ],
    },
  ]);
  expect(cid.last("welcome").channels[0]?.people.map(({ name }) => name)).toEqual(["Ada", "Ben"]);
  expect(cid.last("welcome").channels[0]?.talkers.map(({ name }) => name)).toEqual(["Ada"]);
});

test("the regular recheck closes the connection of an expired session, and closes nothing while the database is away", async () => {
  const { voice, world, enter } = scriptedVoice();
  const tenantId = uuidv7();
  const subject = world.addMember(tenantId);
  const [ada, ben] = [await enter(subject), await enter(world.addMember(tenantId, "member", "Ben"))];
  const alive = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 2_000) {
      for (const person of [ada, ben]) person.say({ type: "heartbeat" });
      await vi.advanceTimersByTimeAsync(2_000);
    }
  };
  world.state.down = true;
  await alive(RECHECK_MS + OVERDUE_CHANGE_MS * 2);
  expect([ada.state.closed, ben.state.closed]).toEqual([null, null]);
  world.state.down = false;
  world.removeMember(subject);
  await alive(RECHECK_MS);
  expect(ada.state.closed?.code).toBe(4401);
  expect(ben.state.closed).toBe(null);
  await voice.close();
});

test("the limit of connections per account counts all tenants, frees a place when one ends, and does not affect other accounts", async () => {
  const { voice, world, attach, enter } = scriptedVoice();
  const [acme, globex] = [uuidv7(), uuidv7()];
  const eve = world.addMember(acme, "viewer", "Eve");
  const elsewhere = { ...world.addMember(globex, "admin", "Eve"), accountId: eve.accountId };
  const sockets = Array.from({ length: MAX_CONNECTIONS_PER_ACCOUNT }, (_, index) => attach(index % 2 ? eve : elsewhere));
  await settle();
  expect(sockets.filter(({ state }) => state.closed !== null)).toEqual([]);
  for (const subject of [eve, elsewhere]) {
    const refused = attach(subject);
    await settle();
    expect(refused.state.closed?.code).toBe(4429);
    expect(refused.received).toEqual([]);
  }
  expect(voice.stats().sessions).toBe(MAX_CONNECTIONS_PER_ACCOUNT);
  await enter(world.addMember(acme, "member", "Ada"));
  sockets[0]?.drop();
  await enter(eve);
  await voice.close();
});

describe("a latched talk", () => {
  const withoutLatch = new Set([...builtInPermissions("member")].filter((permission) => permission !== "voice.latch"));

  test("is denied without voice.latch, while holding the key still works", async () => {
    const { ada, adaSubject, channelId, world, changed } = await adaTalks();
    ada.release();
    world.change(adaSubject, { permissions: withoutLatch });
    await changed("members");
    ada.say({ type: "talk.start", channelId, pressId: 50, mode: "latch" });
    expect(ada.last("talk.denied")).toMatchObject({ pressId: 50, reason: "latch_not_allowed" });
    for (const [pressId, mode] of [
      [51, "hold"],
      [52, undefined],
    ] as const) {
      ada.say({ type: "talk.start", channelId, pressId, ...(mode && { mode }) });
      expect(ada.last("talk.granted").pressId).toBe(pressId);
      ada.release();
    }
  });

  test("ends when the role loses voice.latch, while a held talk goes on", async () => {
    const { ada, ben, adaSubject, channelId, world, changed } = await adaTalks();
    ada.release();
    ada.say({ type: "talk.start", channelId, pressId: 50, mode: "latch" });
    expect(ada.last("talk.granted").pressId).toBe(50);
    world.change(adaSubject, { permissions: withoutLatch });
    await changed("members");
    expect(ada.last("talk.ended").reason).toBe("revoked");
    expect(ben.all("talker.stopped")).toHaveLength(2);
    ada.press(channelId);
    await changed("members");
    expect(ada.all("talk.ended")).toHaveLength(1);
  });
});
