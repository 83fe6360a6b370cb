import type { ServerMessage } from "#contract/gateway.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { VoiceState } from "./model.ts";
import { initialState, reduce, type VoiceEvent } from "./state.ts";
import { makeTalking, type Talking } from "./talking.ts";

const OPS = "00000000-0000-7000-8000-000000000001";
const YARD = "00000000-0000-7000-8000-000000000002";
const QUIET = 0;
const LOUD = 0.6;

let talking: Talking | undefined;
let stored: string | null;

beforeEach(() => {
  vi.useFakeTimers();
  stored = null;
  vi.stubGlobal("localStorage", { getItem: () => stored });
  vi.stubGlobal("document", { visibilityState: "visible", addEventListener() {}, removeEventListener() {} });
});
afterEach(() => {
  talking?.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/**
 * Somebody with a microphone whose sound comes late, who speaks between `speak` and `hush`.
 * @param delayMs how late it comes @param knownMs how late the browser thinks that it comes
 */
function person({ delayMs = 0, knownMs = null as number | null, noise = QUIET } = {}) {
  const spoken: { from: number; to: number }[] = [];
  const track = { getSettings: () => (knownMs === null ? {} : { latency: knownMs / 1_000 }) } as unknown as MediaStreamTrack;
  /** What left the browser: when, and by which line; null: nothing. */
  const line: { at: number; line: number | null }[] = [];
  const sent: string[] = [];
  let state: VoiceState = { ...initialState(), connection: { phase: "open" }, microphone: "ready", wanted: [OPS, YARD] };
  const dispatch = (event: VoiceEvent) => {
    const before = state;
    state = reduce(before, event);
    made.after(before);
  };
  const made = makeTalking({
    state: () => state,
    dispatch,
    send: (message) => void sent.push(message.type),
    transmit: (onto, index = 0) => void line.push({ at: performance.now(), line: onto && index }),
    microphone: () => track,
    level: () => {
      const now = performance.now() - delayMs;
      return spoken.some(({ from, to }) => now >= from && now < to) ? LOUD : noise;
    },
    onGesture: () => {},
  });
  talking = made;
  const wait = (ms: number) => vi.advanceTimersByTime(ms);
  return {
    ...made,
    wait,
    sent,
    state: () => state,
    hear: (message: ServerMessage) => dispatch({ type: "message", message, at: performance.now() }),
    /** Speaks on a channel exactly while the key is down. */
    sayOn(channelId: string, ms: number) {
      made.press(channelId);
      spoken.push({ from: performance.now(), to: performance.now() + ms });
      wait(ms);
      made.release();
      return performance.now();
    },
    /** When the microphone left the line, or got on it, last. */
    offAt: () => line.findLast((change) => change.line === null)?.at,
    onAt: () => line.findLast((change) => change.line !== null)!.at,
  };
}

const stops = (sent: readonly string[]) => sent.filter((type) => type === "talk.stop").length;

test.each([0, 60, 100, 150, 180])(
  "a microphone whose sound comes %i ms late, which the browser does not know, stays open until all of the sound has come",
  (delayMs) => {
    const ada = person({ delayMs });
    const up = ada.sayOn(OPS, 400);
    ada.wait(1_000);
    expect(ada.offAt()! - up).toBeGreaterThanOrEqual(Math.max(100, delayMs + 20));
    expect(ada.offAt()! - up).toBeLessThanOrEqual(300);
    expect(stops(ada.sent)).toBe(1);
  },
);

test.each([
  [40, 60],
  [70, 150],
  [90, 180],
  [120, 190],
])("a press of %i ms is sent whole although its sound comes %i ms late, long after the key came up", (pressMs, delayMs) => {
  const ada = person({ delayMs });
  const up = ada.sayOn(OPS, pressMs);
  ada.wait(1_000);
  expect(ada.offAt()! - up).toBeGreaterThanOrEqual(delayMs + 20);
  expect(ada.offAt()! - up).toBeLessThanOrEqual(300);
});

test.each([[null], [20]])(
  "a press in which nothing was said keeps the microphone open for a bounded time if the browser reports %j ms",
  (knownMs) => {
    const ada = person({ knownMs });
    ada.press(OPS);
    ada.wait(500);
    ada.release();
    ada.wait(290);
    expect(ada.offAt()).toBeUndefined();
    ada.wait(20);
    expect(ada.offAt()).toBeDefined();
  },
);

test("somebody who stopped speaking before the key came up has the chosen tail and no longer one", () => {
  const ada = person();
  ada.sayOn(OPS, 300);
  ada.press(OPS);
  ada.wait(200);
  ada.release();
  ada.wait(90);
  expect(ada.offAt()).toBeUndefined();
  ada.wait(20);
  expect(ada.offAt()).toBeDefined();
});

test.each([
  ["where nothing was chosen", null, 300],
  ["where 250 ms were chosen", "250", 450],
  ["where the most was chosen", "500", 500],
])("a room that is never quiet keeps the microphone open for a bounded time: %s", (_, chosen, most) => {
  stored = chosen;
  const ada = person({ noise: LOUD });
  const up = ada.sayOn(OPS, 400);
  ada.wait(2_000);
  expect(ada.offAt()! - up).toBe(most);
});

test("somebody who chose no tail has none, however loud the room is", () => {
  stored = "0";
  const ada = person({ noise: LOUD });
  expect(ada.sayOn(OPS, 300)).toBe(ada.offAt());
});

test.each(["revoked", "too_long", "media_lost"] as const)("a talk that the server ended as %s has no tail", (reason) => {
  const ada = person({ noise: LOUD });
  const talk = { channelId: OPS, transmissionId: YARD };
  for (const isUp of [false, true]) {
    ada.press(OPS);
    ada.hear({ type: "talk.granted", pressId: isUp ? 2 : 1, ...talk });
    if (isUp) ada.release();
    ada.wait(20);
    ada.hear({ type: "talk.ended", ...talk, reason });
    expect(ada.offAt()).toBe(performance.now());
    ada.wait(1_000);
  }
});

test("another channel within the tail hears its own first syllable and nothing of what was said before", () => {
  // A headset as the browser knows it. The key of the next channel is down 50 ms later.
  const ada = person({ delayMs: 20, knownMs: 20 });
  const up = ada.sayOn(OPS, 400);
  ada.wait(50);
  const next = performance.now();
  ada.sayOn(YARD, 300);
  expect(ada.onAt()).toBeGreaterThanOrEqual(up + 20);
  expect(ada.onAt(), "on the line before the first sound of the new press comes").toBeLessThanOrEqual(next + 20);
});

test("while a microphone that is slower than the browser knows still delivers the first channel's words, the next channel hears nothing", () => {
  const ada = person({ delayMs: 90, knownMs: 10 });
  const up = ada.sayOn(OPS, 400);
  ada.wait(10);
  ada.press(YARD);
  ada.wait(1_000);
  expect(ada.onAt() - up).toBeGreaterThanOrEqual(90);
});

test.each([
  ["by default", null],
  ["without a tail", "0"],
])("the next channel hears nothing of a slow microphone's last words: %s", (_, chosen) => {
  stored = chosen;
  const ada = person({ delayMs: 150 });
  const up = ada.sayOn(OPS, 400);
  ada.press(YARD);
  expect(ada.offAt(), "the other channel ends the tail").toBe(up);
  ada.wait(1_000);
  expect(ada.onAt() - up).toBeGreaterThanOrEqual(150);
  expect(ada.onAt() - up).toBeLessThanOrEqual(300);
});

test("the next channel hears nothing of a talk that was revoked", () => {
  const ada = person({ delayMs: 150, noise: LOUD });
  ada.press(OPS);
  ada.hear({ type: "talk.granted", channelId: OPS, pressId: 1, transmissionId: YARD });
  ada.wait(300);
  const at = performance.now();
  ada.hear({ type: "talk.ended", channelId: OPS, transmissionId: YARD, reason: "revoked" });
  ada.press(YARD);
  ada.wait(1_000);
  expect(ada.onAt() - at).toBeGreaterThanOrEqual(150);
});

test("a press that ends before the microphone delivered all of the previous press sends nothing", () => {
  const ada = person({ delayMs: 150 });
  ada.sayOn(OPS, 400);
  const began = ada.onAt();
  ada.press(YARD);
  ada.wait(30);
  ada.release();
  ada.wait(1_000);
  expect(ada.onAt()).toBe(began);
  expect(stops(ada.sent)).toBe(2);
  ada.press(YARD);
  expect(ada.onAt(), "the next one begins at once").toBe(performance.now());
});

test("pressing the key again within the tail continues the same press, and on the same channel it never waits", () => {
  const ada = person({ delayMs: 150 });
  ada.sayOn(OPS, 400);
  ada.wait(50);
  ada.press(OPS);
  expect(ada.state().press).toMatchObject({ phase: "asking", pressId: 1 });
  ada.wait(1_000);
  expect(ada.offAt()).toBeUndefined();
  ada.release();
  ada.wait(500);
  ada.press(OPS);
  expect(ada.onAt()).toBe(performance.now());
});
