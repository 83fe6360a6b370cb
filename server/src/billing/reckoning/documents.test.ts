import { expect, test } from "vitest";
import { moment, TAX, team } from "../testing/at.ts";
import { draftOf, reversalOf, totalsOf } from "./documents.ts";
import { begin } from "./subscription.ts";
import type { Tax } from "./tax.ts";

const charge = (amount: bigint, tax: Tax = TAX) => ({ kind: "charge" as const, amount, tax });
const credit = (amount: bigint, tax: Tax = TAX) => ({ kind: "credit" as const, amount, tax });
const REVERSE: Tax = { category: "AE", rate: 0, reason: "Reverse charge" };

test("tax is reckoned once per category and rate, also where the sum of a rate is negative", () => {
  const reduced: Tax = { category: "S", rate: 55_000, reason: null };
  const { taxes, net, tax, gross } = totalsOf([charge(6961n), credit(5355n), credit(1_000n, reduced), charge(10n, reduced)]);
  expect(taxes).toEqual([
    { ...TAX, base: 1606n, tax: 305n },
    { ...reduced, base: -990n, tax: -54n },
  ]);
  expect([net, tax, gross]).toEqual([616n, 251n, 867n]);
});

test("zero rate, exemption and reverse charge are reckoned apart, and none charges tax", () => {
  const exempt: Tax = { category: "E", rate: 0, reason: "Exempt" };
  const { taxes, tax } = totalsOf([charge(100n, REVERSE), charge(50n, exempt), charge(7n, { ...REVERSE })]);
  expect(taxes).toMatchObject([
    { category: "AE", base: 107n, tax: 0n },
    { category: "E", base: 50n, tax: 0n },
  ]);
  expect(tax).toBe(0n);
});

test("tax in a category that charges none can't be billed", () => {
  expect(() => begin(team(1), moment("2026-01-01T00:00:00Z", { ...REVERSE, rate: 190_000 }))).toThrow("charges no tax");
  for (const rate of [-1, 0.5, 1_000_001]) {
    expect(() => begin(team(1), moment("2026-01-01T00:00:00Z", { ...TAX, rate }))).toThrow("between 0 and 100 %");
  }
});

test("a document in full taken back has each figure with its sign turned", () => {
  const totals = totalsOf([charge(1606n)]);
  expect(reversalOf(totals)).toEqual({ net: -1606n, tax: -305n, gross: -1911n, taxes: [{ ...TAX, base: -1606n, tax: -305n }] });
});

test("lines of 0 stand on no document, and nothing but such lines makes none", () => {
  const { lines } = begin(
    { ...team(3), items: [...team(3).items, { item: "recording", quantity: 1n, unitPrice: 0n }] },
    moment("2026-01-01T00:00:00Z"),
  );
  expect(draftOf(lines)?.lines.map(({ item }) => item)).toEqual(["seats"]);
  expect(draftOf(lines.slice(1))).toBe(null);
});
