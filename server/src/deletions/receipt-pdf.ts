/** A receipt as a PDF. The signed JSON is attached, because only that can be verified. */
import { buffer } from "node:stream/consumers";
import PdfDocument from "pdfkit";
import { moneyText } from "#contract/currencies.ts";
import type { Receipt } from "#contract/receipt.ts";
import { canonicalJson } from "../platform/canonical-json.ts";

const MARGIN = 56;
const WIDTH = 595.28 - 2 * MARGIN; // A4, in points
const INK = "#1a1b1e";
const QUIET = "#5c5f66";
const LINE = "#ced4da";

const NUMBERS = new Intl.NumberFormat("en");

/** "24 November 2026, 13:40:05 UTC" */
function utc(time: string): string {
  const date = new Date(time);
  const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(date);
  return `${day}, ${date.toISOString().slice(11, 19)} UTC`;
}

type Document = InstanceType<typeof PdfDocument>;

function heading(page: Document, text: string): void {
  page.moveDown(1.2).font("Helvetica-Bold").fontSize(12).fillColor(INK).text(text).moveDown(0.4);
}

function row(page: Document, label: string, value: string, numeric = false): void {
  const { y } = page;
  page.font("Helvetica").fontSize(10).fillColor(QUIET).text(label, MARGIN, y, { width: 190 });
  const afterLabel = page.y;
  page.fillColor(INK).text(value, MARGIN + 200, y, { width: WIDTH - 200, align: numeric ? "right" : "left" });
  page.y = Math.max(afterLabel, page.y) + 4;
  page.x = MARGIN;
}

function countRows(page: Document, erased: Receipt["erased"]): void {
  for (const { kind, count } of erased) {
    if (page.y > page.page.height - MARGIN - 30) page.addPage();
    row(page, kind.charAt(0).toUpperCase() + kind.slice(1), NUMBERS.format(count), true);
    page
      .moveTo(MARGIN, page.y - 2)
      .lineTo(MARGIN + WIDTH, page.y - 2)
      .lineWidth(0.5)
      .strokeColor(LINE)
      .stroke();
    page.y += 2;
  }
}

function endedBilling(page: Document, { currency: code, digits, ...billing }: NonNullable<Receipt["billing"]>): void {
  const money = (minor: number) => moneyText(BigInt(minor), { code, digits });
  heading(page, "What it owed and lost");
  row(page, "Invoices not paid in full", NUMBERS.format(billing.openInvoices), true);
  row(page, "Due on them", money(billing.due), true);
  row(page, "Credit that was lost", money(billing.creditLost), true);
  row(page, "Charged days that were lost", NUMBERS.format(billing.daysLost), true);
  for (const received of billing.unrecorded ?? []) row(page, "Came in, on no invoice", received, true);
}

/** Returns the whole document; it has one or two pages. */
export function drawReceipt(receipt: Receipt): Promise<Buffer> {
  const createdAt = new Date(receipt.replays.at(-1)?.completedAt ?? receipt.completedAt);
  const page = new PdfDocument({
    size: "A4",
    margin: MARGIN,
    lang: "en",
    displayTitle: true,
    info: { Title: "Receipt of a workspace's deletion", Creator: "whoot", Producer: "whoot", CreationDate: createdAt },
  });
  const whole = buffer(page);

  page.font("Helvetica-Bold").fontSize(20).fillColor(INK).text("Receipt of a workspace's deletion");
  page.moveDown(0.5).font("Helvetica").fontSize(10).fillColor(QUIET).text(receipt.statement, { lineGap: 2 });

  heading(page, "When");
  row(page, "Gone for everyone", utc(receipt.deletedAt));
  row(page, "Key destroyed", utc(receipt.keyDestroyedAt));
  row(page, "Rows and files erased", utc(receipt.completedAt));

  heading(page, "Workspace");
  row(page, "Server", receipt.server);
  row(page, "Workspace id", receipt.workspaceId);

  if (receipt.billing) endedBilling(page, receipt.billing);
  if (receipt.archived) {
    heading(page, "What the law keeps, outside the workspace");
    row(page, "Invoices and credit notes", NUMBERS.format(receipt.archived.documents), true);
    row(page, "The last of them until", receipt.archived.keptUntil, true);
  }

  if (receipt.customer) {
    heading(page, "At the payment provider");
    row(page, "Customer and card", receipt.customer === "erased" ? "Erased" : "Not erased: the provider was not reached");
  }

  heading(page, "What was erased");
  countRows(page, receipt.erased);
  for (const replay of receipt.replays) {
    heading(page, "Deleted again after a backup was restored");
    row(page, "Found", utc(replay.foundAt));
    row(page, "Erased again", utc(replay.completedAt));
    countRows(page, replay.erased);
  }

  heading(page, "Signature");
  row(page, "Ed25519, over the attached receipt.json", receipt.signature);
  row(page, "Public key of the server", receipt.publicKey);
  page
    .moveDown(0.6)
    .fontSize(9)
    .fillColor(QUIET)
    .text(
      `To verify it, run "npm run whoot -- receipt verify receipt.json" with whoot's code, and compare the public key with ${receipt.server}/api/v1/receipt-key. ` +
        'The signature covers the JSON without its field "signature", in canonical form (RFC 8785).',
      { lineGap: 2 },
    );
  page.file(Buffer.from(canonicalJson(receipt)), {
    name: "receipt.json",
    type: "application/json",
    description: "The signed receipt",
    creationDate: createdAt,
    modifiedDate: createdAt,
  });
  page.end();
  return whole;
}
