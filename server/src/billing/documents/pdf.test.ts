import fc from "fast-check";
import { XmlDocument } from "libxml2-wasm";
import { describe, expect, test } from "vitest";
import { facturX, eInvoiceProblem } from "./facturx.ts";
import { printProblem, readFonts } from "./glyphs.ts";
import type { IssuedDocument } from "./issued.ts";
import { drawPdf } from "./pdf.ts";
import { packed, readPdf } from "./testing/read-pdf.ts";
import { randomDocument, REVERSE, someDocument, someLine } from "./testing/some-document.ts";

const fonts = readFonts(null);

async function drawn(changes: Partial<IssuedDocument> = {}) {
  const { pdf, replaced } = await drawPdf(someDocument(changes), fonts);
  return { pdf, replaced, ...(await readPdf(pdf)) };
}

const named = (name: string, changes: Partial<IssuedDocument["buyer"]> = {}) => ({
  buyer: { ...someDocument().buyer, name, ...changes },
});

/** Expects that the pages contain every one of the texts. */
function expectText({ pages }: { pages: string[] }, ...texts: string[]): void {
  for (const text of texts) expect(pages.join("")).toContain(packed(text));
}

describe("an invoice", () => {
  test("says who, to whom, what, when, how much and where to pay", async () => {
    const invoice = await drawn({ settled: 1000n });
    expect(invoice.pages).toHaveLength(1);
    expectText(invoice, "Sample Voice GmbH", "Musterstraße 1", "10115 Berlin", "DE123456789", "HRB 0", "billing@example.com");
    expectText(invoice, "Spedition Łódź & Söhne GmbH", "Hafenstraße 12", "20457 Hamburg", "DE987654321", "PO-4711");
    expectText(invoice, "Invoice K7Q2M9XA-000042", "1 February 2026", "15 February 2026", "Page 1 of 1");
    expectText(invoice, "Credit for Team, 10 licences", "11 to 31 January 2026", "−1", "53.55", "−53.55");
    expectText(invoice, "Team, licences", "13", "8.00", "104.00", "1 to 28 February 2026");
    expectText(invoice, "Net", "171.06", "Tax 19 % on 171.06", "32.50", "Total", "203.56 EUR");
    expectText(invoice, "Paid from your credit", "−10.00", "Due", "193.56 EUR");
    expectText(invoice, "Please pay 193.56 EUR by 15 February 2026.", "DE02 1203 0000 0000 2020 51", "BYLADEM1001");
    expect(invoice.replaced).toEqual([]);
  });

  test("in German has German words, dates and figures", async () => {
    const invoice = await drawn(named("Müller", { language: "de" }));
    expectText(invoice, "Rechnung K7Q2M9XA-000042", "1. Februar 2026", "Gutschrift für Team, 10 Lizenzen", "−53,55");
    expectText(invoice, "1. bis 28. Februar 2026", "USt. 19 % auf 171,06", "203,56 EUR", "Seite 1 von 1");
  });

  test("without tax says why, and a paid one asks for no payment", async () => {
    const changes = { lines: [someLine({ tax: REVERSE })], settled: 10_400n };
    const invoice = await drawn(changes);
    expectText(invoice, "Reverse charge", "No tax on 104.00", "Nothing is left to pay.");
    expect(invoice.pages[0]).not.toContain("IBAN");
  });

  test("in yen has no decimals, and one in dinars has three and no e-invoice", async () => {
    expectText(await drawn({ currency: { code: "JPY", digits: 0 } }), "20,356 JPY");
    const dinars = await drawn({ currency: { code: "KWD", digits: 3 } });
    expectText(dinars, "20.356 KWD");
    expect(dinars.attachments.size).toBe(0);
    expect(dinars.metadata).not.toMatch(/factur-x/);
    expect(dinars.pdf.toString("latin1")).not.toMatch(/AFRelationship/);
  });
});

test("a credit note names the invoice and says where the credit goes", async () => {
  const lines = [someLine({ kind: "credit", amount: 5355n })];
  const amends = [{ number: "K7Q2M9XA-000007", issuedOn: "2026-01-01" }];
  const note = await drawn({ lines, amends, settled: 1000n });
  expectText(note, "Credit note K7Q2M9XA-000042", "Amends invoice", "K7Q2M9XA-000007", "63.72 EUR");
  expectText(note, "10.00 EUR of it settle open invoices.", "53.72 EUR of it are kept as your credit", "nothing to pay");
});

test("a sample is marked on each page", async () => {
  const sample = await drawn({ sample: true, lines: Array.from({ length: 60 }, () => someLine()) });
  expect(sample.pages.length).toBeGreaterThan(1);
  for (const page of sample.pages) expect(page).toContain("SAMPLE");
  const real = await drawn();
  expect(real.pages.join("")).not.toContain("SAMPLE");
});

