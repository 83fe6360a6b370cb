/**
 * Amounts as Stripe counts them, which differs from ISO 4217 and `Intl` (docs.stripe.com/currencies). Some currencies have a minor unit
 * in ISO only, others at Stripe only, and amounts with three decimals must end in 0.
 */
import { CURRENCY_DIGITS, type Currency } from "#contract/currencies.ts";

/** Currencies without a minor unit at Stripe. MGA has two digits in ISO 4217. */
const WHOLE = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
/** Currencies without a minor unit in ISO 4217 that Stripe counts in hundredths, which must be 00. */
const ALWAYS_00 = new Set(["ISK", "UGX"]);

function digitsAtStripe(code: string): number {
  if (WHOLE.has(code)) return 0;
  if (ALWAYS_00.has(code)) return 2;
  return CURRENCY_DIGITS.get(code) ?? 2;
}

/** Converts an amount for Stripe; null if Stripe can't charge it exactly. */
export function toStripe(minor: bigint, { code, digits }: Currency): number | null {
  const more = digitsAtStripe(code) - digits;
  const factor = 10n ** BigInt(Math.abs(more));
  if (more < 0 && minor % factor !== 0n) return null;
  const amount = more < 0 ? minor / factor : minor * factor;
  const endsWrong = digitsAtStripe(code) === 3 && amount % 10n !== 0n;
  return endsWrong || amount > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(amount);
}

/** Converts to minor units of ISO 4217; null for a fraction of one. @param currency as Stripe writes it, in small letters */
export function fromStripe(amount: number, currency: string): bigint | null {
  const code = currency.toUpperCase();
  const more = (CURRENCY_DIGITS.get(code) ?? 2) - digitsAtStripe(code);
  const factor = 10n ** BigInt(Math.abs(more));
  const minor = BigInt(amount);
  if (more >= 0) return minor * factor;
  return minor % factor === 0n ? minor / factor : null;
}
