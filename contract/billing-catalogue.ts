/**
 * `billing.json`: who bills, what is sold at which price, and how it is taxed. The operator writes it; `npm run whoot -- billing check` reads it
 * with this schema, and so does the server. Amounts are integers in minor units of the currency.
 */
import { z } from "zod";
import { ADD_ON_IDS } from "./add-ons.ts";
import { bounded } from "./bounded.ts";
import { COUNTRIES, Country, countryProblem, EU_COUNTRIES, vatPrefix } from "./countries.ts";
import { CURRENCY_DIGITS } from "./currencies.ts";
import { text } from "./http/endpoint.ts";

/** What a plan is sold for. */
export const PRICE_INTERVALS = ["month", "year"] as const;
export type PriceInterval = (typeof PRICE_INTERVALS)[number];

const MAX_PLANS = 20;
const MAX_SEATS = 100_000;
const MAX_PRICE = 10 ** 12;
/** All seats of a plan for one period, so that sums of many lines stay below 2^53. */
const MAX_LINE = 10 ** 14;
const MAX_TAX_ROWS = 300;
const MAX_REMINDERS = 5;

/** A whole number in a range, with one sentence for everything else. */
function whole(min: number, max: number, sentence = `Use a whole number from ${min} to ${max.toLocaleString("en")}.`) {
  return z.int(sentence).min(min, sentence).max(max, sentence);
}

const Price = whole(0, MAX_PRICE, "Use a whole number of minor units that is not negative, such as 800 for 8.00 EUR.");

function ibanIsRight(iban: string): boolean {
  const digits = `${iban.slice(4)}${iban.slice(0, 4)}`.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
}

const Iban = bounded(42)
  .transform((value) => value.replaceAll(" ", ""))
  .refine(
    (value) => /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(value) && ibanIsRight(value),
    "This is no IBAN: its check digits are wrong.",
  );

const Bank = z
  .strictObject({
    holder: text(1, 100, "the holder").optional(),
    iban: Iban.optional(),
    bic: bounded(11)
      .regex(/^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/, "Use a BIC of 8 or 11 characters.")
      .optional(),
    bankName: text(1, 100, "the bank's name").optional(),
    account: text(1, 40, "the account").optional(),
    routing: text(1, 40, "the routing code").optional(),
  })
  .refine(({ iban, account }) => (iban === undefined) !== (account === undefined), "Give either iban, or account and routing.");

export const Address = z.strictObject({
  lines: z
    .array(text(1, 100, "the street"))
    .min(1, "Give at least one line.")
    .max(4, "Give at most 4 lines."),
  postcode: text(1, 20, "the postcode").optional(),
  city: text(1, 100, "the city"),
  country: Country,
});

const Issuer = z
  .strictObject({
    name: text(1, 200, "the name"),
    address: Address,
    /** VAT id, with the country's prefix inside the EU; elsewhere what the law asks for. */
    taxId: text(1, 40, "the tax id"),
    /** Such as a commercial register and number. */
    registration: text(1, 200, "the registration").optional(),
    email: bounded(254)
      .regex(/^[^\s@]+@[^\s@]+$/, "Use an email address.")
      .optional(),
    bank: Bank,
  })
  .refine(({ address: { country }, taxId }) => !EU_COUNTRIES.has(country) || isVatId(taxId, country), {
    path: ["taxId"],
    error: ({ input }) => {
      const prefix = vatPrefix((input as { address: { country: string } }).address.country);
      return `Use the VAT id with its prefix, such as ${prefix}123456789.`;
    },
  });

export type Issuer = z.infer<typeof Issuer>;

function isVatId(id: string, country: string): boolean {
  return id.startsWith(vatPrefix(country)) && /^[A-Z]{2}[A-Z0-9+*]{2,13}$/.test(id);
}

const Currency = z
  .strictObject({
    code: bounded(3).refine((code) => CURRENCY_DIGITS.has(code), "Use a currency code of ISO 4217, such as EUR."),
    digits: whole(0, 3),
  })
  .refine(({ code, digits }) => (CURRENCY_DIGITS.get(code) ?? digits) === digits, {
    path: ["digits"],
    error: ({ input }) => {
      const { code } = input as { code: string };
      return `${code} has ${CURRENCY_DIGITS.get(code)} digits (ISO 4217).`;
    },
  });

const Prices = z
  .strictObject({ month: Price.optional(), year: Price.optional() })
  .refine(
    (prices) => PRICE_INTERVALS.some((interval) => prices[interval] !== undefined),
    "Give a price for month, year or both.",
  );
