/**
 * Draws an issued document as PDF/A-3b, with the e-invoice inside (Factur-X) where possible. The same document, fonts and pdfkit give the
 * same bytes. A long document takes up to a second, so drawing-task.ts runs this in a thread.
 */
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import PdfDocument from "pdfkit";
import { eInvoiceProblem, facturX } from "./facturx.ts";
import { inflated } from "./font-file.ts";
import type { Font, Fonts, Weight } from "./glyphs.ts";
import { dueOf, type IssuedDocument, type IssuedLine, shown } from "./issued.ts";
import { makeTypesetter, type TextLine, type Typesetter, widthOf } from "./layout.ts";
import { type Words, wordsOf } from "./words.ts";
import { facturXMetadata } from "./xmp.ts";

// A4, in points.
const WIDTH = 595.28;
const HEIGHT = 841.89;
const LEFT = 56;
const RIGHT = WIDTH - 56;
const TOP = 56;
/** Space below the last line of the footer. */
const FOOT = 46;

const INK = "#1a1b1e";
const QUIET = "#5c5f66";
const RULE = "#ced4da";
const STRONG_RULE = "#1a1b1e";
const SAMPLE_COLOUR = "#c92a2a";
const SAMPLE_WASH = "#fff0f0";

const BODY = 9;
const SMALL = 7.5;
/** Distance of two baselines, in font sizes. */
const LEADING = 1.42;

/** Right edges and widths of the columns of figures. The description gets the rest. */
const COLUMNS = {
  quantity: { x: 336, width: 46 },
  price: { x: 414, width: 72 },
  tax: { x: 450, width: 32 },
  amount: { x: RIGHT, width: 84 },
};
const DESCRIPTION_WIDTH = 228;
/** If there are more, they are listed at the end. */
const MAX_AMENDS_BESIDE = 6;

interface Style {
  size: number;
  weight: Weight;
  colour: string;
}

const TEXT: Style = { size: BODY, weight: "regular", colour: INK };
const BOLD: Style = { ...TEXT, weight: "bold" };
const LABEL: Style = { ...TEXT, colour: QUIET };
const NOTE: Style = { size: SMALL, weight: "regular", colour: QUIET };

/** Fonts that documents used. Each thread has its own cache. */
const loaded = new Map<string, Buffer>();

function fontBytes(file: string): Buffer {
  const bytes = loaded.get(file) ?? inflated(readFileSync(file));
  loaded.set(file, bytes);
  return bytes;
}

/** A page that is filled with text from top to bottom. */
class Sheet {
  readonly pdf: InstanceType<typeof PdfDocument>;
  /** Where the next line begins. */
  y = TOP;
  /** Where lines end and the footer begins. */
  bottom = HEIGHT;
  readonly #registered = new Set<string>();
  readonly #setters: Readonly<Record<Weight, Typesetter>>;

