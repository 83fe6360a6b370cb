import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OVERDUE_CHANGE_MS } from "./limits.ts";
import { makeRefresh, type Part } from "./refresh.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A reader whose passes the test ends by hand. */
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

test("changes of one tick are read at once, together", async () => {
  const { refresh, passes, settle } = setUp();
  refresh.mark(["members"]);
  refresh.mark(["channels"]);
  await settle();
  expect(passes.map(({ parts }) => parts)).toEqual([["members", "channels"]]);
});

test("changes during a pass make one more, with all of their parts", async () => {
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

test("a pass that fails is repeated with what it was to read and what came since", async () => {
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

test("a change that cannot be read for 10 s is overdue, once", async () => {
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

test("a read that hangs is overdue too", async () => {
  const { refresh, onOverdue } = setUp();
  refresh.mark(["members"]);
  await vi.advanceTimersByTimeAsync(OVERDUE_CHANGE_MS);
  expect(onOverdue).toHaveBeenCalledOnce();
});

test("a steady stream of changes that are all read is never overdue", async () => {
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

test("closed, it neither reads nor complains any more", async () => {
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
