/** The content of an invoice or a credit note: lines, tax per category and rate, and sums. */
import { type Line, sum } from "./lines.ts";
import { partOf } from "./rational.ts";
import { fractionOf, type Tax } from "./tax.ts";

export interface TaxTotal extends Tax {
  base: bigint;
  tax: bigint;
}

export interface Totals {
  net: bigint;
  /** Each computed once, on the sum of the lines with this category and rate (EN 16931, BR-CO-17). */
  taxes: readonly TaxTotal[];
  tax: bigint;
  gross: bigint;
}

export interface Draft {
  kind: "invoice" | "credit note";
  /** Without lines of 0, which are history but nothing to pay. */
  lines: readonly Line[];
  /** Signed: negative for a credit note, although the document shows positive sums. */
  totals: Totals;
}

type Taxed = Pick<Line, "kind" | "amount" | "tax">;

export function totalsOf(lines: readonly Taxed[]): Totals {
  const groups: { tax: Tax; lines: Taxed[] }[] = [];
  for (const line of lines) {
    const group = groups.find(({ tax }) => tax.category === line.tax.category && tax.rate === line.tax.rate);
    if (group) group.lines.push(line);
    else groups.push({ tax: line.tax, lines: [line] });
  }
  const taxes = groups.map(({ tax, lines }) => ({ ...tax, base: sum(lines), tax: partOf(sum(lines), fractionOf(tax)) }));
  const net = sum(lines);
  const tax = taxes.reduce((total, group) => total + group.tax, 0n);
  return { net, taxes, tax, gross: net + tax };
}

/** The document with these lines; null if all of them are 0. */
export function draftOf(lines: readonly Line[]): Draft | null {
  const shown = lines.filter(({ amount }) => amount > 0n);
  if (shown.length === 0) return null;
  const totals = totalsOf(shown);
  return { kind: totals.gross < 0n ? "credit note" : "invoice", lines: shown, totals };
}

/**
 * The totals of a document that takes back all of another one. The signs change and nothing is computed again, because rates may have
 * changed.
 */
export function reversalOf({ net, taxes, tax, gross }: Totals): Totals {
  return {
    net: -net,
    taxes: taxes.map((total) => ({ ...total, base: -total.base, tax: -total.tax })),
    tax: -tax,
    gross: -gross,
  };
}
