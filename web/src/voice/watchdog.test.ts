import { expect, test, vi } from "vitest";
import { makeWatchdog, WATCH_EVERY_MS } from "./watchdog.ts";

const SILENCE_MS = 7_500;

function watched() {
  const clock = { monotonic: 50_000, wall: 1_700_000_000_000 };
  const actions = { ask: vi.fn(), lost: vi.fn(), woke: vi.fn() };
  const watchdog = makeWatchdog({ monotonic: () => clock.monotonic, wall: () => clock.wall }, actions);
  watchdog.watch(SILENCE_MS);
  const pass = (ms: number) => {
    clock.monotonic += ms;
    clock.wall += ms;
  };
  return {
    ...actions,
    watchdog,
    clock,
    pass,
    /** Lets time pass, with a check once a second as on the page. */
    wait(ms: number) {
      for (let passed = 0; passed < ms; passed += WATCH_EVERY_MS) {
        pass(WATCH_EVERY_MS);
        watchdog.check();
      }
    },
  };
}

test("a connection that sends nothing for 7.5 s is given up within the next second", () => {
  const { wait, lost, watchdog } = watched();
  wait(7_000);
  expect(lost).not.toHaveBeenCalled();
  wait(1_000);
  expect(lost).toHaveBeenCalledOnce();
  watchdog.rest();
  wait(20_000);
  expect(lost).toHaveBeenCalledOnce();
});

test.each([
  ["a minute forward", 60_000],
  ["an hour back", -3_600_000],
  ["a year forward", 31_536_000_000],
])("a healthy connection outlives a clock that is set %s", (_, ms) => {
  const { wait, clock, lost, ask, watchdog } = watched();
  ask.mockImplementation(() => watchdog.heard(SILENCE_MS));
  clock.wall += ms;
  for (let beats = 0; beats < 10; beats += 1) {
    wait(2_000);
    watchdog.heard(SILENCE_MS);
  }
  expect(lost).not.toHaveBeenCalled();
});

test("a dead connection is noticed as quickly when the clock was set an hour back", () => {
  const { wait, clock, lost } = watched();
  clock.wall -= 3_600_000;
  wait(8_000);
  expect(lost).toHaveBeenCalledOnce();
});

test.each([
  ["the monotonic clock stood still", 0],
  ["the monotonic clock went on", 60_000],
])("after a minute of sleep in which %s, the connection is pinged at once and given up after 2 s", (_, monotonicMs) => {
  const { wait, clock, lost, ask, woke } = watched();
  wait(3_000);
  clock.wall += 60_000;
  clock.monotonic += monotonicMs;
  wait(1_000);
  expect(ask).toHaveBeenCalledOnce();
  expect(woke).toHaveBeenCalledOnce();
  expect(lost).not.toHaveBeenCalled();
  wait(2_000);
  expect(lost).toHaveBeenCalledOnce();
});

test("a page whose timers run once a minute keeps a connection that answers, and loses one that does not", () => {
  const { pass, watchdog, ask, lost } = watched();
  ask.mockImplementation(() => watchdog.heard(SILENCE_MS));
  for (let minutes = 0; minutes < 10; minutes += 1) {
    pass(60_000);
    watchdog.check();
  }
  expect(ask).toHaveBeenCalledTimes(10);
  expect(lost).not.toHaveBeenCalled();
  ask.mockReset();
  pass(60_000);
  watchdog.check();
  pass(60_000);
  watchdog.check();
  expect(lost).toHaveBeenCalledOnce();
});

test("sleep without a connection is noticed too, so that the next attempt need not wait", () => {
  const { clock, watchdog, ask, woke } = watched();
  watchdog.rest();
  clock.wall += 60_000;
  watchdog.check();
  expect(ask).not.toHaveBeenCalled();
  expect(woke).toHaveBeenCalledOnce();
});
