/** From the catalogue to charges: the terms of a choice, and a buyer's tax. Pure. */
import type { AddOnId } from "#contract/add-ons.ts";
import type { BillingCatalogue, PriceInterval, Prices, TaxRow } from "#contract/billing-catalogue.ts";
import { EU_COUNTRIES } from "#contract/countries.ts";
import { SEATS, type Terms } from "./reckoning/lines.ts";
import type { Choice } from "./reckoning/subscription.ts";
import { type Tax, toRate } from "./reckoning/tax.ts";

export interface Selection {
  plan: string;
  interval: PriceInterval;
  seats: number;
  addOns: readonly AddOnId[];
}

function priceOf(prices: Prices, interval: PriceInterval, of: string): bigint {
  const price = prices[interval];
  if (price === undefined) throw new RangeError(`${of} is not sold by the ${interval}.`);
  return BigInt(price);
}

/** An add-on at the catalogue's price. @throws RangeError if it is not sold */
export function addOnTerms(
  { addOns }: Pick<BillingCatalogue, "addOns">,
  item: AddOnId,
  { interval, seats }: Pick<Selection, "interval" | "seats">,
): Terms {
  const addOn = addOns.find(({ id }) => id === item);
  if (!addOn) throw new RangeError(`There is no add-on ${item}.`);
  const quantity = addOn.per === "seat" ? BigInt(seats) : 1n;
  return { item, quantity, unitPrice: priceOf(addOn.prices, interval, item) };
}

/** The terms of a selection at the catalogue's prices. An add-on that the plan includes is not charged. @throws RangeError if it is not sold */
export function choiceOf(catalogue: BillingCatalogue, { plan: id, interval, seats, addOns }: Selection): Choice {
  const plan = catalogue.plans.find((one) => one.id === id);
  if (!plan) throw new RangeError(`There is no plan ${id}.`);
  if (!Number.isInteger(seats) || seats < 1 || seats > plan.maxSeats)
    throw new RangeError(`${id} has 1 to ${plan.maxSeats} licences.`);
  const items: Terms[] = [{ item: SEATS, quantity: BigInt(seats), unitPrice: priceOf(plan.prices, interval, id) }];
  for (const item of new Set(addOns)) {
    if (!plan.includes.includes(item)) items.push(addOnTerms(catalogue, item, { interval, seats }));
  }
  return { plan: id, interval, items };
}

export interface Buyer {
  country: string;
  /** Whether the operator has confirmed the buyer's tax id. Its form alone proves nothing. */
  isBusiness: boolean;
}

function fits({ countries, buyers }: TaxRow, { country, isBusiness }: Buyer): boolean {
  if (buyers === "business" && !isBusiness) return false;
  return countries.some((place) => place === "any" || place === country || (place === "EU" && EU_COUNTRIES.has(country)));
}

/** The first row that matches. The last row matches everyone. */
export function taxFor({ tax }: Pick<BillingCatalogue, "tax">, buyer: Buyer): Tax {
  const row = tax.find((one) => fits(one, buyer));
  if (!row) throw new RangeError("The catalogue has no tax row for this buyer.");
  return { category: row.category, rate: toRate(row.rate), reason: row.reason ?? null };
}
