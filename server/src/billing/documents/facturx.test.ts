import fc from "fast-check";
import { expect, test } from "vitest";
import { eInvoiceProblem, facturX } from "./facturx.ts";
import { dueOf, type IssuedDocument } from "./issued.ts";
import { readInvoice } from "./testing/read-invoice.ts";
import { brokenRules } from "./testing/rules.ts";
import { randomDocument, REVERSE, SELLER, someDocument, someLine } from "./testing/some-document.ts";

const read = (document: IssuedDocument) => readInvoice(facturX(document));

test("an invoice says what it charges, what is credited, how it is taxed and where to pay", () => {
  const invoice = read(someDocument({ settled: 1000n }));
  expect(invoice).toMatchObject({
    ...{ number: "K7Q2M9XA-000042", type: "380", issuedOn: "20260201", dueOn: "20260215", currency: "EUR" },
    seller: { name: "Sample Voice GmbH", vatId: "DE123456789", country: "DE", city: "Berlin" },
    buyer: { name: "Spedition Łódź & Söhne GmbH", vatId: "DE987654321", country: "DE" },
    ...{ purchaseOrder: "PO-4711", iban: "DE02120300000000202051", amends: [], note: null },
    sums: { lines: "171.06", net: "171.06", tax: "32.50", gross: "203.56", prepaid: "10.00", due: "193.56" },
    taxes: [{ category: "S", rate: "19", base: "171.06", tax: "32.50", reason: null }],
    terms: "Please pay 193.56\u00a0EUR by 15 February 2026.",
  });
  expect(invoice.lines.map(({ name, quantity, price, amount, from, to }) => [name, quantity, price, amount, from, to])).toEqual([
    ["Credit for Team, 10 licences", "-1", "53.55", "-53.55", "20260111", "20260131"],
    ["Team, 13 licences", "1", "69.61", "69.61", "20260111", "20260131"],
    ["Team, licences", "13", "8.00", "104.00", "20260201", "20260228"],
    ["Recording", "13", "2.00", "26.00", "20260201", "20260228"],
    ["Dial-out", "1", "25.00", "25.00", "20260201", "20260228"],
  ]);
});

test("a credit note has positive amounts, names the invoice, and asks for nothing", () => {
  const credit = someLine({ kind: "credit", amount: 5355n });
  const amends = [
    { number: "K7Q2M9XA-000007", issuedOn: "2026-01-01" },
    { number: "K7Q2M9XA-000009", issuedOn: "2026-01-09" },
  ];
  const note = read(someDocument({ lines: [credit, someLine({ amount: 1000n })], amends }));
  expect(note).toMatchObject({
    ...{ type: "381", amends: ["K7Q2M9XA-000007", "K7Q2M9XA-000009"], iban: null, dueOn: null },
    ...{ terms: "There is nothing to pay.", sums: { net: "43.55", tax: "8.27", gross: "51.82", due: "51.82" } },
  });
  expect(note.lines.map(({ quantity, price, amount }) => [quantity, price, amount])).toEqual([
    ["1", "53.55", "53.55"],
    ["-1", "10.00", "-10.00"],
  ]);
});

test("what is settled asks for nothing; a sample says what it is; yen have no decimals", () => {
  const settled = someDocument({ settled: someDocument().totals.gross });
  expect(read(settled)).toMatchObject({ terms: "Nothing is left to pay.", iban: null, sums: { due: "0.00" } });
  expect(read(someDocument({ sample: true })).note).toMatch(/^SAMPLE\. .*nothing to pay/);
  const yen = read(someDocument({ currency: { code: "JPY", digits: 0 } }));
  expect(yen).toMatchObject({ currency: "JPY", sums: { net: "17106", tax: "3250", gross: "20356" } });
});

test("a German buyer reads German, and one whose language there is none of reads English", () => {
  const { buyer } = someDocument();
  expect(read(someDocument({ buyer: { ...buyer, language: "de" } }))).toMatchObject({
    terms: "Bitte zahlen Sie 203,56\u00a0EUR bis zum 15. Februar 2026.",
    lines: [{ name: "Gutschrift für Team, 10 Lizenzen" }, {}, {}, { name: "Aufzeichnung" }, {}],
  });
  expect(read(someDocument({ buyer: { ...buyer, language: "fr" } })).terms).toMatch(/^Please pay/);
});

