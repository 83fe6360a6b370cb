import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Busy, makeShares } from "./shares.ts";

const LONG = 60_000;

/** How many of `count` that one holder asks for it gets. */
async function taken(shares: ReturnType<typeof makeShares>, holder: string, count: number) {
  const given: Array<() => void> = [];
  for (let i = 0; i < count; i += 1) void shares.take(holder).then((giveBack) => given.push(giveBack));
  await new Promise(setImmediate);
  return given;
}

test("nobody holds more than they leave free, so that the next one is served", async () => {
  const shares = makeShares(20, LONG);
  const greedy = await taken(shares, "a", 50);
  expect(greedy).toHaveLength(10);
  expect(await taken(shares, "b", 50)).toHaveLength(5);
  expect(await taken(shares, "c", 1)).toHaveLength(1);
  for (const giveBack of greedy.splice(0)) giveBack();
});

test("what comes free goes to who holds least, then to who has waited longest", async () => {
  const shares = makeShares(2, LONG);
  const [first] = await taken(shares, "a", 1);
  const [second] = await taken(shares, "b", 1);
  const order: string[] = [];
  const ask = (holder: string) =>
    shares.take(holder).then((giveBack) => {
      order.push(holder);
      giveBack();
    });
  const asked = [ask("a"), ask("c"), ask("d"), ask("b")];
  second?.();
  await Promise.all(asked.slice(1, 3));
  expect(order.slice(0, 2)).toEqual(["c", "d"]);
  first?.();
  await Promise.all(asked);
  expect(order).toHaveLength(4);
});

test("who waits too long, or is gone, leaves the line and holds nothing", async () => {
  const shares = makeShares(1, 20);
  const [held] = await taken(shares, "a", 1);
  await expect(shares.take("b")).rejects.toThrow(Busy);
  const gone = Object.assign(new EventEmitter(), { destroyed: false });
  const left = makeShares(1, LONG);
  const giveBack = await left.take("a");
  const waiting = left.take("b", gone);
  gone.emit("close");
  await expect(waiting).rejects.toThrow(Busy);
  expect(gone.listenerCount("close")).toBe(0);
  await expect(left.take("b", Object.assign(gone, { destroyed: true }))).rejects.toThrow(Busy);
  giveBack();
  giveBack();
  held?.();
  expect(await taken(left, "c", 2)).toHaveLength(1);
  expect(await taken(shares, "c", 1)).toHaveLength(1);
});
