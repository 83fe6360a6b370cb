/** `npm run whoot -- billing check FILE`: checks a catalogue, and prints what it says in words. */
import { type BillingCatalogue, PRICE_INTERVALS, type Prices } from "#contract/billing-catalogue.ts";
import { moneyText } from "#contract/currencies.ts";
import { plain } from "../platform/plain.ts";
import { UsageError } from "../platform/usage.ts";
import { readCatalogueFile } from "./catalogue.ts";
import { readFonts } from "./documents/glyphs.ts";
import { catalogueProblems } from "./documents/printable.ts";
import { draftOf } from "./reckoning/documents.ts";
import { begin } from "./reckoning/subscription.ts";
import { percentOf } from "./reckoning/tax.ts";
import { choiceOf, taxFor } from "./terms.ts";

const EXAMPLE_SEATS = 10;

function pricesText({ currency }: BillingCatalogue, prices: Prices): string {
  return PRICE_INTERVALS.flatMap((interval) => {
    const price = prices[interval];
    return price === undefined ? [] : [`${moneyText(BigInt(price), currency)} a ${interval}`];
  }).join(", ");
}

function* describeSale(catalogue: BillingCatalogue): Generator<string> {
  for (const { name, prices, maxSeats, includes } of catalogue.plans) {
    const included = includes.length > 0 ? `, with ${includes.join(", ")}` : "";
    yield `Plan ${name}: ${pricesText(catalogue, prices)} for each of up to ${maxSeats} licences${included}`;
  }
  for (const { id, per, prices } of catalogue.addOns) {
    yield `Add-on ${id}: ${pricesText(catalogue, prices)} for ${per === "seat" ? "each licence" : "the workspace"}`;
  }
  const { days, plan = catalogue.plans.at(-1)?.id } = catalogue.trial;
  yield days > 0 ? `Trial: ${days} days of ${plan}` : "Trial: none";
}

function* describeTax({ tax }: BillingCatalogue): Generator<string> {
  for (const { countries, buyers, category, rate, reason } of tax) {
    const whom = buyers === "business" ? "businesses with a confirmed tax id" : "everyone";
    yield `Tax in ${countries.join(", ")} for ${whom}: ${category}, ${rate} %${reason === undefined ? "" : `, "${reason}"`}`;
  }
}

/** Prints what a domestic purchase costs, so that the operator notices a price with a digit too many. */
function* describeExample(catalogue: BillingCatalogue): Generator<string> {
  const { issuer, currency } = catalogue;
  if (!issuer) return;
  const { country } = issuer.address;
  const tax = taxFor(catalogue, { country, isBusiness: true });
  for (const plan of catalogue.plans) {
    const seats = Math.min(EXAMPLE_SEATS, plan.maxSeats);
    const interval = plan.prices.month === undefined ? "year" : "month";
    const { issued } = begin(choiceOf(catalogue, { plan: plan.id, interval, seats, addOns: [] }), { now: 0, tax });
    const draft = draftOf(issued);
    if (!draft) continue;
    const [net, charged, gross] = [draft.totals.net, draft.totals.tax, draft.totals.gross].map((amount) =>
      moneyText(amount, currency),
    );
    yield `Example: ${seats} licences of ${plan.name} for a ${interval} in ${country}: ${net} + ${charged} (${percentOf(tax)} %) = ${gross}`;
  }
}

function* describeDocuments({ currency, dueDays, dunning, series, archiveYears }: BillingCatalogue): Generator<string> {
  const reminders = dunning.remindAfterDays.map((day) => `+${day}`).join(", ") || "none";
  yield `Due after ${dueDays} days; reminders: ${reminders}; no new talk from +${dunning.restrictAfterDays} days, put off once by up to ${dunning.putOffHours} h`;
  yield `Document numbers: ${series === "workspace" ? "a series for each workspace" : "one series for all workspaces"}`;
  yield archiveYears === 0
    ? "After a deletion no documents are kept"
    : `After a deletion documents are kept in the archive for ${archiveYears} years from the end of the year of their issue`;
  if (currency.digits > 2) yield "Invoices in this currency are no e-invoices: EN 16931 has two decimals.";
}

function describe(catalogue: BillingCatalogue): string[] {
  const { issuer, currency } = catalogue;
  return [
    issuer
      ? `${issuer.name} (${issuer.address.country}) bills in ${currency.code}.`
      : "No issuer: billing is off, nothing is limited.",
    ...describeSale(catalogue),
    ...describeTax(catalogue),
    ...describeDocuments(catalogue),
    ...describeExample(catalogue),
  ];
}

export const billingCheck = {
  usage: "billing check FILE",
  does: "Checks a catalogue (billing.json), and says in words what it sells, how it is taxed, and what ten licences cost.",

  /** @throws UsageError for bad arguments */
  runAlone(args: string[], printLine: (line: string) => void): number {
    // Names and messages come from the file, so they may contain control characters.
    const print = (line: string) => printLine(plain(line));
    const [file, ...rest] = args;
    if (file === undefined) throw new UsageError("Name the JSON file of the catalogue.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    const { catalogue, problems = [] } = readCatalogueFile(file);
    if (!catalogue) {
      print(`${file} can't be used:`);
      for (const problem of problems) print(`  ${problem}`);
      return 1;
    }
    describe(catalogue).forEach(print);
    // Only a warning, because the server may have more fonts than this command reads.
    for (const problem of catalogueProblems(catalogue, readFonts(null))) print(`Note: ${problem}`);
    print(`${file} can be used.`);
    return 0;
  },
};
