import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { twoPeople } from "./testing/two-people.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a press is granted in the same tick, and everyone is told who talks", async () => {
  const { ada, ben, channelId, worker } = await twoPeople();
  ada.press(channelId);
  const { transmissionId, pressId } = ada.last("talk.granted");
  expect(pressId).toBe(1);
  for (const person of [ada, ben]) {
    expect(person.last("talker.started")).toMatchObject({
      channelId,
      talker: { sessionId: ada.sessionId, memberId: ada.memberId, name: "Ada", transmissionId },
    });
  }
  expect(worker.last("startTransmission")).toMatchObject({ transmissionId, peerId: ada.peerId, record: false });
  ada.release();
  expect(worker.last("endTransmission")).toMatchObject({ transmissionId });
  expect(ben.last("talker.stopped")).toEqual({ type: "talker.stopped", channelId, transmissionId });
  expect(ada.all("talk.ended")).toEqual([]);
});

test("a press is granted while the database is down", async () => {
  const { ada, channelId, world } = await twoPeople();
  world.state.down = true;
  ada.press(channelId);
  expect(ada.all("talk.granted")).toHaveLength(1);
});

test("two people can talk on a channel at once", async () => {
  const { ada, ben, channelId, voice } = await twoPeople();
  ada.press(channelId);
  ben.press(channelId);
  expect(voice.stats()).toMatchObject({ talking: 2, ending: 0 });
  ada.release();
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(voice.stats().talking).toBe(1);
});

test("two presses in one tick make two transmissions, and the first ends before the second begins", async () => {
  const { ada, ben, channelId, worker } = await twoPeople();
  ada.press(channelId);
  ada.release();
  ada.press(channelId);
  ada.release();
  const order = worker.commands.filter(({ type }) => type.endsWith("Transmission")).map(({ type }) => type);
  expect(order).toEqual(["startTransmission", "endTransmission", "startTransmission", "endTransmission"]);
  expect(new Set(worker.all("startTransmission").map(({ transmissionId }) => transmissionId)).size).toBe(2);
  expect(ben.types().filter((type) => type.startsWith("talker"))).toEqual([
    "talker.started",
    "talker.stopped",
    "talker.started",
    "talker.stopped",
  ]);
});

test("a second press while talking is denied, and the first talk and its audio go on", async () => {
  const { ada, channelId, worker, voice } = await twoPeople();
  ada.press(channelId);
  ada.press(channelId);
  expect(ada.last("talk.denied")).toMatchObject({ pressId: 2, reason: "already_talking" });
  expect(worker.all("dropBuffered")).toEqual([]);
  expect(voice.stats().talking).toBe(1);
});

test("a denied press drops the audio buffered before and after the denial", async () => {
  const { ada, world, tenantId, voice, worker, channelId } = await twoPeople();
  const closed = world.addChannel(tenantId, { transmission: "restricted" });
  voice.onChange({ kind: "changed", tenantId, what: "channels" });
  await vi.advanceTimersByTimeAsync(5);
  ada.say({ type: "join", channelId: closed });
  ada.press(closed);
  expect(ada.last("talk.denied")).toMatchObject({ channelId: closed, reason: "channel_restricted" });
  expect(worker.all("dropBuffered")).toEqual([{ type: "dropBuffered", peerId: ada.peerId }]);
  ada.release();
  expect(worker.all("dropBuffered")).toHaveLength(2);
  ada.press(channelId);
  expect(ada.all("talk.granted")).toHaveLength(1);
});

test("a press is denied with its reason: not joined, no audio, or, before both, a role that cannot talk", async () => {
  const { world, tenantId, channelId, enter, attach } = await twoPeople();
  const outside = await enter(world.addMember(tenantId));
  outside.press(channelId);
  expect(outside.last("talk.denied").reason).toBe("not_joined");

  const deaf = attach(world.addMember(tenantId));
  await vi.advanceTimersByTimeAsync(5);
  deaf.say({ type: "join", channelId });
  deaf.say({ type: "talk.start", channelId, pressId: 7 });
  expect(deaf.last("talk.denied")).toMatchObject({ reason: "no_media", pressId: 7 });

  const viewer = attach(world.addMember(tenantId, "viewer"));
  await vi.advanceTimersByTimeAsync(5);
  viewer.say({ type: "talk.start", channelId, pressId: 0 });
  expect(viewer.last("talk.denied").reason).toBe("role_cannot_talk");
});