  constructor(pdf: InstanceType<typeof PdfDocument>, fonts: Fonts) {
    this.pdf = pdf;
    const setter = (weight: Weight) =>
      makeTypesetter(fonts, (font, text) => this.#use(font, weight, 100).widthOfString(text) / 100);
    this.#setters = { regular: setter("regular"), bold: setter("bold") };
  }

  get replaced(): string[] {
    return [...new Set([...this.#setters.regular.replaced, ...this.#setters.bold.replaced])];
  }

  #use({ files }: Font, weight: Weight, size: number) {
    const file = files[weight];
    if (!this.#registered.has(file)) this.pdf.registerFont(file, fontBytes(file));
    this.#registered.add(file);
    try {
      return this.pdf.font(file).fontSize(size);
    } catch (error) {
      // An operator's font, and pdfkit does not say which.
      throw new Error(`the font ${file} can't be used`, { cause: error });
    }
  }

  wrap(text: string, width: number, { size, weight }: Style): TextLine[] {
    return this.#setters[weight].wrap(text, width / size);
  }

  /** @param x the left edge, or the right edge of a line that is aligned right */
  line(line: TextLine, { x, y, align = "left" }: { x: number; y: number; align?: "left" | "right" }, style: Style): void {
    const { size, weight, colour } = style;
    let at = align === "left" ? x : x - widthOf(line) * size;
    for (const { font, text, width } of line) {
      this.#use(font, weight, size)
        .fillColor(colour)
        .text(text, at, y + size, { lineBreak: false, baseline: "alphabetic" });
      at += width * size;
    }
  }

  /** Draws one line, in smaller letters if it would be too wide. */
  fit(text: string, place: { x: number; y: number; align?: "left" | "right" }, style: Style, width: number): void {
    const [line = []] = this.wrap(text, Number.POSITIVE_INFINITY, style);
    const size = Math.min(style.size, width / widthOf(line));
    this.line(line, { ...place, y: place.y + style.size - size }, { ...style, size });
  }

  /** Draws one line, whatever its width. */
  label(text: string, place: { x: number; y: number; align?: "left" | "right" }, style: Style): void {
    const [line = []] = this.wrap(text, Number.POSITIVE_INFINITY, style);
    this.line(line, place, style);
  }

  /** Draws as many lines as the text needs. @returns the y below them */
  block(text: string, { x, y, width }: { x: number; y: number; width: number }, style: Style): number {
    let below = y;
    for (const line of this.wrap(text, width, style)) {
      this.line(line, { x, y: below }, style);
      below += style.size * LEADING;
    }
    return below;
  }

  rule(y: number, colour = RULE, width = 0.5, from = LEFT): void {
    this.pdf.moveTo(from, y).lineTo(RIGHT, y).lineWidth(width).strokeColor(colour).stroke();
  }
}

function countryName(code: string, { language }: Words): string {
  return new Intl.DisplayNames([language], { type: "region" }).of(code) ?? code;
}

function cityLine({ postcode, city }: { postcode?: string | undefined; city?: string | undefined }): string[] {
  const line = [postcode, city].filter((part) => part !== undefined && part !== "").join(" ");
  return line === "" ? [] : [line];
}

/** Marks every page, so that no page of a sample passes for a real one. */
function drawSampleMark(sheet: Sheet, { text }: Words): void {
  sheet.pdf.rect(0, 0, WIDTH, 30).fill(SAMPLE_WASH);
  sheet.label(text.sample, { x: LEFT, y: 9 }, { ...BOLD, colour: SAMPLE_COLOUR });
  sheet.label(text.sampleNote, { x: LEFT + 56, y: 9 }, { ...TEXT, colour: SAMPLE_COLOUR });
}

/** The issuer's line and the recipient, at the window of an envelope (DIN 5008, form B). */
function drawParties(sheet: Sheet, { seller, buyer }: IssuedDocument, words: Words): number {
  const { address } = seller;
  sheet.y = sheet.block(seller.name, { x: LEFT, y: TOP, width: 270 }, { ...BOLD, size: 13 });
  const sender = [seller.name, ...address.lines, ...cityLine(address)].join(" · ");
  let y = sheet.block(sender, { x: LEFT, y: Math.max(sheet.y + 24, 124), width: 250 }, { ...NOTE, size: 6.5 }) + 6;
  y = sheet.block(buyer.name, { x: LEFT, y, width: 250 }, { ...BOLD, size: 10 });
  const country = buyer.country !== null && buyer.country !== address.country ? [countryName(buyer.country, words)] : [];
  for (const line of [...(buyer.address?.lines ?? []), ...cityLine(buyer.address ?? {}), ...country]) {
    y = sheet.block(line, { x: LEFT, y, width: 250 }, { ...TEXT, size: 10 });
  }
  return y;
}

const numbersOf = (amends: IssuedDocument["amends"]) => amends.map(({ number }) => number).join(", ");

/** The number, the dates and the buyer's references, at the right. */
function drawFacts(sheet: Sheet, document: IssuedDocument, { text, day }: Words): number {
  const { buyer, kind, amends } = document;
  const facts: [string, string | null][] = [
    [text.number, document.number],
    [text.issuedOn, day(document.issuedOn)],
    [text.dueOn, kind === "invoice" && dueOf(document) > 0n ? day(document.dueOn) : null],
    [text.purchaseOrder, buyer.purchaseOrder],
    [text.buyerTaxId, buyer.taxId],
    [text.amends, amends.length > 0 && amends.length <= MAX_AMENDS_BESIDE ? numbersOf(amends) : null],
  ];
  const x = 350;
  let y = 124;
  for (const [label, value] of facts) {
    if (value === null) continue;
    const below = sheet.block(label, { x, y, width: 84 }, LABEL);
    y = Math.max(below, sheet.block(value, { x: x + 90, y, width: RIGHT - x - 90 }, TEXT)) + 2;
  }
  return y;
}

function drawHead(sheet: Sheet, document: IssuedDocument, words: Words): void {
  const parties = drawParties(sheet, document, words);
  sheet.y = Math.max(parties, drawFacts(sheet, document, words), 232) + 24;
  makeRoom(sheet, 100);
  sheet.label(`${words.text[document.kind]} ${document.number}`, { x: LEFT, y: sheet.y }, { ...BOLD, size: 17 });
  sheet.y += 40;
}

function drawTableHead(sheet: Sheet, { currency }: IssuedDocument, { text }: Words): void {
  const { y } = sheet;
  const style = { ...LABEL, size: SMALL };
  sheet.label(text.description, { x: LEFT, y }, style);
  for (const [label, { x, width }] of [
    [text.quantity, COLUMNS.quantity],
    [text.price, COLUMNS.price],
    [text.tax, COLUMNS.tax],
    [`${text.amount} (${currency.code})`, COLUMNS.amount],
  ] as const) {
    sheet.fit(label, { x, y, align: "right" }, style, width);
  }
  sheet.rule(y + 14, STRONG_RULE, 0.75);
  sheet.y = y + 20;
}

function nextPage(sheet: Sheet): void {
  sheet.pdf.addPage();
  sheet.y = TOP;
}

/** Begins a new page if this height does not fit. @returns whether it did */
function makeRoom(sheet: Sheet, height: number): boolean {
  if (sheet.y + height <= sheet.bottom) return false;
  nextPage(sheet);
  return true;
}

function drawLine(sheet: Sheet, document: IssuedDocument, line: IssuedLine, words: Words): void {
  const { quantity, price, amount } = shown(document, line);
  const name = sheet.wrap(words.line(line), DESCRIPTION_WIDTH, TEXT);
  const height = (name.length * BODY + SMALL) * LEADING + 10;
  if (makeRoom(sheet, height)) drawTableHead(sheet, document, words);
  const { y } = sheet;
  for (const [index, text] of name.entries()) sheet.line(text, { x: LEFT, y: y + index * BODY * LEADING }, TEXT);
  sheet.label(words.days(line), { x: LEFT, y: y + name.length * BODY * LEADING + 1 }, NOTE);
  for (const [text, { x, width }] of [
    [words.count(quantity), COLUMNS.quantity],
    [words.figure(price), COLUMNS.price],
    [line.tax.category === "S" ? `${words.percent(line.tax.rate)} %` : "–", COLUMNS.tax],
    [words.figure(amount), COLUMNS.amount],
  ] as const) {
    sheet.fit(text, { x, y, align: "right" }, TEXT, width);
  }
  sheet.y = y + height;
  sheet.rule(sheet.y - 5);
}

/** Draws the sums together on one page. */
function drawTotals(sheet: Sheet, document: IssuedDocument, words: Words): void {
  const { totals, kind, settled } = document;
  const { text, figure, money } = words;
  const rows: [string, string, Style][] = [
    [text.net, figure(totals.net), TEXT],
    ...totals.taxes.map(({ category, rate, base, tax }): [string, string, Style] => {
      const label = category === "S" ? text.taxOn(words.percent(rate), figure(base)) : text.noTax(figure(base));
      return [label, figure(tax), TEXT];
    }),
    [text.total, money(totals.gross), BOLD],
  ];
  if (kind === "invoice" && settled > 0n) {
    rows.push([text.fromBalance, figure(-settled), TEXT], [text.due, money(dueOf(document)), BOLD]);
  }
  const step = BODY * LEADING + 3;
  makeRoom(sheet, rows.length * step + 12);
  sheet.y += 4;
  const from = 300;
  for (const [label, value, style] of rows) {
    if (style === BOLD) {
      sheet.rule(sheet.y, STRONG_RULE, 0.75, from);
      sheet.y += 5;
    }
    const size = style === BOLD ? 10 : BODY;
    sheet.label(label, { x: from, y: sheet.y }, { ...style, size });
    sheet.label(value, { x: RIGHT, y: sheet.y, align: "right" }, { ...style, size });
    sheet.y += step + (style === BOLD ? 3 : 0);
  }
}

function paragraph(sheet: Sheet, text: string, style: Style): void {
  const lines = sheet.wrap(text, RIGHT - LEFT, style);
  const step = style.size * LEADING;
  for (const line of lines) {
    makeRoom(sheet, step);
    sheet.line(line, { x: LEFT, y: sheet.y }, style);
    sheet.y += step;
  }
}

/** Formats an IBAN in groups of four. */
function ibanText(iban: string): string {
  return iban.replaceAll(/(.{4})(?=.)/g, "$1\u00a0");
}

function drawPayment(sheet: Sheet, document: IssuedDocument, { text, money, day }: Words): void {
  const { bank } = document.seller;
  const rows = [
    [text.holder, bank.holder],
    [text.iban, bank.iban && ibanText(bank.iban)],
    [text.bic, bank.bic],
    [text.account, bank.account],
    [text.routing, bank.routing],
    [text.bank, bank.bankName],
    [text.reference, document.number],
  ].filter((row): row is [string, string] => row[1] !== undefined);
  const step = BODY * LEADING + 1;
  makeRoom(sheet, (rows.length + 1) * step + 8);
  paragraph(sheet, text.pay(money(dueOf(document)), day(document.dueOn)), BOLD);
  sheet.y += 4;
  for (const [label, value] of rows) {
    sheet.label(label, { x: LEFT, y: sheet.y }, LABEL);
    sheet.y = Math.max(sheet.y + step, sheet.block(value, { x: LEFT + 104, y: sheet.y, width: RIGHT - LEFT - 104 }, TEXT) + 1);
  }
}

/** Says how to pay or where a credit goes, and why there is no tax. */
function drawEnd(sheet: Sheet, document: IssuedDocument, words: Words): void {
  const { text, money } = words;
  const { kind, totals, settled, amends } = document;
  sheet.y += 16;
  if (amends.length > MAX_AMENDS_BESIDE) {
    paragraph(sheet, `${text.amends}: ${numbersOf(amends)}`, TEXT);
    sheet.y += 10;
  }
  const reasons = new Set(totals.taxes.flatMap(({ reason }) => (reason === null ? [] : [reason])));
  for (const reason of reasons) paragraph(sheet, reason, TEXT);
  if (reasons.size > 0) sheet.y += 10;
  if (kind === "credit note") {
    if (settled > 0n) paragraph(sheet, text.toInvoices(money(settled)), TEXT);
    if (totals.gross > settled) paragraph(sheet, text.toBalance(money(totals.gross - settled)), TEXT);
    paragraph(sheet, text.noPayment, TEXT);
  } else if (dueOf(document) > 0n) drawPayment(sheet, document, words);
  else paragraph(sheet, text.nothingDue, BOLD);
  sheet.y += 8;
  paragraph(sheet, text.utc, NOTE);
}

/** Identifies the issuer on each page, as the law demands. */
function footerOf(sheet: Sheet, { seller }: IssuedDocument, { text }: Words): TextLine[] {
  const { address, registration, taxId, email } = seller;
  return [
    [seller.name, ...address.lines, ...cityLine(address)].join(", "),
    [`${text.sellerTaxId} ${taxId}`, registration, email].filter((part) => part !== undefined).join(" · "),
  ].flatMap((part) => sheet.wrap(part, 360, NOTE));
}

function drawFooter(sheet: Sheet, lines: TextLine[], right: readonly string[]): void {
  const y = sheet.bottom + 18;
  sheet.rule(y - 8);
  for (const [index, line] of lines.entries()) sheet.line(line, { x: LEFT, y: y + index * SMALL * LEADING }, NOTE);
  for (const [index, text] of right.entries()) {
    sheet.label(text, { x: RIGHT, y: y + index * SMALL * LEADING, align: "right" }, NOTE);
  }
}

export interface Drawn {
  pdf: Buffer;
  /** Characters that no font has, and that their codes replaced. */
  replaced: string[];
}

export async function drawPdf(document: IssuedDocument, fonts: Fonts): Promise<Drawn> {
  const words = wordsOf(document);
  const issuedAt = new Date(`${document.issuedOn}T00:00:00Z`);
  const pdf = new PdfDocument({
    size: "A4",
    margin: 0,
    lang: words.language,
    displayTitle: true,
    pdfVersion: "1.7",
    subset: "PDF/A-3b",
    // PDF/A demands embedded fonts, and pdfkit's default fonts cannot be embedded.
    font: null as unknown as string,
    bufferPages: true,
    // Only letters and digits, because pdfkit writes the title into XML unescaped.
    info: {
      Title: `${words.text[document.kind]} ${document.number}`,
      Creator: "whoot",
      Producer: "whoot",
      CreationDate: issuedAt,
    },
  });
  const whole = buffer(pdf);
  const sheet = new Sheet(pdf, fonts);
  const footer = footerOf(sheet, document, words);
  sheet.bottom = HEIGHT - FOOT - footer.length * SMALL * LEADING - 18;
  drawHead(sheet, document, words);
  drawTableHead(sheet, document, words);
  for (const line of document.lines) drawLine(sheet, document, line, words);
  drawTotals(sheet, document, words);
  drawEnd(sheet, document, words);
  const { count } = pdf.bufferedPageRange();
  for (let page = 0; page < count; page++) {
    pdf.switchToPage(page);
    if (document.sample) drawSampleMark(sheet, words);
    drawFooter(sheet, footer, [`${words.text[document.kind]} ${document.number}`, words.text.page(page + 1, count)]);
  }
  if (eInvoiceProblem(document) === null) {
    pdf.file(Buffer.from(facturX(document)), {
      name: "factur-x.xml",
      type: "text/xml",
      description: "Factur-X invoice",
      creationDate: issuedAt,
      modifiedDate: issuedAt,
      relationship: "Alternative",
    } as Parameters<typeof pdf.file>[1]);
    (pdf as unknown as { appendXML(xml: string): void }).appendXML(facturXMetadata);
  }
  pdf.end();
  return { pdf: await whole, replaced: sheet.replaced };
}
