/** Tax. One value holds category, rate and reason, so a document can't both charge tax and say that the buyer owes it. */
import type { Rational } from "./rational.ts";

/**
 * Codes of UNCL 5305, as EN 16931 uses them: S standard and reduced rates, Z zero rate, E exempt, AE reverse charge, G export,
 * O outside the scope of tax, K supply within the EU.
 */
export const TAX_CATEGORIES = ["S", "Z", "E", "AE", "G", "O", "K"] as const;
export type TaxCategory = (typeof TAX_CATEGORIES)[number];

export interface Tax {
  category: TaxCategory;
  /** In millionths: 19 % is 190000. Only category S has a rate above 0. */
  rate: number;
  /** The reason why no tax is charged, as printed on the document; null where tax is charged. */
  reason: string | null;
}

const MILLION = 1_000_000;

export function fractionOf({ rate }: Tax): Rational {
  return { numerator: BigInt(rate), denominator: BigInt(MILLION) };
}

/** Reads a percentage with at most four decimals exactly, in millionths. @throws RangeError for anything else */
export function toRate(percent: number | string): number {
  const [, whole, decimals = ""] = /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(String(percent)) ?? [];
  const rate = Number(whole) * (MILLION / 100) + Number(decimals.padEnd(4, "0"));
  if (Number.isNaN(rate) || rate > MILLION) throw new RangeError("A tax rate is 0 to 100 % with at most four decimals.");
  return rate;
}

export function percentOf({ rate }: Pick<Tax, "rate">): number {
  return (rate * 100) / MILLION;
}

/** @throws RangeError for a rate that the category can't have */
export function assertTax({ category, rate }: Tax): void {
  if (!Number.isInteger(rate) || rate < 0 || rate > MILLION) throw new RangeError("A tax rate is between 0 and 100 %.");
  if (category !== "S" && rate > 0) throw new RangeError(`Tax category ${category} charges no tax, so its rate is 0.`);
}

/** Whether the buyer owes the tax. */
export function isReverseCharge({ category }: Tax): boolean {
  return category === "AE";
}
