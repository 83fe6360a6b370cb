/** Lines: a charge for an item over a span, or a credit of a charge. They are the whole history of a subscription. */
import type { Instant, Period, Span } from "./calendar.ts";
import { partOf } from "./rational.ts";
import { assertTax, type Tax } from "./tax.ts";

/** The item that every subscription has. */
export const SEATS = "seats";

/** A quantity of something at a price: seats, or an add-on. */
export interface Terms {
  /** SEATS, or the id of an add-on. */
  item: string;
  quantity: bigint;
  /** The price of one, for a whole period. */
  unitPrice: bigint;
}

interface Common extends Terms, Span {
  /** Counts the lines of a subscription from 1. */
  number: number;
  /** Never negative. The kind of the line gives the sign. */
  amount: bigint;
  tax: Tax;
}

export interface Charge extends Common {
  kind: "charge";
}

export interface Credit extends Common {
  kind: "credit";
  /** Number of the charge that this credits. */
  credits: number;
}

export type Line = Charge | Credit;

export function signed({ kind, amount }: Pick<Line, "kind" | "amount">): bigint {
  return kind === "credit" ? -amount : amount;
}

export function sum(lines: readonly Pick<Line, "kind" | "amount">[]): bigint {
  return lines.reduce((total, line) => total + signed(line), 0n);
}

/** @throws RangeError for a negative quantity or price */
function assertTerms({ item, quantity, unitPrice }: Terms): void {
  if (quantity < 0n || unitPrice < 0n) throw new RangeError(`Quantity and price of ${item} must not be negative.`);
}

interface NewLine {
  number: number;
  /** The line covers the time from here to the end of the period. */
  from: Instant;
}

/** Charges the rest of a period: quantity × price × rest ÷ period. */
export function chargeRest(terms: Terms, period: Period, tax: Tax, { number, from }: NewLine): Charge {
  assertTerms(terms);
  assertTax(tax);
  if (from < period.from || from >= period.to) throw new RangeError("A charge begins within its period.");
  const { item, quantity, unitPrice } = terms;
  const amount = partOf(quantity * unitPrice, {
    numerator: BigInt(period.to - from),
    denominator: BigInt(period.to - period.from),
  });
  return { kind: "charge", number, item, quantity, unitPrice, from, to: period.to, amount, tax };
}

/** Credits the rest of a charge: the amount charged × rest ÷ its length, with the tax of the charge. */
export function creditRest(charge: Charge, { number, from }: NewLine): Credit {
  if (from < charge.from || from >= charge.to) throw new RangeError("A credit begins within its charge.");
  const amount = partOf(charge.amount, { numerator: BigInt(charge.to - from), denominator: BigInt(charge.to - charge.from) });
  return { ...charge, kind: "credit", number, from, amount, credits: charge.number };
}
