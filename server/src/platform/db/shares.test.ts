import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Busy, makeShares } from "./shares.ts";

const LONG = 60_000;

/** Asks for `count` connections for one holder. @returns the ones that it gets at once */
async function taken(shares: ReturnType<typeof makeShares>, holder: string | string[], count: number) {
  const given: Array<() => void> = [];
  // Those still in line when the test has ended are refused later, while another file's tests run.
  const refused = () => {};
  for (let i = 0; i < count; i += 1) void shares.take(holder).then((giveBack) => given.push(giveBack), refused);
  await new Promise(setImmediate);
  return given;
}

test("a holder never holds more than are free, so the next one is served", async () => {
  const shares = makeShares(20, LONG);
  const greedy = await taken(shares, "a", 50);
  expect(greedy).toHaveLength(10);
  expect(await taken(shares, "b", 50)).toHaveLength(5);
  expect(await taken(shares, "c", 1)).toHaveLength(1);
  for (const giveBack of greedy.splice(0)) giveBack();
});

test("a free connection goes to the holder that has least, and among equals to the one that has waited longest", async () => {
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

test("a caller that waits too long or is gone leaves the line and holds nothing", async () => {
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

test("a person in sixty tenants holds no more than in one, and does not block other people there", async () => {
  const shares = makeShares(20, LONG);
  let greedy = 0;
  for (let tenant = 0; tenant < 60; tenant += 1) greedy += (await taken(shares, [`tenant ${tenant}`, "ada"], 2)).length;
  expect(greedy).toBe(10);
  expect(await taken(shares, ["tenant 0", "bob"], 1)).toHaveLength(1);
  expect(await taken(shares, ["tenant 59", "bob"], 1)).toHaveLength(1);
});

test("many people in one hanging tenant together hold no more than the tenant may", async () => {
  const shares = makeShares(20, LONG);
  let greedy = 0;
  for (let person = 0; person < 60; person += 1) greedy += (await taken(shares, ["tenant", `person ${person}`], 2)).length;
  expect(greedy).toBe(10);
  expect(await taken(shares, ["other", "person 0"], 1)).toHaveLength(1);
});

test("a holder of weight four holds a quarter of what it leaves free, in one tenant or in sixty", async () => {
  const shares = makeShares(20, LONG, (holder) => (holder === "ada" ? 4 : 1));
  const given = await taken(shares, ["tenant", "ada"], 50);
  expect(given).toHaveLength(4);
  expect(await taken(shares, ["other", "ada"], 5)).toHaveLength(0);
  expect(await taken(shares, ["tenant", "bob"], 50)).toHaveLength(6);
  given[0]?.();
  await new Promise(setImmediate);
  expect(await taken(shares, ["third", "eve"], 50)).toHaveLength(5);
});
