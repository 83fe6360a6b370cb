import type { ServerMessage } from "#contract/gateway.ts";
import { expect, test } from "vitest";
import { MAX_MISSED } from "./missed.ts";
import type { VoiceState } from "./model.ts";
import { initialState, reduce, type VoiceEvent } from "./state.ts";

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const OPS = id(1);
const ME = { sessionId: id(10), memberId: id(20), name: "Me" };
const ADA = { sessionId: id(11), memberId: id(21), name: "Ada Okafor" };

const received = (message: ServerMessage): VoiceEvent => ({ type: "message", message, at: 1_000 });
const play = (from: VoiceState, ...events: VoiceEvent[]) => events.reduce(reduce, from);
const startedAt = (n: number) => new Date(Date.UTC(2026, 0, 1, 8, 0, n)).toISOString();
const starts = (n: number, who = ADA) =>
  received({ type: "talker.started", channelId: OPS, talker: { ...who, transmissionId: id(n), startedAt: startedAt(n) } });
const stops = (n: number) => received({ type: "talker.stopped", channelId: OPS, transmissionId: id(n) });
const welcome = received({
  type: "welcome",
  sessionId: ME.sessionId,
  memberId: ME.memberId,
  serverTime: startedAt(0),
  channels: [{ channelId: OPS, people: [], talkers: [] }],
});
const hearing = play(
  initialState(),
  welcome,
  { type: "want", channelId: OPS },
  received({ type: "joined", channelId: OPS }),
  received({ type: "media.state", state: "connected" }),
);
const volume = (level: number, muted: boolean): VoiceEvent => ({ type: "volume", channelId: OPS, volume: { level, muted } });
const missedOf = (state: VoiceState) => state.missed[OPS] ?? [];

test("a transmission that is heard from beginning to end is not missed, and becomes the channel's last talk", () => {
  const after = play(hearing, starts(31), stops(31));
  expect(missedOf(after)).toEqual([]);
  expect(after.last[OPS]).toEqual({
    transmissionId: id(31),
    memberId: ADA.memberId,
    name: "Ada Okafor",
    startedAt: startedAt(31),
  });
});

test.each<[string, VoiceEvent]>([
  ["is muted", volume(1, true)],
  ["is turned down to nothing", volume(0, false)],
  ["is silent because the browser blocks sound", { type: "sound", blocked: true }],
  ["has no audio connection", { type: "media", media: "lost" }],
])("a transmission is missed while the channel %s, and stays missed when sound is back", (_, silence) => {
  const after = play(hearing, silence, starts(31), stops(31), volume(1, false), { type: "sound", blocked: false });
  expect(missedOf(after)).toEqual([id(31)]);
});

test("a transmission that is heard in part is missed: muted in the middle, or cut off by a lost connection", () => {
  expect(missedOf(play(hearing, starts(31), volume(1, true), volume(1, false), stops(31)))).toEqual([id(31)]);
  expect(missedOf(play(hearing, starts(31), { type: "disconnected", retryAt: 9 }))).toEqual([id(31)]);
});

test("a person's own transmissions, in this tab or another, are never missed", () => {
  const elsewhere = { ...ME, sessionId: id(12) };
  const after = play(hearing, volume(1, true), starts(31, ME), starts(32, elsewhere), stops(31), stops(32));
  expect(missedOf(after)).toEqual([]);
});

test("a transmission on a channel that was left is neither missed nor its last talk", () => {
  const left = play(hearing, { type: "unwant", channelId: OPS }, starts(31), stops(31));
  expect(missedOf(left)).toEqual([]);
  expect(left.last[OPS]).toBeUndefined();
});

test("a missed transmission leaves the list when it is played or dismissed", () => {
  const two = play(hearing, volume(1, true), starts(31), stops(31), starts(32), stops(32));
  expect(missedOf(play(two, { type: "heard", transmissionId: id(31) }))).toEqual([id(32)]);
  expect(missedOf(play(two, { type: "dismiss", channelId: OPS }))).toEqual([]);
  expect(play(two, { type: "heard", transmissionId: id(99) })).toBe(two);
});

test("transmissions from the time away are added once, and an older last talk does not replace a newer one", () => {
  const older = { transmissionId: id(5), memberId: ADA.memberId, name: "Ada Okafor", startedAt: startedAt(5) };
  const caughtUp: VoiceEvent = { type: "caughtUp", channelId: OPS, last: older, missed: [id(4), id(5)] };
  const after = play(hearing, starts(31), stops(31), caughtUp, caughtUp);
  expect(missedOf(after)).toEqual([id(4), id(5)]);
  expect(after.last[OPS]?.transmissionId).toBe(id(31));
  expect(play(hearing, caughtUp).last[OPS]).toEqual(older);
});

test("only the newest missed transmissions are kept, up to the limit", () => {
  const all = Array.from({ length: MAX_MISSED + 5 }, (_, n) => [starts(100 + n), stops(100 + n)]).flat();
  const ids = missedOf(play(hearing, volume(1, true), ...all));
  expect(ids).toHaveLength(MAX_MISSED);
  expect(ids.at(-1)).toBe(id(100 + MAX_MISSED + 4));
});
