/** Documents for tests: a plain one, and random ones whose sums are right. */
import fc from "fast-check";
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { readFileSync } from "node:fs";
import { totalsOf } from "../../reckoning/documents.ts";
import type { Tax } from "../../reckoning/tax.ts";
import type { Buyer, IssuedDocument, IssuedLine, Seller } from "../issued.ts";

const SAMPLE = BillingCatalogue.parse(JSON.parse(readFileSync(new URL("../../sample-catalogue.json", import.meta.url), "utf8")));
export const SELLER = SAMPLE.issuer as Seller;

const at = (time: string) => Date.parse(time) / 1_000;
export const STANDARD: Tax = { category: "S", rate: 190_000, reason: null };
export const REVERSE: Tax = { category: "AE", rate: 0, reason: "Reverse charge" };
const OUTSIDE: Tax = { category: "O", rate: 0, reason: "Not taxable in Germany" };

const BUYER: Buyer = {
  name: "Spedition Łódź & Söhne GmbH",
  address: { lines: ["Hafenstraße 12"], postcode: "20457", city: "Hamburg" },
  country: "DE",
  taxId: "DE987654321",
  purchaseOrder: "PO-4711",
  language: "en",
};

export function someLine(changes: Partial<IssuedLine> = {}): IssuedLine {
  return {
    ...{ kind: "charge", plan: "Team", item: "seats", quantity: 13n, unitPrice: 800n, amount: 10_400n },
    ...{ from: at("2026-02-01T00:00:00Z"), to: at("2026-03-01T00:00:00Z"), tax: STANDARD, changes: 1 },
    ...changes,
  };
}

const rest = { from: at("2026-01-11T06:00:00Z"), to: at("2026-02-01T00:00:00Z") };
export const SOME_LINES: readonly IssuedLine[] = [
  someLine({ kind: "credit", quantity: 10n, amount: 5355n, ...rest }),
  someLine({ amount: 6961n, ...rest }),
  someLine(),
  someLine({ plan: null, item: "recording", unitPrice: 200n, amount: 2600n }),
  someLine({ plan: null, item: "dial_out", quantity: 1n, unitPrice: 2500n, amount: 2500n }),
];

/** A document with the sums of its lines. */
export function someDocument({ lines = SOME_LINES, ...changes }: Partial<IssuedDocument> = {}): IssuedDocument {
  const totals = totalsOf(lines);
  const isCredit = totals.gross < 0n;
  const turned = (amount: bigint) => (isCredit ? -amount : amount);
  return {
    kind: isCredit ? "credit note" : "invoice",
    ...{ number: "K7Q2M9XA-000042", issuedOn: "2026-02-01", dueOn: "2026-02-15", currency: { code: "EUR", digits: 2 } },
    totals: {
      ...{ net: turned(totals.net), tax: turned(totals.tax), gross: turned(totals.gross) },
      taxes: totals.taxes.map((total) => ({ ...total, base: turned(total.base), tax: turned(total.tax) })),
    },
    ...{ settled: 0n, seller: SELLER, buyer: BUYER, lines, amends: [], sample: false },
    ...changes,
  };
}

/** Text with anything that the database could hold if a check failed: markup, controls, lone surrogates, direction marks. */
const hostileText = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
  fc.constantFrom(
    ...'<b>&amp;"]]>|]]>|\u0000\u0001\u001f|\ud800x|\uffff\ufffe|\u202eecilA|<!--|&#0;|a\tb\r\nc|<?xml?>'.split("|"),
    "W".repeat(200),
  ),
);

const country = fc.constantFrom("DE", "AT", "GR", "US", "CH");

const buyer: fc.Arbitrary<Buyer> = fc.record({
  name: hostileText,
  address: fc.option(
    fc.record({
      lines: fc.array(hostileText, { maxLength: 4 }),
      postcode: fc.option(hostileText, { nil: undefined }),
      city: fc.option(hostileText, { nil: undefined }),
    }),
  ),
  country: fc.option(country, { freq: 20 }),
  taxId: fc.option(fc.constantFrom("DE987654321", "ATU12345678", "EL123456789", "12-3456789", "CHE-123.456.789 MWST")),
  purchaseOrder: fc.option(hostileText),
  language: fc.constantFrom("en", "de", "fr", "constructor"),
});

const seller: fc.Arbitrary<Seller> = fc.record({
  name: hostileText,
  address: fc.record({
    lines: fc.array(hostileText, { minLength: 1, maxLength: 4 }),
    postcode: fc.option(hostileText, { nil: undefined }),
    city: hostileText,
    country,
  }),
  taxId: fc.constantFrom("DE123456789", "EL123456789", "98-7654321"),
  registration: fc.option(hostileText, { nil: undefined }),
  email: fc.option(fc.constant("billing@example.com"), { nil: undefined }),
  bank: fc.constantFrom(SELLER.bank, { account: "12345678", routing: "12-34-56" }, { account: "1", bankName: "Bank" }),
});

const currency = fc.constantFrom(
  { code: "EUR", digits: 2 },
  { code: "USD", digits: 2 },
  { code: "JPY", digits: 0 },
  { code: "KWD", digits: 3 },
);

/** Taxes that one document can have: several rates, if they changed, or all outside the scope of tax. */
const taxes = fc.constantFrom<Tax[]>(
  [STANDARD],
  [STANDARD, { category: "S", rate: 81_000, reason: null }, { category: "Z", rate: 0, reason: null }],
  [REVERSE],
  [REVERSE, STANDARD],
  [OUTSIDE],
  [OUTSIDE, STANDARD],
  [{ category: "G", rate: 0, reason: "Export <b>" }],
  [{ category: "E", rate: 0, reason: "Exempt & free" }],
);

function line(all: Tax[]): fc.Arbitrary<IssuedLine> {
  const fields = fc.record({
    kind: fc.constantFrom("charge" as const, "charge" as const, "credit" as const),
    plan: fc.option(hostileText),
    item: fc.constantFrom("seats", "recording", "dial_out", "toString", "other_thing"),
    quantity: fc.bigInt(0n, 100_000n),
    unitPrice: fc.bigInt(0n, 1_000_000n),
    share: fc.integer({ min: 1, max: 1_000 }),
    from: fc.integer({ min: at("2020-01-01T00:00:00Z"), max: at("2090-01-01T00:00:00Z") }),
    seconds: fc.integer({ min: 1, max: 366 * 86_400 }),
    tax: fc.constantFrom(...all),
    changes: fc.constantFrom(1, 1, 1, 100_000),
  });
  return fields.map(({ share, seconds, ...common }) => ({
    ...common,
    to: common.from + seconds,
    // Often the whole price, often a part of it.
    amount: (common.quantity * common.unitPrice * BigInt(share > 500 ? 1_000 : share)) / 1_000n,
  }));
}

export const randomDocument: fc.Arbitrary<IssuedDocument> = taxes
  .chain((all) =>
    fc.record({
      lines: fc.array(line(all), { minLength: 1, maxLength: 12 }),
      ...{ seller, buyer, currency, sample: fc.boolean(), share: fc.integer({ min: 0, max: 4 }) },
      amends: fc.array(fc.constant({ number: "K7Q2M9XA-000041", issuedOn: "2026-01-01" }), { maxLength: 3 }),
    }),
  )
  .map(({ share, amends, ...parts }) => {
    const document = someDocument(parts);
    const settled = (document.totals.gross * BigInt(share)) / 4n;
    return { ...document, settled, amends: document.kind === "credit note" ? amends : [] };
  });
