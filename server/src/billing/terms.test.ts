import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { choiceOf, taxFor } from "./terms.ts";

const sample = BillingCatalogue.parse(JSON.parse(readFileSync(new URL("sample-catalogue.json", import.meta.url), "utf8")));

test("an add-on is charged per seat or once, and not at all if the plan includes it", () => {
  const addOns = ["recording", "dial_out", "instant_messaging", "recording"] as const;
  expect(choiceOf(sample, { plan: "business", interval: "month", seats: 7, addOns })).toEqual({
    plan: "business",
    interval: "month",
    items: [
      { item: "seats", quantity: 7n, unitPrice: 1200n },
      { item: "recording", quantity: 7n, unitPrice: 200n },
      { item: "dial_out", quantity: 1n, unitPrice: 2500n },
    ],
  });
});

test("a plan or add-on that the catalogue does not sell can't be chosen", () => {
  const choice = { plan: "team", interval: "month", seats: 5, addOns: [] } as const;
  expect(() => choiceOf(sample, { ...choice, plan: "gold" })).toThrow("There is no plan gold.");
  expect(() => choiceOf(sample, { ...choice, plan: "free", interval: "year" })).toThrow("free is not sold by the year.");
  for (const seats of [0, -1, 1.5, 6])
    expect(() => choiceOf(sample, { ...choice, plan: "free", seats })).toThrow("free has 1 to 5 licences.");
  expect(() => choiceOf({ ...sample, addOns: [] }, { ...choice, addOns: ["recording"] })).toThrow(
    "There is no add-on recording.",
  );
});

test.each([
  ["DE", false, "S", 190_000],
  ["DE", true, "S", 190_000],
  ["AT", false, "S", 190_000],
  ["AT", true, "AE", 0],
  ["GR", true, "AE", 0],
  ["GR", false, "S", 190_000],
  ["GB", true, "O", 0],
  ["GB", false, "O", 0],
  ["CH", true, "O", 0],
  ["US", false, "O", 0],
  ["NO", true, "O", 0],
  ["IE", true, "AE", 0],
])("a buyer in %s (with a confirmed tax id: %s) is taxed with %s at %i millionths", (country, isBusiness, category, rate) => {
  const tax = taxFor(sample, { country, isBusiness });
  expect(tax).toMatchObject({ category, rate });
  // Tax, or the reason for none, and never both.
  expect(tax.rate > 0).toBe(tax.reason === null);
});
