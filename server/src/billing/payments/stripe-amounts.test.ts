import { expect, test } from "vitest";
import { CURRENCY_DIGITS } from "#contract/currencies.ts";
import { fromStripe, toStripe } from "./stripe-amounts.ts";

const currency = (code: string) => ({ code, digits: CURRENCY_DIGITS.get(code) ?? -1 });

test.each([
  ["EUR", 11_900n, 11_900],
  ["JPY", 1_190n, 1_190],
  ["KRW", 1n, 1],
  ["HUF", 100_000n, 100_000],
  // Three decimals: Stripe takes them, if the last one is 0.
  ["KWD", 3_190n, 3_190],
  ["KWD", 3_198n, null],
  ["TND", 5n, null],
  // No minor unit in ISO, hundredths at Stripe.
  ["ISK", 1_500n, 150_000],
  ["UGX", 7n, 700],
  // Two digits in ISO, whole units at Stripe.
  ["MGA", 500n, 5],
  ["MGA", 550n, null],
  ["EUR", 10n ** 16n, null],
])("%s %s is %s at Stripe", (code, minor, amount) => {
  expect(toStripe(minor, currency(code))).toBe(amount);
  if (amount !== null) expect(fromStripe(amount, code.toLowerCase())).toBe(minor);
});

test("a fraction of ISO's minor unit is no amount of ours", () => {
  expect(fromStripe(150, "isk")).toBeNull();
  expect(fromStripe(100, "isk")).toBe(1n);
});