test("leaving a channel ends the talk on it, and leaving another channel does not", async () => {
  const { ada, ben, channelId, world, tenantId, voice } = await twoPeople();
  const other = world.addChannel(tenantId);
  voice.onChange({ kind: "changed", tenantId, what: "channels" });
  await vi.advanceTimersByTimeAsync(5);
  ada.say({ type: "join", channelId: other });
  ada.press(channelId);
  ada.say({ type: "leave", channelId: other });
  expect(voice.stats().talking).toBe(1);
  ada.say({ type: "leave", channelId });
  expect(ada.last("talk.ended").reason).toBe("left");
  expect(ada.last("left")).toMatchObject({ channelId, reason: "asked" });
  expect(ben.all("talker.stopped")).toHaveLength(1);
});

test("media.connect during a talk ends the talk, and late events of the earlier peer are ignored", async () => {
  const { ada, ben, channelId, worker } = await twoPeople();
  ada.press(channelId);
  ada.say({ type: "media.connect" });
  expect(ada.last("talk.ended").reason).toBe("media_lost");
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(worker.last("closePeer").peerId).toBe(ada.peerId);
  const receivedBefore = ada.received.length;
  worker.emit({ type: "peerState", peerId: ada.peerId, state: "connected" });
  worker.emit({ type: "candidate", peerId: ada.peerId, candidate: "old", mid: "0" });
  worker.emit({ type: "peerState", peerId: ada.peerId, state: "lost" });
  expect(ada.received).toHaveLength(receivedBefore);
  ada.press(channelId);
  expect(ada.last("talk.denied").reason).toBe("no_media");
  ada.say({ type: "media.answer", sdp: "answer" });
  ada.press(channelId);
  expect(ada.all("talk.granted")).toHaveLength(2);
  // The new peer is subscribed to the channels that the session had joined.
  expect(worker.last("subscribe").peerId).toBe(worker.last("openPeer").peerId);
});

test.each(["lost", "failed"] as const)(
  "when audio is %s, the talk ends, the others see it, and the peer is closed",
  async (state) => {
    const { ada, ben, channelId, worker, voice } = await twoPeople();
    ada.press(channelId);
    worker.emit({ type: "peerState", peerId: ada.peerId, state });
    expect(ada.last("talk.ended").reason).toBe("media_lost");
    expect(ada.last("media.state").state).toBe("lost");
    expect(ada.all("error")).toEqual([]);
    expect(ben.all("talker.stopped")).toHaveLength(1);
    expect(worker.last("closePeer").peerId).toBe(ada.peerId);
    expect(voice.stats()).toMatchObject({ peers: 1, talking: 0 });
  },
);

test("audio that never connected is reported as media_failed", async () => {
  const { ada, worker } = await twoPeople();
  ada.say({ type: "media.connect" });
  worker.emit({ type: "peerState", peerId: worker.last("openPeer").peerId, state: "failed" });
  expect(ada.last("error").error).toBe("media_failed");
});

test("too many media.connect messages are refused, and the existing audio connection stays", async () => {
  const { ada, worker, channelId } = await twoPeople();
  for (let i = 0; i < 20; i += 1) ada.say({ type: "media.connect" });
  expect(worker.all("openPeer").length).toBeLessThan(13);
  expect(ada.last("error").error).toBe("media_failed");
  ada.say({ type: "media.answer", sdp: "answer" });
  ada.press(channelId);
  expect(ada.all("talk.granted")).toHaveLength(1);
});

test("a slot names its talker until the transmission is gone, including the tail after the release", async () => {
  const { ada, ben, channelId, worker, transmissionId } = await twoPeople();
  worker.silence();
  ada.press(channelId);
  const id = transmissionId();
  const slot = { type: "slot", peerId: ben.peerId, mid: "s1", transmissionId: id, channelId: "opaque" } as const;
  worker.emit(slot);
  expect(ben.last("slot").source).toEqual({ channelId, sessionId: ada.sessionId, transmissionId: id });
  ada.release();
  worker.emit(slot);
  expect(ben.last("slot").source).not.toBe(null);
  worker.emit({ type: "transmissionEnded", transmissionId: id, durationMs: 0, reason: "asked" });
  worker.emit(slot);
  expect(ben.last("slot").source).toBe(null);
  worker.emit({ ...slot, transmissionId: null, channelId: null });
  expect(ben.last("slot").source).toBe(null);
});
