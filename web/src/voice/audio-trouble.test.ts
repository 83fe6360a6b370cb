import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AUDIO_TROUBLE_MS, makeAudioTrouble } from "./audio-trouble.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OPEN = { phase: "open" } as const;

test("audio trouble is reported once after 10 s without audio, however often the connection is retried", () => {
  const tell = vi.fn();
  const trouble = makeAudioTrouble(tell);
  for (let second = 0; second < 10; second += 1) {
    expect(tell).not.toHaveBeenCalled();
    trouble.watch({ connection: OPEN, media: second % 2 === 0 ? "connecting" : "lost" });
    vi.advanceTimersByTime(1_000);
  }
  expect(tell).toHaveBeenCalledOnce();
  trouble.watch({ connection: OPEN, media: "connecting" });
  vi.advanceTimersByTime(60_000);
  expect(tell).toHaveBeenCalledOnce();
});

test.each([
  ["audio connects", { connection: OPEN, media: "connected" }],
  ["audio is no longer wanted", { connection: OPEN, media: "off" }],
  ["the connection is lost", { connection: { phase: "waiting", retryAt: 0, neverOpen: false }, media: "lost" }],
] as const)("no audio trouble is reported when %s before 10 s, and the next wait starts from zero", (_, then) => {
  const tell = vi.fn();
  const trouble = makeAudioTrouble(tell);
  trouble.watch({ connection: OPEN, media: "connecting" });
  vi.advanceTimersByTime(AUDIO_TROUBLE_MS - 1);
  trouble.watch(then);
  vi.advanceTimersByTime(60_000);
  expect(tell).not.toHaveBeenCalled();
  trouble.watch({ connection: OPEN, media: "lost" });
  vi.advanceTimersByTime(AUDIO_TROUBLE_MS - 1);
  expect(tell).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(tell).toHaveBeenCalledOnce();
});
