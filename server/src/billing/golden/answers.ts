/** A case's results, under the names by which cases expect them. */
import { instantText } from "../reckoning/calendar.ts";
import type { Totals } from "../reckoning/documents.ts";
import { type Line, signed } from "../reckoning/lines.ts";
import { isReverseCharge, percentOf, type TaxCategory } from "../reckoning/tax.ts";
import { toInteger } from "./fields.ts";

/** Functions, so that only expected results are computed. */
export type Answers = Readonly<Record<string, (expected: unknown) => unknown>>;

/** A case may give a line as its amount or as an object. */
export function lineList(lines: readonly Line[], expected: unknown): unknown[] {
  if (Array.isArray(expected) && expected.length > 0 && expected.every((one) => toInteger(one) !== null))
    return lines.map(signed);
  return lines.map((line) => ({
    kind: line.kind,
    amount: signed(line),
    item: line.item,
    quantity: line.quantity,
    unitPrice: line.unitPrice,
    from: instantText(line.from),
    to: instantText(line.to),
    taxRate: percentOf(line.tax),
    taxCategory: line.tax.category,
  }));
}

interface NamedTax {
  rate: number;
  category: TaxCategory;
  base: bigint;
  tax: bigint;
  reason: string | null;
}

/** The taxes of a document, in the order of the expected ones, because no order is wrong. */
function taxList({ taxes }: Totals, expected: unknown): NamedTax[] {
  const left: NamedTax[] = taxes.map(({ category, base, tax, reason, ...rate }) => ({
    rate: percentOf(rate),
    category,
    base,
    tax,
    reason,
  }));
  const wanted = Array.isArray(expected) ? (expected as unknown[]) : [];
  const ordered = wanted.flatMap((one) => {
    const { rate, category } = (one ?? {}) as { rate?: unknown; category?: unknown };
    const at = left.findIndex(
      (tax) => String(tax.rate) === String(rate) && (category === undefined || category === tax.category),
    );
    return at < 0 ? [] : left.splice(at, 1);
  });
  return [...ordered, ...left];
}

export function totalsAnswers(totals: Totals, text: (minor: bigint) => string): Answers {
  const reverse = totals.taxes.find(isReverseCharge);
  return {
    net: () => totals.net,
    tax: () => totals.tax,
    gross: () => totals.gross,
    total: () => totals.gross,
    taxes: (expected) => taxList(totals, expected),
    net_text: () => text(totals.net),
    tax_text: () => text(totals.tax),
    gross_text: () => text(totals.gross),
    reverseCharge: () => reverse !== undefined,
    note: () => reverse?.reason ?? null,
    document: () => (totals.gross < 0n ? "credit note" : "invoice"),
  };
}