export type Prices = z.infer<typeof Prices>;

/** Lower case and short, because it is stored with every subscription. */
const Id = bounded(40).regex(/^[a-z][a-z0-9_]*$/, "Use lower-case letters, digits and _, and begin with a letter.");

const Plan = z
  .strictObject({
    id: Id,
    name: text(1, 60, "the plan's name"),
    /** The price of one seat. A plan whose prices are 0 is the plan of workspaces without a subscription. */
    prices: Prices,
    maxSeats: whole(1, MAX_SEATS).default(MAX_SEATS),
    /** Add-ons that the plan includes at no extra charge. */
    includes: z.array(z.enum(ADD_ON_IDS)).max(ADD_ON_IDS.length, "List each add-on once.").default([]),
  })
  .refine(({ maxSeats, prices }) => maxSeats * Math.max(prices.month ?? 0, prices.year ?? 0) <= MAX_LINE, {
    path: ["maxSeats"],
    error: "All licences together cost more than can be reckoned: lower maxSeats or the price.",
  });

const AddOn = z.strictObject({
  id: z.enum(ADD_ON_IDS),
  /** Charged for each seat, or once for the workspace. */
  per: z.enum(["seat", "workspace"]),
  prices: Prices,
});

const Trial = z.strictObject({
  /** 0 for no trial. */
  days: whole(0, 365).default(14),
  /** By default the last plan of the list, which should be the largest. */
  plan: Id.optional(),
  /** How many workspaces of one owner begin with a trial within 90 days. Later ones begin without one. */
  perOwner: whole(1, 10_000).default(3),
});

/** A percentage with at most four decimals. */
const Rate = z
  .number("Use a number of per cent, such as 19.")
  .refine(
    (rate) => /^\d{1,3}(\.\d{1,4})?$/.test(String(rate)) && rate <= 100,
    "Use 0 to 100 per cent with at most four decimals.",
  );

/**
 * Codes of EN 16931: S standard and reduced rates, Z zero rate, E exempt, AE reverse charge (the buyer owes the tax), G export,
 * O outside the scope of tax.
 */
export const TAX_CATEGORY_CODES = ["S", "Z", "E", "AE", "G", "O"] as const;

const Place = bounded(3, "Use EU, any, or a country code of ISO 3166.").refine(
  (place) => place === "EU" || place === "any" || COUNTRIES.has(place),
  { error: ({ input }) => countryProblem(input) },
);

const TaxRow = z
  .strictObject({
    /** Where the buyer is: country codes, EU for its members, or any. */
    countries: z
      .array(Place)
      .min(1, "List at least one country.")
      .max(COUNTRIES.size, "List each country once.")
      .refine((places) => places.length === 1 || !places.includes("any"), "any stands alone."),
    /** A business is a buyer whose tax id the operator has confirmed. */
    buyers: z.enum(["business", "any"]).default("any"),
    category: z.enum(TAX_CATEGORY_CODES),
    rate: Rate,
    /** The reason why no tax is charged, as documents print it. */
    reason: text(1, 200, "the reason").optional(),
  })
  .superRefine(({ category, rate, reason, buyers }, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (category === "S" && rate === 0) issue("rate", "Category S charges tax. For a rate of 0 use Z, E, AE, G or O.");
    if (category !== "S" && rate > 0) issue("rate", `Category ${category} charges no tax, so its rate is 0.`);
    if (["E", "AE", "G", "O"].includes(category) && reason === undefined) {
      issue("reason", `Category ${category} needs a reason, which stands on the document.`);
    }
    if (["S", "Z"].includes(category) && reason !== undefined) issue("reason", `Category ${category} has no reason.`);
    if (category === "AE" && buyers !== "business") issue("buyers", 'Reverse charge is for buyers: "business" alone.');
  });
export type TaxRow = z.infer<typeof TaxRow>;

const Dunning = z
  .strictObject({
    /** Days after the due date. */
    remindAfterDays: z.array(whole(1, 365)).max(MAX_REMINDERS, `Use at most ${MAX_REMINDERS} reminders.`).default([1, 7, 14]),
    /** Days after the due date on which talk stops. */
    restrictAfterDays: whole(1, 365).default(21),
    /** How long the owner may postpone the stop, once. */
    putOffHours: whole(0, 168).default(72),
  })
  .refine(({ remindAfterDays: days }) => days.every((day, at) => at === 0 || day > (days[at - 1] ?? 0)), {
    path: ["remindAfterDays"],
    error: "List the days from the first reminder to the last.",
  })
  .refine(({ remindAfterDays: days, restrictAfterDays: last }) => days.every((day) => day < last), {
    path: ["restrictAfterDays"],
    error: "Restrict after the last reminder, not before.",
  });

