import type { ServerMessage } from "#contract/gateway.ts";
import { describe, expect, test } from "vitest";
import { cuesBetween, listenersOn, uncarriedOn } from "./cues.ts";
import type { VoiceState } from "./model.ts";
import { initialState, isMicrophoneOpen, reduce, type VoiceEvent } from "./state.ts";

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const OPS = id(1);
const YARD = id(2);
const ME = id(10);
const ADA_TALKS = { sessionId: id(11), memberId: id(21), name: "Ada Okafor" };
const ADA = { ...ADA_TALKS, hears: true };

const received = (message: ServerMessage): VoiceEvent => ({ type: "message", message, at: 1_000 });
const play = (from: VoiceState, ...events: VoiceEvent[]) => events.reduce(reduce, from);
const talker = (n: number) => ({ ...ADA_TALKS, transmissionId: id(n), startedAt: "2026-01-01T00:00:00Z" });

const welcome = received({
  type: "welcome",
  sessionId: ME,
  memberId: id(20),
  serverTime: "2026-01-01T00:00:07Z",
  channels: [
    { channelId: OPS, people: [], talkers: [] },
    { channelId: YARD, people: [ADA], talkers: [talker(30)] },
  ],
});
const open = play(initialState(), { type: "connecting" }, welcome);
const onOps = play(open, { type: "want", channelId: OPS }, received({ type: "joined", channelId: OPS }));
const press = (pressId: number): VoiceEvent => ({ type: "press", channelId: OPS, pressId, mode: "hold", at: 5 });
const granted = (pressId: number) => received({ type: "talk.granted", channelId: OPS, pressId, transmissionId: id(40) });

describe("the tail of a press", () => {
  const live = play(onOps, press(1), granted(1));
  const ending = play(live, { type: "release", tail: true });

  test("the key shows released at once, while the microphone stays open until the tail is over", () => {
    expect(ending.press).toEqual({ phase: "up" });
    expect(isMicrophoneOpen(ending)).toBe(true);
    expect(isMicrophoneOpen(play(ending, { type: "tailOver" }))).toBe(false);
  });

  test("a release without a tail closes the microphone at once", () => {
    expect(isMicrophoneOpen(play(live, { type: "release" }))).toBe(false);
  });

  test("pressing the key again continues the same transmission", () => {
    expect(play(ending, { type: "resume" })).toMatchObject({
      press: { phase: "live", pressId: 1, transmissionId: id(40) },
      tail: null,
    });
  });

  test("a grant that comes during the tail belongs to the tail, and pressing the key again is live at once", () => {
    const early = play(onOps, press(1), { type: "release", tail: true }, granted(1));
    expect(early).toMatchObject({ press: { phase: "up" }, tail: { phase: "live", transmissionId: id(40) } });
    expect(play(early, { type: "resume" }).press.phase).toBe("live");
  });

  test("a revocation and a denial end the tail at once and say why", () => {
    const ended = received({ type: "talk.ended", channelId: OPS, transmissionId: id(40), reason: "revoked" });
    expect(play(ending, ended)).toMatchObject({ tail: null, press: { phase: "up" }, notice: { reason: "revoked" } });
    const denied = received({ type: "talk.denied", channelId: OPS, pressId: 1, reason: "no_media" });
    expect(play(onOps, press(1), { type: "release", tail: true }, denied)).toMatchObject({
      tail: null,
      notice: { reason: "no_media" },
    });
  });

  test("does not outlive the channel or the connection", () => {
    expect(play(ending, received({ type: "left", channelId: OPS, reason: "revoked" })).tail).toBe(null);
    expect(play(ending, { type: "disconnected", retryAt: 9 }).tail).toBe(null);
    expect(play(ending, welcome).tail).toBe(null);
  });

  test("the release tone comes when the microphone closes, and not after the tone of a refusal", () => {
    const over = play(ending, { type: "tailOver" });
    expect(cuesBetween(live, ending)).toEqual([]);
    expect(cuesBetween(ending, over)).toEqual([{ kind: "released", channelId: OPS }]);
    const lost = play(ending, { type: "refuse", channelId: OPS, reason: "focus_lost", at: 9 });
    expect(cuesBetween(ending, lost)).toMatchObject([{ kind: "denied" }]);
    expect(cuesBetween(lost, play(lost, { type: "tailOver" }))).toEqual([]);
  });
});

