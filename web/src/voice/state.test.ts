import type { ServerMessage } from "#contract/gateway.ts";
import { describe, expect, test } from "vitest";
import { cuesBetween } from "./cues.ts";
import { initialState, reduce, type VoiceEvent, type VoiceState } from "./state.ts";

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const OPS = id(1);
const YARD = id(2);
const ME = id(10);
const ADA = { sessionId: id(11), memberId: id(21), name: "Ada Okafor" };

const said = (message: ServerMessage): VoiceEvent => ({ type: "message", message, at: 1_000 });
const play = (from: VoiceState, ...events: VoiceEvent[]) => events.reduce(reduce, from);
const talker = (n: number) => ({ ...ADA, transmissionId: id(n), startedAt: "2026-01-01T00:00:00Z" });

const welcome = said({
  type: "welcome",
  sessionId: ME,
  memberId: id(20),
  channels: [
    { channelId: OPS, people: [], talkers: [] },
    { channelId: YARD, people: [ADA], talkers: [talker(30)] },
  ],
});
const open = play(initialState(), { type: "connecting" }, welcome);
const onOps = play(open, { type: "want", channelId: OPS }, said({ type: "joined", channelId: OPS }));
const press = (pressId: number): VoiceEvent => ({ type: "press", channelId: OPS, pressId, mode: "hold", at: 5 });
const granted = (pressId: number) => said({ type: "talk.granted", channelId: OPS, pressId, transmissionId: id(40) });

describe("press", () => {
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
    const denial = said({ type: "talk.denied", channelId: OPS, pressId: 1, reason: "role_cannot_talk" });
    expect(play(onOps, press(1), { type: "release" }, press(2), denial).press).toMatchObject({ phase: "asking" });
  });

  test("a denial says why until the next press", () => {
    const denied = play(onOps, press(1), said({ type: "talk.denied", channelId: OPS, pressId: 1, reason: "role_cannot_talk" }));
    expect(denied).toMatchObject({ press: { phase: "up" }, notice: { channelId: OPS, reason: "role_cannot_talk" } });
    expect(play(denied, press(2)).notice).toBe(null);
  });

  test("revoked while live: up, with the reason", () => {
    const ended = said({ type: "talk.ended", channelId: OPS, transmissionId: id(40), reason: "revoked" });
    expect(play(onOps, press(1), granted(1), ended)).toMatchObject({ press: { phase: "up" }, notice: { reason: "revoked" } });
  });

  test("leaving the channel ends it; the selection can't move while it lasts", () => {
    const two = play(onOps, { type: "want", channelId: YARD }, press(1));
    expect(play(two, { type: "select", channelId: YARD }).selected).toBe(OPS);
    expect(play(two, { type: "unwant", channelId: OPS })).toMatchObject({ press: { phase: "up" }, selected: YARD });
  });
});

describe("connection", () => {
  test("its loss ends the press and forgets presence, but not the board", () => {
    const lost = play(onOps, press(1), granted(1), { type: "disconnected", retryAt: 9 });
    expect(lost).toMatchObject({ press: { phase: "up" }, channels: {}, joined: [], wanted: [OPS], selected: OPS, media: "off" });
  });

  test("after it, channels that were deleted meanwhile are gone from the board", () => {
    const back = play(onOps, { type: "want", channelId: id(3) }, { type: "disconnected", retryAt: 9 }, welcome);
    expect(back.wanted).toEqual([OPS]);
  });
});

describe("presence", () => {
  test("people come and go, and who goes talks no more", () => {
    const change = (joined: (typeof ADA)[], left: string[]) =>
      said({ type: "presence", changes: [{ channelId: YARD, joined, left }] });
    expect(play(open, change([ADA], [])).channels[YARD]?.people).toEqual([ADA]);
    expect(play(open, change([], [ADA.sessionId])).channels[YARD]).toEqual({ people: [], talkers: [] });
  });

  test("a slot carries what the server says until it says null", () => {
    const slot = (source: { channelId: string; sessionId: string; transmissionId: string } | null) =>
      said({ type: "slot", mid: "1", source });
    const heard = play(onOps, slot({ channelId: OPS, sessionId: ADA.sessionId, transmissionId: id(31) }));
    expect(Object.keys(heard.slots)).toEqual(["1"]);
    expect(play(heard, slot(null)).slots).toEqual({});
  });
});

describe("cues", () => {
  const incoming = (n: number) => said({ type: "talker.started", channelId: OPS, talker: talker(n) });

  test("the first voice on a joined channel is news, the second is not, one's own neither", () => {
    const one = play(onOps, incoming(31));
    expect(cuesBetween(onOps, one)).toEqual([{ kind: "incoming", channelId: OPS, name: "Ada Okafor" }]);
    expect(cuesBetween(one, play(one, incoming(32)))).toEqual([]);
    const mine = said({ type: "talker.started", channelId: OPS, talker: { ...talker(33), sessionId: ME } });
    expect(cuesBetween(onOps, play(onOps, mine))).toEqual([]);
  });

  test("a channel that one has not joined, or has muted, stays quiet", () => {
    const elsewhere = said({ type: "talker.started", channelId: YARD, talker: talker(34) });
    expect(cuesBetween(onOps, play(onOps, elsewhere))).toEqual([]);
    const muted = play(onOps, { type: "volume", channelId: OPS, volume: { level: 1, muted: true } });
    expect(cuesBetween(muted, play(muted, incoming(31)))).toEqual([]);
  });

  test("live, release, loss and return", () => {
    const asking = play(onOps, press(1));
    const live = play(asking, granted(1));
    const lost = play(live, { type: "disconnected", retryAt: 9 });
    expect(cuesBetween(asking, live)).toEqual([{ kind: "live", channelId: OPS }]);
    expect(cuesBetween(live, play(live, { type: "release" }))).toEqual([{ kind: "released", channelId: OPS }]);
    expect(cuesBetween(live, lost)).toEqual([{ kind: "lost" }]);
    expect(cuesBetween(lost, play(lost, welcome))).toEqual([{ kind: "back" }]);
  });
});
