import { expect, test } from "vitest";
import { at, moment, seats, TAX, team } from "../testing/at.ts";
import { refusalOf } from "../testing/world.ts";
import { change } from "./changes.ts";
import { draftOf } from "./documents.ts";
import { isDue, missedPeriods, nextInvoice, renew, renewFromNow } from "./renewal.ts";
import { takeNumber } from "./series.ts";
import { begin } from "./subscription.ts";

const ten = begin(team(10), moment("2026-01-31T09:00:00Z")).subscription;

test("a period is due at its end, not a second before", () => {
  expect([isDue(ten, at("2026-02-28T08:59:59Z")), isDue(ten, at("2026-02-28T09:00:00Z"))]).toEqual([false, true]);
  expect(renew(ten, moment("2026-02-28T08:59:59Z"))).toEqual({ subscription: ten, lines: [], issued: [] });
});

test("renewing twice charges once", () => {
  const once = renew(ten, moment("2026-02-28T09:00:00Z")).subscription;
  expect(renew(once, moment("2026-02-28T09:00:00Z"))).toEqual({ subscription: once, lines: [], issued: [] });
});

test("a server that slept charges each missed period once, all on one document", () => {
  const step = renew(ten, moment("2026-05-20T08:00:00Z"));
  expect(step.lines.map(({ from, to }) => [from, to].map((time) => new Date(time * 1_000).toISOString().slice(0, 10)))).toEqual([
    ["2026-02-28", "2026-03-31"],
    ["2026-03-31", "2026-04-30"],
    ["2026-04-30", "2026-05-31"],
  ]);
  expect(draftOf(step.issued)?.totals.net).toBe(24_000n);
});

test("more than three missed periods are refused, unless the operator allows them", () => {
  const now = "2026-05-31T09:00:00Z";
  expect(missedPeriods(ten, at(now))).toBe(4);
  expect(refusalOf(() => renew(ten, moment(now)))).toBe("too_many_missed");
  expect(renew(ten, moment(now), 4).lines).toHaveLength(4);
  expect(refusalOf(() => renew(ten, moment("9999-12-30T00:00:00Z")))).toBe("too_many_missed");
});

test("an operator can have the present period charged alone, whatever was missed", () => {
  const step = renewFromNow(ten, moment("2026-05-31T09:00:00Z"));
  expect(step.lines).toMatchObject([{ from: at("2026-05-31T09:00:00Z"), to: at("2026-06-30T09:00:00Z"), amount: 8_000n }]);
  expect(step.subscription.period).toMatchObject({ index: 4, to: at("2026-06-30T09:00:00Z") });
  const cancelled = change(ten, { kind: "cancel" }, moment("2026-02-01T00:00:00Z")).subscription;
  expect(renewFromNow(cancelled, moment("2027-02-01T00:00:00Z"))).toMatchObject({ lines: [], subscription: { ended: true } });
  const early = moment("2026-02-01T09:00:00Z");
  expect(renewFromNow(ten, early)).toEqual(renew(ten, early));
});

test("a cancelled subscription ends without a charge, however long the server slept", () => {
  const cancelled = change(ten, { kind: "cancel" }, moment("2026-02-01T00:00:00Z")).subscription;
  const step = renew(cancelled, moment("2027-02-01T00:00:00Z"));
  expect(step).toMatchObject({ lines: [], issued: [], subscription: { ended: true } });
  expect(renew(step.subscription, moment("2028-02-01T00:00:00Z")).lines).toEqual([]);
});

test("an item that was dropped is not charged again", () => {
  const recording = { item: "recording", unitPrice: 500n };
  const taken = change(ten, { kind: "items", items: [{ ...recording, quantity: 1n }] }, moment("2026-02-01T09:00:00Z"));
  const dropped = change(
    taken.subscription,
    { kind: "items", items: [{ ...recording, quantity: 0n }] },
    moment("2026-02-02T09:00:00Z"),
  );
  expect(renew(dropped.subscription, moment("2026-02-28T09:00:00Z")).lines.map(({ item }) => item)).toEqual(["seats"]);
});

test("the next invoice shows the next period and what waits", () => {
  const changed = change(ten, { kind: "items", items: [seats(13)] }, moment("2026-02-14T09:00:00Z")).subscription;
  expect(nextInvoice(changed, TAX)?.lines.map(({ kind, amount }) => [kind, amount])).toEqual([
    ["credit", 4000n],
    ["charge", 5200n],
    ["charge", 10_400n],
  ]);
});

test("a free plan makes lines of 0 and no document", () => {
  const free = begin(team(3, 0), moment("2026-01-31T09:00:00Z"));
  expect(free.lines).toMatchObject([{ amount: 0n }]);
  expect(draftOf(free.issued)).toBe(null);
  expect(nextInvoice(free.subscription, TAX)).toBe(null);
});

test("numbers rise by one, and their dates never fall, also when the clock is set back", () => {
  const first = takeNumber({ prefix: "K7QX", last: 41, lastAt: at("2026-05-20T08:00:00Z") }, at("2026-05-19T08:00:00Z"));
  expect(first).toMatchObject({ number: "K7QX-000042", issuedOn: "2026-05-20" });
  expect(takeNumber(first.series, at("2026-05-21T00:00:00Z"))).toMatchObject({ number: "K7QX-000043", issuedOn: "2026-05-21" });
});
