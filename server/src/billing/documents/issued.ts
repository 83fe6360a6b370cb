/** An issued document with all its content. */
import type { BillingCatalogue } from "#contract/billing-catalogue.ts";
import type { Currency } from "#contract/currencies.ts";
import type { Span } from "../reckoning/calendar.ts";
import { type Line, SEATS } from "../reckoning/lines.ts";
import type { Totals } from "../reckoning/documents.ts";

export type Seller = NonNullable<BillingCatalogue["issuer"]>;

/** As copied into the document. */
export interface Buyer {
  /** The company's name, or the workspace's. */
  name: string;
  address: { lines: string[]; postcode?: string | undefined; city?: string | undefined } | null;
  /** ISO 3166; null if the profile has no country. */
  country: string | null;
  taxId: string | null;
  purchaseOrder: string | null;
  /** ISO 639. */
  language: string;
}

export interface IssuedLine extends Span, Pick<Line, "kind" | "item" | "quantity" | "unitPrice" | "amount" | "tax"> {
  /** Name of the plan that the seats belong to; null if it is not known. */
  plan: string | null;
  /** The number of changes that this line sums up, if there are too many to list; otherwise 1. */
  changes: number;
}

export interface IssuedDocument {
  kind: "invoice" | "credit note";
  number: string;
  /** Days in UTC, such as 2026-01-31. */
  issuedOn: string;
  dueOn: string;
  currency: Currency;
  /** As the document shows them, so a credit note's are positive too. */
  totals: Totals;
  /** Invoice: the credit that paid it when it was issued. Credit note: the part that paid open invoices. */
  settled: bigint;
  seller: Seller;
  buyer: Buyer;
  lines: readonly IssuedLine[];
  /** The invoices whose lines a credit note takes back. */
  amends: readonly { number: string; issuedOn: string }[];
  /** Sample documents show the layout and charge nothing. */
  sample: boolean;
}

/** A line as a document shows it. Quantity × price is the amount, and no price is negative (EN 16931, BR-27). */
export interface ShownLine {
  quantity: bigint;
  price: bigint;
  amount: bigint;
  /** Whether the quantity counts seats or add-ons. Otherwise it is 1 or −1, and the text says how many. */
  isCounted: boolean;
}

export function shown({ kind: document }: Pick<IssuedDocument, "kind">, line: IssuedLine): ShownLine {
  const isNegative = (line.kind === "credit") !== (document === "credit note");
  const isCounted = !isNegative && line.changes === 1 && line.quantity * line.unitPrice === line.amount;
  if (isCounted) return { quantity: line.quantity, price: line.unitPrice, amount: line.amount, isCounted };
  return {
    quantity: isNegative ? -1n : 1n,
    price: line.amount,
    amount: isNegative ? -line.amount : line.amount,
    isCounted,
  };
}

/** The amount left to pay. */
export function dueOf({ kind, totals, settled }: IssuedDocument): bigint {
  return kind === "invoice" ? totals.gross - settled : 0n;
}

export function isSeats({ item }: Pick<IssuedLine, "item">): boolean {
  return item === SEATS;
}
