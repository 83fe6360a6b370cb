import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { MediaEvent } from "#contract/media.ts";
import { ENDING_TIMEOUT_MS, MAX_TALK_MS, NO_AUDIO_MS } from "./limits.ts";
import { scriptedVoice } from "./testing/scripted-voice.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function twoPeople(rules: { recording?: boolean } = {}) {
  const all = scriptedVoice();
  const tenantId = uuidv7();
  const channelId = all.world.addChannel(tenantId, rules);
  const ada = await all.enter(all.world.addMember(tenantId, "member", "Ada"), channelId);
  const ben = await all.enter(all.world.addMember(tenantId, "member", "Ben"), channelId);
  const transmissionId = () => ada.last("talk.granted").transmissionId;
  /** Somebody whose heart beats, for the tests that take longer than its absence. */
  const live = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5_000) {
      await vi.advanceTimersByTimeAsync(Math.min(left, 5_000));
      ada.say({ type: "heartbeat" });
      ben.say({ type: "heartbeat" });
    }
  };
  return { ...all, tenantId, channelId, ada, ben, transmissionId, live };
}

function piece(transmissionId: string, sequence: number, last = false): MediaEvent {
  const bytes = new Uint8Array([sequence]);
  const durationMs = (sequence + 1) * 1_000;
  return { type: "recordingPiece", transmissionId, sequence, bytes, durationMs, levels: [9], last };
}