describe("who is heard", () => {
  const slot = (mid: string, n: number, transmissionId = id(300 + n)) =>
    received({ type: "slot", mid, source: { channelId: OPS, sessionId: id(100 + n), transmissionId } });
  const starts = (n: number) =>
    received({
      type: "talker.started",
      channelId: OPS,
      talker: {
        sessionId: id(100 + n),
        memberId: id(200 + n),
        name: `Talker ${n}`,
        transmissionId: id(300 + n),
        startedAt: "2026-01-01T00:00:00Z",
      },
    });
  const seven = play(onOps, ...Array.from({ length: 7 }, (_, n) => starts(n)));
  const six = Array.from({ length: 6 }, (_, n) => slot(`slot${n}`, n));

  test("the seventh of seven simultaneous talkers counts as not heard until one of the others is silent", () => {
    const full = play(seven, ...six);
    expect([...uncarriedOn(full, OPS)]).toEqual([id(106)]);
    const freed = play(full, received({ type: "slot", mid: "slot2", source: null }));
    expect([...uncarriedOn(freed, OPS)]).toEqual([]);
    expect([...uncarriedOn(play(freed, slot("slot2", 6)), OPS)]).toEqual([id(102)]);
  });

  test("a talker whose audio is only a moment away is not called unheard", () => {
    expect([...uncarriedOn(play(onOps, starts(0)), OPS)]).toEqual([]);
  });

  test("a person with two tabs counts once, and hears when one of the tabs does; one's own tabs don't count", () => {
    const tabs = [
      { sessionId: id(61), memberId: id(71), name: "Ben", hears: false },
      { sessionId: id(62), memberId: id(71), name: "Ben", hears: true },
      { sessionId: id(63), memberId: id(72), name: "Cid", hears: false },
      { sessionId: ME, memberId: id(20), name: "Me", hears: true },
    ];
    const there = play(open, received({ type: "presence", changes: [{ channelId: OPS, joined: tabs, left: [] }] }));
    expect(listenersOn(there, OPS, id(20))).toMatchObject([
      { name: "Ben", hears: true },
      { name: "Cid", hears: false },
    ]);
  });

  test("a slot that still carries somebody's earlier talk does not carry the new one", () => {
    const full = play(seven, ...six.with(2, slot("slot2", 2, id(500))));
    expect([...uncarriedOn(full, OPS)]).toEqual([id(102), id(106)]);
  });

  test("a talk that gets no slot because six others talk is missed, and nothing else is", () => {
    const hearing = play(onOps, { type: "media", media: "connected" });
    const talks = six.flatMap((carried, n) => [starts(n), carried]);
    expect(play(hearing, ...talks).missed[OPS] ?? []).toEqual([]);
    expect(play(hearing, ...talks, starts(6)).missed).toEqual({ [OPS]: [id(306)] });
  });

  test("a listener whose six slots are taken does not count as hearing this talk, and counts for the next", () => {
    const ben = { sessionId: id(61), memberId: id(71), name: "Ben", hears: true };
    const there = play(onOps, received({ type: "presence", changes: [{ channelId: OPS, joined: [ben], left: [] }] }));
    const live = play(there, press(1), granted(1));
    const hears = (state: VoiceState) => listenersOn(state, OPS, id(20))[0]!.hears;
    const unheard = (sessionIds: string[]) =>
      received({ type: "talk.unheard", channelId: OPS, transmissionId: id(40), sessionIds });
    expect(hears(live)).toBe(true);
    const full = play(live, unheard([id(61)]));
    expect(hears(full)).toBe(false);
    expect(hears(play(full, { type: "release", tail: true }))).toBe(false);
    expect(hears(play(full, unheard([])))).toBe(true);
    expect(hears(play(full, { type: "release" }))).toBe(true);
  });
});

describe("a press", () => {
  test("is live only after the grant, counted from the press", () => {
    const asking = play(onOps, press(1));
    expect(asking.press).toMatchObject({ phase: "asking", pressId: 1 });
    expect(play(asking, granted(1)).press).toEqual({
      phase: "live",
      channelId: OPS,
      pressId: 1,
      mode: "hold",
      transmissionId: id(40),
      since: 5,
    });
  });

  test("a late grant of an older press does not make a newer one live", () => {
    expect(play(onOps, press(1), { type: "release" }, press(2), granted(1)).press).toMatchObject({ phase: "asking", pressId: 2 });
    expect(play(onOps, press(1), { type: "release" }, granted(1)).press).toEqual({ phase: "up" });
  });

  test("a late denial of an older press does not end a newer one", () => {
    const denial = received({ type: "talk.denied", channelId: OPS, pressId: 1, reason: "role_cannot_talk" });
    expect(play(onOps, press(1), { type: "release" }, press(2), denial).press).toMatchObject({ phase: "asking" });
  });

  test("a denial says why until the next press", () => {
    const denied = play(
      onOps,
      press(1),
      received({ type: "talk.denied", channelId: OPS, pressId: 1, reason: "role_cannot_talk" }),
    );
    expect(denied).toMatchObject({ press: { phase: "up" }, notice: { channelId: OPS, reason: "role_cannot_talk" } });
    expect(play(denied, press(2)).notice).toBe(null);
  });

  test("ends when it is revoked while live, with the reason", () => {
    const ended = received({ type: "talk.ended", channelId: OPS, transmissionId: id(40), reason: "revoked" });
    expect(play(onOps, press(1), granted(1), ended)).toMatchObject({ press: { phase: "up" }, notice: { reason: "revoked" } });
  });

  test("ends when the channel is left, and keeps the selection from moving while it lasts", () => {
    const two = play(onOps, { type: "want", channelId: YARD }, press(1));
    expect(play(two, { type: "select", channelId: YARD }).selected).toBe(OPS);
    expect(play(two, { type: "unwant", channelId: OPS })).toMatchObject({ press: { phase: "up" }, selected: YARD });
  });
});

