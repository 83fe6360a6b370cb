/** Values that many tests of billing need. */
import type { Instant } from "../reckoning/calendar.ts";
import type { Choice, Moment } from "../reckoning/subscription.ts";
import type { Tax } from "../reckoning/tax.ts";

export const TAX: Tax = { category: "S", rate: 190_000, reason: null };

export function at(text: string): Instant {
  return Date.parse(text) / 1_000;
}

export function moment(text: string, tax: Tax = TAX): Moment {
  return { now: at(text), tax };
}

export function seats(quantity: number, unitPrice = 800): { item: string; quantity: bigint; unitPrice: bigint } {
  return { item: "seats", quantity: BigInt(quantity), unitPrice: BigInt(unitPrice) };
}

export function team(quantity: number, unitPrice = 800): Choice {
  return { plan: "team", interval: "month", items: [seats(quantity, unitPrice)] };
}
