import fc from "fast-check";
import { Fraction } from "fraction.js";
import { expect, test } from "vitest";
import { halfUp, partOf } from "./rational.ts";

test.each([
  [1225n, 2n, 613n],
  [-1225n, 2n, -613n],
  [5n, 10n, 1n],
  [-5n, 10n, -1n],
  [49n, 100n, 0n],
  [0n, 7n, 0n],
  [8n, 2n, 4n],
])("%s / %s is rounded to %s", (numerator, denominator, rounded) => {
  expect(halfUp({ numerator, denominator })).toBe(rounded);
});

test("33.00 with 403 of 744 hours left is 17.88, although floating point says 17.87", () => {
  expect(partOf(3300n, { numerator: 403n, denominator: 744n })).toBe(1788n);
  expect(Math.round(3300 * (403 / 744))).toBe(1787);
});

test("a denominator of zero or less is refused", () => {
  for (const denominator of [0n, -1n]) expect(() => halfUp({ numerator: 1n, denominator })).toThrow("must be positive");
});

test("rounding agrees with fraction.js, also on ties and far beyond 2^53", () => {
  const numerator = fc.oneof(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: -1_000n, max: 1_000n }));
  const denominator = fc.oneof(fc.constantFrom(1n, 2n, 4n, 10n, 1_000_000n), fc.bigInt({ min: 1n, max: 31_622_400n }));
  fc.assert(
    fc.property(numerator, denominator, (n, d) => {
      const magnitude = new Fraction(n, d).abs().add(1, 2).floor().n;
      expect(halfUp({ numerator: n, denominator: d })).toBe(n < 0n ? -magnitude : magnitude);
    }),
    { numRuns: 2_000 },
  );
});
