/** Fractions of amounts. An amount is an integer in minor units of its currency. Only `partOf` rounds. */

export interface Rational {
  numerator: bigint;
  /** Positive. */
  denominator: bigint;
}

/** Rounds to the nearest integer, half up on the magnitude: 612.5 becomes 613, and −612.5 becomes −613. */
export function halfUp({ numerator, denominator }: Rational): bigint {
  if (denominator <= 0n) throw new RangeError("A denominator must be positive.");
  const magnitude = ((numerator < 0n ? -numerator : numerator) * 2n + denominator) / (denominator * 2n);
  return numerator < 0n ? -magnitude : magnitude;
}

/** A part of an amount, multiplied exactly and rounded once. */
export function partOf(amount: bigint, { numerator, denominator }: Rational): bigint {
  return halfUp({ numerator: amount * numerator, denominator });
}
