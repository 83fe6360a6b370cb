import { expect, test } from "vitest";
import { CURRENCY_DIGITS, moneyText } from "./currencies.ts";

test.each([
  ["EUR", 2],
  ["JPY", 0],
  ["KWD", 3],
  // Intl says 0 for these.
  ["IQD", 3],
  ["HUF", 2],
  ["IDR", 2],
])("%s has %i digits, as in ISO 4217", (code, digits) => {
  expect(CURRENCY_DIGITS.get(code)).toBe(digits);
});

test("every currency code is three capital letters, and is in exactly one list", () => {
  expect([...CURRENCY_DIGITS.keys()].filter((code) => !/^[A-Z]{3}$/.test(code))).toEqual([]);
  expect(CURRENCY_DIGITS.size).toBe(155);
});

test.each([
  [-1185n, "EUR", "-11.85 EUR"],
  [0n, "EUR", "0.00 EUR"],
  [-5n, "EUR", "-0.05 EUR"],
  [1152n, "JPY", "1152 JPY"],
  [3198n, "KWD", "3.198 KWD"],
  [7n, "KWD", "0.007 KWD"],
  [9_007_199_254_740_993n, "EUR", "90071992547409.93 EUR"],
])("%s minor units of %s are written %s", (minor, code, text) => {
  expect(moneyText(minor, { code, digits: CURRENCY_DIGITS.get(code) ?? -1 })).toBe(text);
});