describe("the PDF file of an invoice", () => {
  test("declares PDF/A-3b and Factur-X, and contains the e-invoice", async () => {
    const document = someDocument();
    const { pdf, metadata, attachments, title } = await drawn();
    expect(metadata).toMatch(/<pdfaid:part>3<\/pdfaid:part>\s*<pdfaid:conformance>B</);
    XmlDocument.fromString(metadata.replace(/^\uFEFF/, "")).dispose();
    expect(metadata).toMatch(/<fx:DocumentFileName>factur-x.xml<.*<fx:ConformanceLevel>EN 16931</s);
    expect(metadata).toMatch(/pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</);
    expect([...attachments]).toEqual([["factur-x.xml", facturX(document)]]);
    expect(title).toBe("Invoice K7Q2M9XA-000042");
    const raw = pdf.toString("latin1");
    expect(raw).toMatch(/^%PDF-1\.7/);
    expect(raw).toMatch(/\/AFRelationship \/Alternative/);
    expect(raw).toMatch(/\/Type \/Catalog[^]*?\/AF \[/);
    expect(raw).toMatch(/\/OutputIntents/);
    // Each font is embedded.
    expect(raw.match(/\/Type \/FontDescriptor/g)?.length).toBe(raw.match(/\/FontFile2/g)?.length);
    expect(raw).not.toMatch(/\/Encrypt|\/JavaScript|Helvetica/);
  });

  test("has the same bytes each time", async () => {
    const [first, second] = [await drawn(), await drawn()];
    expect(first.pdf.equals(second.pdf)).toBe(true);
  });
});

describe("names on a document", () => {
  test.each([
    "Łódź Çağrı Þórður Ñandú ßẞ",
    "Công ty TNHH Nguyễn Thị Hồng Phượng",
    "ΕΛΛΗΝΙΚΗ Εταιρεία Τηλεπικοινωνιών",
    "Ἀθῆναι ᾠδή",
    "ТОВ «Київ» і Ґанок, Ђорђе, Қазақстан",
    "बहुभाषी सेवा",
    "O’Neill – “Quote” № 5 € ₹ ₺ ₴",
    "Latin Ελλάς Київ बहु 123",
  ])("%s is shown with every character", async (name) => {
    expect(printProblem(name, fonts)).toBe(null);
    const invoice = await drawn(named(name));
    expectText(invoice, name);
    expect(invoice.replaced).toEqual([]);
  });

  test.each([
    ["株式会社", "U+682A"],
    ["한국어", "U+D55C"],
    ["שלום", "U+05E9"],
    ["شركة", "U+0634"],
    ["ไทย", "U+0E44"],
    ["საქართველო", "U+10E1"],
    ["Voice 🎤", "U+1F3A4"],
    ["evil\u202ename", "U+202E"],
    ["tab\u0009bell\u0007", "U+0007"],
  ])("%j has no font: it is refused with a sentence, and codes stand where it was printed all the same", async (name, code) => {
    expect(printProblem(name, fonts)).toMatch(/can't be printed on invoices/);
    const invoice = await drawn(named(name));
    expectText(invoice, `[${code}]`);
    expect(invoice.replaced.length).toBeGreaterThan(0);
  });

  test("a word of 200 letters is broken into lines that show all of it", async () => {
    const name = "Donaudampfschifffahrt".repeat(10).slice(0, 200);
    expectText(await drawn(named(name, { address: { lines: [name], city: name } })), name);
  });
});

test("a document shows all of its texts at their maximum length", async () => {
  const word = (length: number) => "Donaudampfschifffahrt".repeat(10).slice(0, length);
  const streets = [1, 2, 3, 4].map((number) => `${number}${word(99)}`);
  const { seller, buyer } = someDocument();
  const amends = Array.from({ length: 200 }, (_, index) => ({ number: `K7Q2M9XA-${100_000 + index}`, issuedOn: "2026-01-01" }));
  const registration = `HRB ${word(190)}`;
  const document = await drawn({
    seller: { ...seller, name: word(200), address: { ...seller.address, lines: streets }, registration },
    ...{ buyer: { ...buyer, name: word(200), purchaseOrder: word(60) }, amends },
    lines: [someLine({ kind: "credit", plan: word(60), quantity: 100_000n, unitPrice: 10n ** 12n, amount: 10n ** 14n })],
  });
  expectText(document, word(200), ...streets, registration, word(60), "1,000,000,000,000.00");
  for (const { number } of amends) expectText(document, number);
  // The footer is on each page, below everything else.
  for (const page of document.pages) expect(page).toContain(packed(registration));
});

describe("a long document", () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => someLine({ plan: `Plan ${index + 1}` }));

  test("continues on next pages, each with the table's heading and its number", async () => {
    const { pages } = await drawn({ lines });
    expect(pages.length).toBeGreaterThan(20);
    for (const [index, page] of pages.entries()) expect(page).toContain(`Page${index + 1}of${pages.length}`);
    for (const page of pages.slice(0, -1)) expect(page).toContain("DescriptionQuantityPriceTaxAmount(EUR)");
    const found = pages.join("").match(/Plan\d+,licences/g);
    expect(found).toEqual(lines.map((_, index) => `Plan${index + 1},licences`));
  });
});

test("random documents are drawn, whatever their names hold", async () => {
  const property = fc.asyncProperty(randomDocument, async (document) => {
    const { pdf, replaced } = await drawPdf(document, fonts);
    const { attachments, pages } = await readPdf(pdf);
    expect(attachments.has("factur-x.xml")).toBe(eInvoiceProblem(document) === null);
    if (replaced.length === 0) expect(pages.join("")).toContain(packed(document.buyer.name));
  });
  await fc.assert(property, { numRuns: 60 });
});
