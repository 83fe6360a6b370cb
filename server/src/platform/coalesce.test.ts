import { expect, test } from "vitest";
import { makeCoalescer } from "./coalesce.ts";

test("a caller during a run gets the result of the next run, which begins after the call", async () => {
  const coalesce = makeCoalescer<number>();
  const ends: Array<(result: number) => void> = [];
  const run = () => new Promise<number>((resolve) => ends.push(resolve));
  const first = coalesce("ada", run);
  const meanwhile = Array.from({ length: 119 }, () => coalesce("ada", run));
  const another = coalesce("bob", run);
  expect(ends).toHaveLength(2);
  ends[0]?.(1);
  expect(await first).toBe(1);
  await new Promise(setImmediate);
  expect(ends).toHaveLength(3);
  ends[2]?.(2);
  expect(await Promise.all(meanwhile)).toEqual(meanwhile.map(() => 2));
  ends[1]?.(3);
  expect(await another).toBe(3);
  void coalesce("ada", run);
  expect(ends).toHaveLength(4);
});

test("a failing run fails only its own callers, and the next run begins", async () => {
  const coalesce = makeCoalescer<number>();
  const first = coalesce("ada", () => Promise.reject(new Error("away")));
  const second = coalesce("ada", async () => 2);
  await expect(first).rejects.toThrow("away");
  expect(await second).toBe(2);
});
