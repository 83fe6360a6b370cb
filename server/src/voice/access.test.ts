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
  const all = scriptedVoice();
  const tenantId = uuidv7();
  const channelId = all.world.addChannel(tenantId, { recording: true });
  const adaSubject = all.world.addMember(tenantId, "member", "Ada");
  const ada = await all.enter(adaSubject, channelId);
  const ben = await all.enter(all.world.addMember(tenantId, "member", "Ben"), channelId);
  ada.press(channelId);
  const changed = async (what: Changed) => {
    all.voice.onChange({ kind: "changed", tenantId, what });
    await settle();
  };
  return { ...all, tenantId, channelId, adaSubject, ada, ben, changed };
}

test("a role without voice.transmit ends the talk and denies the next one; listening goes on", async () => {
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

test("a role without voice.join leaves every channel, the media worker included", async () => {
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

test("a channel that becomes restricted ends the talk of those who were not chosen only", async () => {
  const { ada, ben, channelId, tenantId, world, changed } = await adaTalks();
  ben.press(channelId);
  world.addChannel(tenantId, { channelId, transmission: "restricted", talkerMemberIds: new Set([ben.memberId]) });
  await changed("channels");
  expect(ada.last("talk.ended").reason).toBe("revoked");
  expect(ben.all("talk.ended")).toEqual([]);
});

test("a deleted channel lets everybody go", async () => {
  const { ada, ben, channelId, tenantId, world, changed } = await adaTalks();
  world.removeChannel(tenantId, channelId);
  await changed("channels");
  expect(ada.last("talk.ended").reason).toBe("channel_deleted");
  for (const person of [ada, ben]) expect(person.last("left")).toMatchObject({ channelId, reason: "channel_deleted" });
  ben.say({ type: "join", channelId });
  expect(ben.last("error").error).toBe("unknown_channel");
});

test("a removed member is closed for good, and the end of what they said is stored", async () => {
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

test("a signed-out web session loses all of its tabs, at once and without a read", async () => {
  const { ada, ben, adaSubject, voice, world, attach } = await adaTalks();
  const secondTab = attach(adaSubject);
  world.state.down = true;
  voice.onChange({ kind: "sessionEnded", sessionId: adaSubject.sessionId });
  expect(ada.state.closed?.code).toBe(4401);
  expect(secondTab.state.closed?.code).toBe(4401);
  expect(ben.state.closed).toBe(null);
});

test("a deleted tenant closes everybody, those being admitted included", async () => {
  const { ada, ben, voice, tenantId, world, attach } = await adaTalks();
  const arriving = attach(world.addMember(tenantId));
  voice.onChange({ kind: "tenantDeleted", tenantId });
  for (const person of [ada, ben, arriving]) expect(person.state.closed?.code).toBe(4401);
  await settle();
  expect(voice.stats()).toEqual({ tenants: 0, sessions: 0, peers: 0, talking: 0, ending: 0 });
});

test("a member who is removed while being admitted is not admitted", async () => {
  const { voice, tenantId, world, attach, ben } = await adaTalks();
  const subject = world.addMember(tenantId, "member", "Eve");
  const load = world.access.loadMembers;
  // The answer was read before the removal and comes after it.
  vi.spyOn(world.access, "loadMembers").mockImplementationOnce(async (...asked) => {
    const stale = await load(...asked);
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

test("access that ended before the admission is refused; a read that fails or hangs asks to reconnect", async () => {
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

test("a change that cannot be read is tried again until it can, and then acts", async () => {
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

test("a change that cannot be read for 10 s closes the tenant's connections, of this tenant only", async () => {
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

test("what was read is applied although the other read failed", async () => {
  const { ada, ben, adaSubject, tenantId, voice, world } = await adaTalks();
  vi.spyOn(world.access, "listChannels").mockRejectedValue(new Error("timeout"));
  world.change(adaSubject, { permissions: builtInPermissions("viewer") });
  voice.onChange({ kind: "changed", tenantId, what: "channels" });
  voice.onChange({ kind: "changed", tenantId, what: "members" });
  await settle();
  expect(ada.last("talk.ended").reason).toBe("revoked");
  expect(ben.state.closed).toBe(null);
});

test("a read that fails ends nobody's connection: it is no answer", async () => {
  const { ada, ben, adaSubject, world, changed } = await adaTalks();
  vi.spyOn(world.access, "loadMembers").mockRejectedValue(new Error("timeout"));
  world.removeMember(adaSubject);
  await changed("members");
  expect([ada.state.closed, ben.state.closed]).toEqual([null, null]);
});

test("whose role, or what it allows, changed is told so, and nobody else", async () => {
  const { ada, ben, adaSubject, world, changed } = await adaTalks();
  const told = (who: typeof ada) => who.all("changed").filter(({ what }) => what === "self").length;
  await changed("members");
  expect([told(ada), told(ben)]).toEqual([0, 0]);
  world.change(adaSubject, { permissions: new Set(["voice.join", "voice.transmit"]) });
  await changed("roles");
  expect([told(ada), told(ben)]).toEqual([1, 0]);
  expect(ada.last("changed").member?.self.permissions).toEqual(["voice.join", "voice.transmit"]);
  world.change(adaSubject, { roleName: "Stewards" });
  await changed("roles");
  world.change(adaSubject, { roleId: "another" });
  await changed("members");
  expect([told(ada), told(ben)]).toEqual([3, 0]);
  expect(ada.all("talk.ended")).toEqual([]);
});

test("a role and the channel that admits it change together: the talk goes on", async () => {
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

test("resync reads everything again and tells clients to do so", async () => {
  const { ada, adaSubject, channelId, tenantId, world, voice } = await adaTalks();
  world.change(adaSubject, { permissions: builtInPermissions("viewer") });
  const added = world.addChannel(tenantId);
  voice.onChange({ kind: "resync" });
  await vi.advanceTimersByTimeAsync(10);
  expect(ada.last("talk.ended").reason).toBe("revoked");
  // Once more at the end: her own role is another.
  expect(ada.all("changed").map(({ what }) => what)).toEqual([...Changed.options, "self"]);
  ada.say({ type: "join", channelId: added });
  expect(ada.last("joined").channelId).toBe(added);
  ada.say({ type: "leave", channelId });
  expect(ada.last("left").reason).toBe("asked");
});

test("a burst of changes makes one read for everybody", async () => {
  const { voice, tenantId, world } = await adaTalks();
  const before = world.state.reads;
  for (let i = 0; i < 100; i += 1) voice.onChange({ kind: "changed", tenantId, what: "members" });
  await vi.advanceTimersByTimeAsync(10);
  expect(world.state.reads - before).toBe(1);
});

test("transmissions and invitations are passed on without any read", async () => {
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

test("a new name is seen by the others", async () => {
  const { adaSubject, ben, ada, world, changed } = await adaTalks();
  await vi.advanceTimersByTimeAsync(100);
  world.change(adaSubject, { name: "Ada Lovelace" });
  await changed("members");
  await vi.advanceTimersByTimeAsync(100);
  expect(ben.last("presence").changes[0]?.joined).toEqual([
    { sessionId: ada.sessionId, memberId: ada.memberId, name: "Ada Lovelace" },
  ]);
});

test("presence is gathered: one message for everybody who came within 100 ms, the last state of each", async () => {
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
          joined: [{ sessionId: cid.sessionId, memberId: cid.memberId, name: "Cid" }],
          left: [dan.sessionId],
        },
      ],
    },
  ]);
  expect(cid.last("welcome").channels[0]?.people.map(({ name }) => name)).toEqual(["Ada", "Ben"]);
  expect(cid.last("welcome").channels[0]?.talkers.map(({ name }) => name)).toEqual(["Ada"]);
});

test("a session that runs out ends its connection, though nobody tells; a database that is away at that time ends nobody's", async () => {
  const { voice, world, enter } = scriptedVoice();
  const tenantId = uuidv7();
  const subject = world.addMember(tenantId);
  const [ada, ben] = [await enter(subject), await enter(world.addMember(tenantId, "member", "Ben"))];
  const alive = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 2_000) {
      for (const each of [ada, ben]) each.say({ type: "heartbeat" });
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

test("one account has so many connections and no more, whatever the tenant; those that end make room; others are not concerned", async () => {
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

  test("takes a permission of its own; the denial says so, and holding the key still talks", async () => {
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

  test("ends when the role no longer allows it; one that is held goes on", async () => {
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