test("one tax decides the ids: none where tax has no business, both where the buyer owes it", () => {
  const { buyer } = someDocument();
  const outside = { category: "O", rate: 0, reason: "Not taxable in Germany" } as const;
  const american = { ...buyer, country: "US", taxId: "12-3456789" };
  expect(read(someDocument({ lines: [someLine({ tax: outside })], buyer: american }))).toMatchObject({
    seller: { vatId: null, fiscalId: "DE123456789", registration: SELLER.registration },
    buyer: { vatId: null, registration: "12-3456789" },
    taxes: [{ category: "O", rate: null, tax: "0.00", reason: "Not taxable in Germany" }],
  });
  const austrian = { ...buyer, country: "AT", taxId: "ATU12345678" };
  expect(read(someDocument({ lines: [someLine({ tax: REVERSE })], buyer: austrian }))).toMatchObject({
    ...{ seller: { vatId: "DE123456789" }, buyer: { vatId: "ATU12345678" } },
    taxes: [{ category: "AE", rate: "0", reason: "Reverse charge" }],
  });
});

test.each([
  ["dinars", { currency: { code: "KWD", digits: 3 } }, /two decimals/],
  ["a buyer without a country", { buyer: { ...someDocument().buyer, country: null } }, /country is not known/],
  [
    "reverse charge without the buyer's VAT id",
    { lines: [someLine({ tax: REVERSE })], buyer: { ...someDocument().buyer, taxId: "12-3456789" } },
    /both VAT ids/,
  ],
  [
    "a document of before and after the buyer left the scope of tax",
    { lines: [someLine(), someLine({ tax: { category: "O", rate: 0, reason: "Not taxable" } })] },
    /mixes/,
  ],
  [
    "an export of a seller without a VAT id",
    { lines: [someLine({ tax: { category: "G", rate: 0, reason: "Export" } })], seller: { ...SELLER, taxId: "98-7654321" } },
    /seller's VAT id/,
  ],
  ["goods", { lines: [someLine({ tax: { category: "K", rate: 0, reason: "Supply" } })] }, /place/],
  ["a document without lines", { lines: [] }, /no lines/],
] as const)("there is no e-invoice for %s", (_, changes, problem) => {
  const document = someDocument(changes);
  expect(eInvoiceProblem(document)).toMatch(problem);
  expect(() => facturX(document)).toThrow(RangeError);
});

/** The part of a name that the schema's text can hold. */
function held(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  const kept = text.toWellFormed().replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
  return kept.replaceAll(/[\t\n\r]+/g, " ") || null;
}

const RUNS = 1_000;
const SEED = Date.now() % 1_000_000;

test(`${RUNS} random documents (seed ${SEED}) fit the schema of Factur-X, break no rule of EN 16931, and say what the rows say`, () => {
  let written = 0;
  const property = fc.property(randomDocument, (document) => {
    fc.pre(eInvoiceProblem(document) === null);
    written += 1;
    const invoice = read(document);
    const { currency, totals, buyer, seller, kind, settled, lines } = document;
    expect(brokenRules(invoice, currency.digits)).toEqual([]);
    const amount = (minor: bigint) =>
      currency.digits === 0
        ? String(minor)
        : `${minor < 0n ? "-" : ""}${String(minor < 0n ? -minor : minor)
            .padStart(3, "0")
            .replace(/(..)$/, ".$1")}`;
    expect(invoice).toMatchObject({
      ...{ number: document.number, currency: currency.code, type: kind === "invoice" ? "380" : "381" },
      buyer: { name: held(buyer.name), country: buyer.country, city: held(buyer.address?.city) },
      seller: { name: held(seller.name), country: seller.address.country, registration: held(seller.registration) },
      purchaseOrder: held(buyer.purchaseOrder),
      sums: {
        ...{ net: amount(totals.net), tax: amount(totals.tax), gross: amount(totals.gross) },
        due: amount(kind === "invoice" ? totals.gross - settled : totals.gross),
      },
      ...{ dueOn: dueOf(document) > 0n ? "20260215" : null, amends: document.amends.map(({ number }) => number) },
    });
    const sign = kind === "credit note" ? -1n : 1n;
    expect(invoice.lines.map((line) => line.amount)).toEqual(
      lines.map((line) => amount(sign * (line.kind === "credit" ? -line.amount : line.amount))),
    );
  });
  fc.assert(property, { numRuns: RUNS, seed: SEED });
  expect(written).toBeGreaterThanOrEqual(RUNS);
});

test.each([
  ["an element that the schema has not", "ram:LineID", "ram:LineNumber", /LineNumber/],
  ["a sum that is wrong", ">203.56<", ">203.57<", /BR-CO-15/],
  ["a line that is not in the sum", ">104.00<", ">104.01<", /R120|BR-CO-10/],
  ["tax that was rounded in another way", ">32.50<", ">32.51<", /BR-CO-14|BR-CO-17/],
  ["three decimals", ">203.56<", ">203.560<", /BR-DEC/],
])("the judges of these tests see %s", (_, from, to, complaint) => {
  const wrong = facturX(someDocument()).replaceAll(from, to);
  const judged = () => {
    const broken = brokenRules(readInvoice(wrong), 2);
    if (broken.length > 0) throw new Error(broken.join(", "));
  };
  expect(judged).toThrow(complaint);
});