test("a press is granted in the tick in which it came, and everyone hears who talks", async () => {
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

test("a press is granted while the database is gone", async () => {
  const { ada, channelId, world } = await twoPeople();
  world.state.down = true;
  ada.press(channelId);
  expect(ada.all("talk.granted")).toHaveLength(1);
});

test("both talk at once", async () => {
  const { ada, ben, channelId, voice } = await twoPeople();
  ada.press(channelId);
  ben.press(channelId);
  expect(voice.stats()).toMatchObject({ talking: 2, ending: 0 });
  ada.release();
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(voice.stats().talking).toBe(1);
});

test("start, stop, start, stop in one tick: two transmissions, each ended before the next begins", async () => {
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

test("a second press while talking is denied and the first goes on, with its audio", async () => {
  const { ada, channelId, worker, voice } = await twoPeople();
  ada.press(channelId);
  ada.press(channelId);
  expect(ada.last("talk.denied")).toMatchObject({ pressId: 2, reason: "already_talking" });
  expect(worker.all("dropBuffered")).toEqual([]);
  expect(voice.stats().talking).toBe(1);
});

test("a denied press loses what was held back, before and after the denial", async () => {
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

test("not joined, no audio connection, role: each with its reason; the role comes first", async () => {
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

test("leaving the channel ends what is said on it; leaving another does not", async () => {
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

test("media.connect during a talk ends it; late events of the earlier peer reach nobody", async () => {
  const { ada, ben, channelId, worker } = await twoPeople();
  ada.press(channelId);
  ada.say({ type: "media.connect" });
  expect(ada.last("talk.ended").reason).toBe("media_lost");
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(worker.last("closePeer").peerId).toBe(ada.peerId);
  const heard = ada.received.length;
  worker.emit({ type: "peerState", peerId: ada.peerId, state: "connected" });
  worker.emit({ type: "candidate", peerId: ada.peerId, candidate: "old", mid: "0" });
  worker.emit({ type: "peerState", peerId: ada.peerId, state: "lost" });
  expect(ada.received).toHaveLength(heard);
  ada.press(channelId);
  expect(ada.last("talk.denied").reason).toBe("no_media");
  ada.say({ type: "media.answer", sdp: "answer" });
  ada.press(channelId);
  expect(ada.all("talk.granted")).toHaveLength(2);
  // The new peer hears what the session had joined.
  expect(worker.last("subscribe").peerId).toBe(worker.last("openPeer").peerId);
});

test.each(["lost", "failed"] as const)("audio %s: the talk ends, the others see it, the peer is closed", async (state) => {
  const { ada, ben, channelId, worker, voice } = await twoPeople();
  ada.press(channelId);
  worker.emit({ type: "peerState", peerId: ada.peerId, state });
  expect(ada.last("talk.ended").reason).toBe("media_lost");
  expect(ada.last("media.state").state).toBe("lost");
  expect(ada.all("error")).toEqual([]);
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(worker.last("closePeer").peerId).toBe(ada.peerId);
  expect(voice.stats()).toMatchObject({ peers: 1, talking: 0 });
});

test("audio that never came up is an error that the client can show", async () => {
  const { ada, worker } = await twoPeople();
  ada.say({ type: "media.connect" });
  worker.emit({ type: "peerState", peerId: worker.last("openPeer").peerId, state: "failed" });
  expect(ada.last("error").error).toBe("media_failed");
});

test("asking for audio again and again is refused and keeps the connection that there is", async () => {
  const { ada, worker, channelId } = await twoPeople();
  for (let i = 0; i < 20; i += 1) ada.say({ type: "media.connect" });
  expect(worker.all("openPeer").length).toBeLessThan(13);
  expect(ada.last("error").error).toBe("media_failed");
  ada.say({ type: "media.answer", sdp: "answer" });
  ada.press(channelId);
  expect(ada.all("talk.granted")).toHaveLength(1);
});

test("a transmission that the worker ends is over for everyone, and its end is stored once", async () => {
  const { ada, ben, channelId, worker, kept, transmissionId } = await twoPeople({ recording: true });
  ada.press(channelId);
  const id = transmissionId();
  worker.emit({ type: "transmissionStarted", transmissionId: id, firstPacketAtMs: Date.now() });
  worker.emit({ type: "transmissionEnded", transmissionId: id, durationMs: 1_240, reason: "peerGone" });
  worker.emit({ type: "transmissionEnded", transmissionId: id, durationMs: 1_240, reason: "peerGone" });
  worker.emit(piece(id, 0));
  expect(ada.last("talk.ended").reason).toBe("media_lost");
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect([...kept.ended]).toEqual([[id, 1_240]]);
  expect(kept.complaints).toEqual([]);
});

test("without a sound for 10 s a talk ends; a press without any sound is not stored", async () => {
  const { ada, ben, channelId, kept, live } = await twoPeople({ recording: true });
  ada.press(channelId);
  await live(NO_AUDIO_MS - 1);
  expect(ada.all("talk.ended")).toEqual([]);
  await live(1);
  expect(ada.last("talk.ended").reason).toBe("no_audio");
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(kept.begun.size).toBe(0);
  expect(kept.complaints).toEqual([]);
});

test("a recorded talk that falls silent ends 10 s after its last piece", async () => {
  const { ada, channelId, worker, transmissionId, live } = await twoPeople({ recording: true });
  ada.press(channelId);
  for (let sequence = 0; sequence < 20; sequence += 1) {
    worker.emit(piece(transmissionId(), sequence));
    await live(1_000);
  }
  expect(ada.all("talk.ended")).toEqual([]);
  await live(NO_AUDIO_MS);
  expect(ada.last("talk.ended").reason).toBe("no_audio");
});

test("an unrecorded talk that was heard once is not cut for silence, but after 30 min", async () => {
  const { ada, channelId, worker, transmissionId, live } = await twoPeople();
  ada.press(channelId);
  worker.emit({ type: "transmissionStarted", transmissionId: transmissionId(), firstPacketAtMs: Date.now() });
  await live(MAX_TALK_MS - 1);
  expect(ada.all("talk.ended")).toEqual([]);
  await live(1);
  expect(ada.last("talk.ended").reason).toBe("too_long");
});

test("pieces that come after the release are stored, then the end", async () => {
  const { ada, channelId, worker, kept, voice, transmissionId, tenantId } = await twoPeople({ recording: true });
  worker.silence();
  ada.press(channelId);
  const id = transmissionId();
  worker.emit({ type: "transmissionStarted", transmissionId: id, firstPacketAtMs: Date.now() });
  expect(kept.begun.get(id)).toMatchObject({ tenantId, channelId, memberId: ada.memberId, speakerName: "Ada" });
  worker.emit(piece(id, 0));
  ada.release();
  expect(voice.stats()).toMatchObject({ talking: 0, ending: 1 });
  worker.emit(piece(id, 1, true));
  expect(kept.ended.size).toBe(0);
  worker.emit({ type: "transmissionEnded", transmissionId: id, durationMs: 2_000, reason: "asked" });
  expect(kept.pieces.get(id)).toHaveLength(2);
  expect(kept.ended.get(id)).toBe(2_000);
  expect(kept.complaints).toEqual([]);
  expect(voice.stats().ending).toBe(0);
});

test("a worker that never answers does not keep a transmission open", async () => {
  const { ada, channelId, worker, kept, transmissionId } = await twoPeople({ recording: true });
  worker.silence();
  ada.press(channelId);
  worker.emit(piece(transmissionId(), 0));
  ada.release();
  await vi.advanceTimersByTimeAsync(ENDING_TIMEOUT_MS);
  expect(kept.ended.get(transmissionId())).toBe(1_000);
  worker.emit(piece(transmissionId(), 1, true));
  expect(kept.complaints).toEqual([]);
});

test("recording that is switched on during a talk acts on the next one", async () => {
  const { ada, channelId, worker, voice, world, tenantId } = await twoPeople();
  ada.press(channelId);
  world.addChannel(tenantId, { channelId, recording: true });
  voice.onChange({ kind: "changed", tenantId, what: "channels" });
  await vi.advanceTimersByTimeAsync(5);
  expect(ada.all("talk.ended")).toEqual([]);
  ada.release();
  ada.press(channelId);
  expect(worker.all("startTransmission").map(({ record }) => record)).toEqual([false, true]);
});

test("a slot names who is heard, also for the tail of a talk that ended, and nobody once it is gone", async () => {
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

test("closing a tab in mid-talk: the others see it at once, nothing is left behind", async () => {
  const { ada, ben, channelId, voice, worker, kept, transmissionId } = await twoPeople({ recording: true });
  await vi.advanceTimersByTimeAsync(100);
  ada.press(channelId);
  worker.emit(piece(transmissionId(), 0));
  ada.drop();
  expect(ben.last("talker.stopped").transmissionId).toBe(transmissionId());
  await vi.advanceTimersByTimeAsync(100);
  expect(ben.last("presence").changes).toEqual([{ channelId, joined: [], left: [ada.sessionId] }]);
  expect(kept.ended.size).toBe(1);
  expect(voice.stats()).toEqual({ tenants: 1, sessions: 1, peers: 1, talking: 0, ending: 0 });
  ben.drop();
  expect(voice.stats()).toEqual({ tenants: 0, sessions: 0, peers: 0, talking: 0, ending: 0 });
  expect(vi.getTimerCount()).toBe(0);
});

test("closing the server ends talk, stores its ends and asks to reconnect", async () => {
  const { ada, ben, channelId, voice, worker, kept, transmissionId, attach, world, tenantId } = await twoPeople({
    recording: true,
  });
  worker.silence();
  ada.press(channelId);
  worker.emit(piece(transmissionId(), 0));
  const closed = vi.fn();
  void voice.close().then(closed);
  for (const person of [ada, ben]) expect(person.state.closed?.code).toBe(1012);
  await vi.advanceTimersByTimeAsync(1);
  expect(closed).not.toHaveBeenCalled();
  worker.emit(piece(transmissionId(), 1, true));
  worker.emit({ type: "transmissionEnded", transmissionId: transmissionId(), durationMs: 1_500, reason: "asked" });
  await vi.advanceTimersByTimeAsync(1);
  expect(closed).toHaveBeenCalled();
  expect(kept.ended.get(transmissionId())).toBe(2_000);
  expect(attach(world.addMember(tenantId)).state.closed?.code).toBe(1012);
  await voice.close();
});