describe("the connection", () => {
  test("ends the press and clears presence when it is lost, and keeps the board", () => {
    const lost = play(onOps, press(1), granted(1), { type: "disconnected", retryAt: 9 });
    expect(lost).toMatchObject({ press: { phase: "up" }, channels: {}, joined: [], wanted: [OPS], selected: OPS, media: "off" });
  });

  test("removes channels that were deleted meanwhile from the board when it comes back", () => {
    const back = play(onOps, { type: "want", channelId: id(3) }, { type: "disconnected", retryAt: 9 }, welcome);
    expect(back.wanted).toEqual([OPS]);
  });
});

describe("presence", () => {
  test("people who leave a channel are no longer listed and no longer talk", () => {
    const change = (joined: (typeof ADA)[], left: string[]) =>
      received({ type: "presence", changes: [{ channelId: YARD, joined, left }] });
    expect(play(open, change([ADA], [])).channels[YARD]?.people).toEqual([ADA]);
    expect(play(open, change([], [ADA.sessionId])).channels[YARD]).toEqual({ people: [], talkers: [] });
  });

  test("a slot carries what the server says until it says null", () => {
    const slot = (source: { channelId: string; sessionId: string; transmissionId: string } | null) =>
      received({ type: "slot", mid: "1", source });
    const heard = play(onOps, slot({ channelId: OPS, sessionId: ADA.sessionId, transmissionId: id(31) }));
    expect(Object.keys(heard.slots)).toEqual(["1"]);
    expect(play(heard, slot(null)).slots).toEqual({});
  });
});

test("the length of a talk is counted by the server's clock if the talk began before the page connected, else by the page's", () => {
  const away = received({ type: "talker.started", channelId: OPS, talker: { ...talker(31), startedAt: "1999-01-01T00:00:00Z" } });
  expect(open.channels[YARD]?.talkers[0]?.since).toBe(1_000 - 7_000);
  expect(play(open, away).channels[OPS]?.talkers[0]?.since).toBe(1_000);
});

describe("cues", () => {
  const incoming = (n: number) => received({ type: "talker.started", channelId: OPS, talker: talker(n) });

  test("the first voice on a joined channel has a cue; a second voice and one's own have none", () => {
    const one = play(onOps, incoming(31));
    expect(cuesBetween(onOps, one)).toEqual([{ kind: "incoming", channelId: OPS, name: "Ada Okafor" }]);
    expect(cuesBetween(one, play(one, incoming(32)))).toEqual([]);
    const mine = received({ type: "talker.started", channelId: OPS, talker: { ...talker(33), sessionId: ME } });
    expect(cuesBetween(onOps, play(onOps, mine))).toEqual([]);
  });

  test("a channel that one has not joined, or has muted, stays quiet", () => {
    const elsewhere = received({ type: "talker.started", channelId: YARD, talker: talker(34) });
    expect(cuesBetween(onOps, play(onOps, elsewhere))).toEqual([]);
    const muted = play(onOps, { type: "volume", channelId: OPS, volume: { level: 1, muted: true } });
    expect(cuesBetween(muted, play(muted, incoming(31)))).toEqual([]);
  });

  test("going live, releasing, losing the connection and reconnecting each have a cue", () => {
    const asking = play(onOps, press(1));
    const live = play(asking, granted(1));
    const lost = play(live, { type: "disconnected", retryAt: 9 });
    expect(cuesBetween(asking, live)).toEqual([{ kind: "live", channelId: OPS }]);
    expect(cuesBetween(live, play(live, { type: "release" }))).toEqual([{ kind: "released", channelId: OPS }]);
    expect(cuesBetween(live, lost)).toEqual([{ kind: "lost" }]);
    expect(cuesBetween(lost, play(lost, welcome))).toEqual([{ kind: "back" }]);
  });
});

test("a page that never had a connection says so while it waits, and no longer once it had one", () => {
  const never = play(initialState(), { type: "disconnected", retryAt: 9, neverOpen: true });
  expect(never.connection).toEqual({ phase: "waiting", retryAt: 9, neverOpen: true });
  const later = play(initialState(), welcome, { type: "disconnected", retryAt: 9 });
  expect(later.connection).toEqual({ phase: "waiting", retryAt: 9, neverOpen: false });
});