const Catalogue = z.strictObject({
  /** Without an issuer, billing is off and nothing is limited. */
  issuer: Issuer.optional(),
  currency: Currency,
  /** From the smallest to the largest. */
  plans: z.array(Plan).min(1, "List at least one plan.").max(MAX_PLANS, `List at most ${MAX_PLANS} plans.`),
  addOns: z.array(AddOn).max(ADD_ON_IDS.length, "List each add-on once.").default([]),
  trial: Trial.prefault({}),
  /** The first row that matches a buyer applies. */
  tax: z.array(TaxRow).min(1, "List at least one row.").max(MAX_TAX_ROWS, `List at most ${MAX_TAX_ROWS} rows.`),
  /** Days after the issue date. */
  dueDays: whole(0, 120).default(14),
  dunning: Dunning.prefault({}),
  /** Whether each workspace has its own series of document numbers, or all share one. */
  series: z.enum(["workspace", "issuer"]).default("workspace"),
  /** How many years issued documents are kept after their workspace is deleted, as the law demands; 0 for not at all. */
  archiveYears: whole(0, 30).default(0),
});
type Parsed = z.infer<typeof Catalogue>;

type Report = (path: (string | number)[], message: string) => void;

function isFree({ prices }: Parsed["plans"][number]): boolean {
  return PRICE_INTERVALS.every((interval) => !prices[interval]);
}

function checkNames(list: readonly { id: string; name?: string }[], where: string, report: Report): void {
  for (const [at, { id, name }] of list.entries()) {
    const before = list.slice(0, at);
    if (before.some((other) => other.id === id)) report([where, at, "id"], `There are two with the id ${id}.`);
    if (name !== undefined && before.some((other) => other.name === name))
      report([where, at, "name"], `There are two called ${name}.`);
  }
}

function checkSale({ plans, addOns, trial }: Parsed, report: Report): void {
  const sold = PRICE_INTERVALS.filter((interval) => plans.some((plan) => !isFree(plan) && plan.prices[interval] !== undefined));
  for (const [at, { id, per, prices }] of addOns.entries()) {
    const missing = sold.find((interval) => prices[interval] === undefined);
    if (missing) report(["addOns", at, "prices"], `A plan is sold by the ${missing}, so ${id} needs a price for it.`);
    const seats = per === "seat" ? Math.max(...plans.map(({ maxSeats }) => maxSeats)) : 1;
    if (seats * Math.max(prices.month ?? 0, prices.year ?? 0) > MAX_LINE) {
      report(
        ["addOns", at, "prices"],
        "For all licences it costs more than can be reckoned: lower the price or maxSeats of the plans.",
      );
    }
  }
  const free = plans.flatMap((plan, at) => (isFree(plan) ? [at] : []));
  if (free.length > 1) report(["plans", free[1] ?? 0, "prices"], "Only one plan can cost nothing.");
  if (trial.plan !== undefined && !plans.some(({ id }) => id === trial.plan)) {
    report(["trial", "plan"], `There is no plan with the id ${trial.plan}.`);
  }
}

function coversEveryone({ countries, buyers }: TaxRow): boolean {
  return countries.includes("any") && buyers === "any";
}

function checkTax({ tax }: Parsed, report: Report): void {
  const last = tax.findIndex(coversEveryone);
  if (last < 0) report(["tax"], 'End with a row for everyone else: "countries": ["any"].');
  else if (last < tax.length - 1) report(["tax", last + 1], "No buyer gets here: the row before it is for everyone.");
}

function checkWhole(catalogue: Parsed, context: z.RefinementCtx): void {
  const report: Report = (path, message) => context.addIssue({ code: "custom", path, message });
  checkNames(catalogue.plans, "plans", report);
  checkNames(catalogue.addOns, "addOns", report);
  checkSale(catalogue, report);
  checkTax(catalogue, report);
}

/** Rules between the parts are checked once each part is right. */
export const BillingCatalogue = Catalogue.pipe(z.custom<Parsed>().superRefine(checkWhole));
export type BillingCatalogue = z.infer<typeof BillingCatalogue>;
