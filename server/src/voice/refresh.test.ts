import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OVERDUE_CHANGE_MS } from "./limits.ts";
import { makeRefresh, type Part } from "./refresh.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A refresh whose passes the test ends by hand. */
function setUp() {
  const passes: { parts: Part[]; succeed: () => void; fail: () => void }[] = [];
  const onOverdue = vi.fn();
  const onError = vi.fn();
  const refresh = makeRefresh({
    read: (parts) =>
      new Promise((resolve, reject) => {
        passes.push({ parts: [...parts], succeed: () => resolve(), fail: () => reject(new Error("down")) });
      }),
    onOverdue,
    onError,
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return { refresh, passes, onOverdue, onError, settle };
}

test("changes in one tick are read in one pass", async () => {
  const { refresh, passes, settle } = setUp();
  refresh.mark(["members"]);
  refresh.mark(["channels"]);
  await settle();
  expect(passes.map(({ parts }) => parts)).toEqual([["members", "channels"]]);
});

test("changes during a pass start one more pass, with all of their parts", async () => {
  const { refresh, passes, settle } = setUp();
  refresh.mark(["members"]);
  await settle();
  for (let i = 0; i < 20; i += 1) refresh.mark(["members"]);
  refresh.mark(["channels"]);
  expect(passes).toHaveLength(1);
  passes[0]?.succeed();
  await settle();
  expect(passes.map(({ parts }) => parts)).toEqual([["members"], ["members", "channels"]]);
  passes[1]?.succeed();
  await settle();
  expect(passes).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});

test("a failed pass is repeated with its own parts and those that changed since", async () => {
  const { refresh, passes, onError, settle } = setUp();
  refresh.mark(["members"]);
  await settle();
  passes[0]?.fail();
  await vi.advanceTimersByTimeAsync(200);
  refresh.mark(["channels"]);
  expect(passes).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(50);
  expect(passes[1]?.parts.toSorted()).toEqual(["channels", "members"]);
  passes[1]?.succeed();
  expect(onError).toHaveBeenCalledOnce();
});

test("a change that cannot be read for 10 s is reported as overdue once", async () => {
  const { refresh, passes, onOverdue } = setUp();
  refresh.mark(["members"]);
  for (let elapsed = 0; elapsed < OVERDUE_CHANGE_MS - 10; elapsed += 10) {
    passes.at(-1)?.fail();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(onOverdue).not.toHaveBeenCalled();
  expect(passes.length).toBeGreaterThan(5);
  await vi.advanceTimersByTimeAsync(10);
  expect(onOverdue).toHaveBeenCalledOnce();
});

test("a change whose read hangs is reported as overdue too", async () => {
  const { refresh, onOverdue } = setUp();
  refresh.mark(["members"]);
  await vi.advanceTimersByTimeAsync(OVERDUE_CHANGE_MS);
  expect(onOverdue).toHaveBeenCalledOnce();
});

test("a steady stream of changes that are all read is never reported as overdue", async () => {
  const { refresh, passes, onOverdue } = setUp();
  refresh.mark(["members"]);
  for (let elapsed = 0; elapsed < 3 * OVERDUE_CHANGE_MS; elapsed += 500) {
    refresh.mark(["members"]);
    passes.at(-1)?.succeed();
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(onOverdue).not.toHaveBeenCalled();
});

test("a change during a pass that succeeds has its own deadline", async () => {
  const { refresh, passes, onOverdue } = setUp();
  refresh.mark(["members"]);
  await vi.advanceTimersByTimeAsync(4_000);
  refresh.mark(["members"]);
  await vi.advanceTimersByTimeAsync(4_000);
  passes[0]?.succeed();
  await vi.advanceTimersByTimeAsync(OVERDUE_CHANGE_MS - 4_000 - 1);
  expect(onOverdue).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(onOverdue).toHaveBeenCalledOnce();
});

test("tryAgain repeats failed reads and is never overdue, but a change marked meanwhile can be", async () => {
  const { refresh, passes, onOverdue } = setUp();
  refresh.tryAgain(["members"]);
  for (let elapsed = 0; elapsed < 2 * OVERDUE_CHANGE_MS; elapsed += 100) {
    passes.at(-1)?.fail();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(passes.length).toBeGreaterThan(5);
  expect(onOverdue).not.toHaveBeenCalled();
  refresh.mark(["channels"]);
  for (let elapsed = 0; elapsed < OVERDUE_CHANGE_MS; elapsed += 100) {
    expect(onOverdue).not.toHaveBeenCalled();
    passes.at(-1)?.fail();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(onOverdue).toHaveBeenCalledOnce();
  passes.at(-1)?.succeed();
  await vi.advanceTimersByTimeAsync(OVERDUE_CHANGE_MS);
  expect(onOverdue).toHaveBeenCalledOnce();
});

test("a closed refresh neither reads nor reports an overdue change", async () => {
  const { refresh, passes, onOverdue, settle } = setUp();
  refresh.mark(["members"]);
  await settle();
  passes[0]?.fail();
  await vi.advanceTimersByTimeAsync(1);
  refresh.close();
  refresh.mark(["channels"]);
  await vi.advanceTimersByTimeAsync(2 * OVERDUE_CHANGE_MS);
  expect(passes).toHaveLength(1);
  expect(onOverdue).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
