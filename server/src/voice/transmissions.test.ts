import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { MediaEvent } from "#contract/media.ts";
import { ENDING_TIMEOUT_MS, MAX_TALK_MS, NO_AUDIO_MS } from "./limits.ts";
import { twoPeople } from "./testing/two-people.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function piece(transmissionId: string, sequence: number, last = false): MediaEvent {
  const bytes = new Uint8Array([sequence]);
  const durationMs = (sequence + 1) * 1_000;
  return { type: "recordingPiece", transmissionId, sequence, bytes, durationMs, levels: [9], last };
}

test("a transmission that the worker ends is ended for everyone, and its end is stored once", async () => {
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

test("a talk without audio ends after 10 s and is not stored", async () => {
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

test("an unrecorded talk that sent audio is not ended for silence, but after 30 min", async () => {
  const { ada, channelId, worker, transmissionId, live } = await twoPeople();
  ada.press(channelId);
  worker.emit({ type: "transmissionStarted", transmissionId: transmissionId(), firstPacketAtMs: Date.now() });
  await live(MAX_TALK_MS - 1);
  expect(ada.all("talk.ended")).toEqual([]);
  await live(1);
  expect(ada.last("talk.ended").reason).toBe("too_long");
});

test("pieces that arrive after the release are stored before the end", async () => {
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

test("a transmission ends even when the worker never answers", async () => {
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

test("switching recording on during a talk takes effect with the next talk", async () => {
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

test("closing a tab in mid-talk ends the talk for the others at once and leaves nothing behind", async () => {
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

test("closing the server ends all talk, stores the ends of recordings and asks clients to reconnect", async () => {
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
