import { sql } from "kysely";
import type { Db } from "../../platform/db/pools.ts";

/**
 * A document with more lines than this lists one line per item, which sums up the item's changes. This limits the page, the thread's
 * memory and the drawing time, even if a script changes seats all day.
 */
export const MAX_LINES = 1_000;

export function findInvoice(db: Db, invoiceId: string) {
  return db.selectFrom("invoices").selectAll().where("invoice_id", "=", invoiceId).executeTakeFirst();
}

/** The days on which these documents were issued. */
export function listDays(db: Db, numbers: readonly string[]): Promise<{ number: string; issuedOn: string }[]> {
  return db
    .selectFrom("invoices")
    .select(["number", "issued_on as issuedOn"])
    .where("number", "=", sql<string>`any(${numbers}::text[])`)
    .orderBy("number")
    .execute();
}

/** The amount that the document itself moved from the balance to invoices. */
export async function findSettled(db: Db, invoiceId: string): Promise<bigint> {
  const { settled } = await db
    .selectFrom("ledger_entries")
    .select(sql<string>`coalesce(sum(amount), 0)`.as("settled"))
    .where("document_id", "=", invoiceId)
    .where("debit", "=", "balance")
    .where("credit", "=", "receivable")
    .executeTakeFirstOrThrow();
  return BigInt(settled);
}

export interface DocumentLineRow {
  plan: string | null;
  /** Version of the catalogue that was charged by; null for lines from before it was stored. */
  version: number | null;
  item: string;
  quantity: string;
  unitPrice: string;
  from: Date;
  to: Date;
  /** Negative for a credit. */
  amount: string;
  category: string;
  rate: number;
  reason: string | null;
  changes: number;
}

const signedAmount = sql<string>`case kind when 'credit' then -amount else amount end`;

function linesOf(db: Db, invoiceId: string) {
  return db
    .selectFrom("billing_lines")
    .select(["plan", "catalogue_version as version", "item"])
    .select(["tax_category as category", "tax_rate as rate", "tax_reason as reason"])
    .where("invoice_id", "=", invoiceId);
}

/** The document's lines in order. If there are more than MAX_LINES, one line for all changes of an item at one tax. */
export async function listLines(db: Db, invoiceId: string): Promise<DocumentLineRow[]> {
  const rows = await linesOf(db, invoiceId)
    .select(["quantity", "unit_price as unitPrice", "from_at as from", "to_at as to"])
    .select([signedAmount.as("amount"), sql<number>`1`.as("changes")])
    .orderBy("subscription_id")
    .orderBy("number")
    .limit(MAX_LINES + 1)
    .execute();
  if (rows.length <= MAX_LINES) return rows;
  return linesOf(db, invoiceId)
    .select([
      sql<string>`1`.as("quantity"),
      sql<string>`abs(sum(${signedAmount}))`.as("unitPrice"),
      sql<Date>`min(from_at)`.as("from"),
      sql<Date>`max(to_at)`.as("to"),
      sql<string>`sum(${signedAmount})`.as("amount"),
      sql<number>`count(*)::int`.as("changes"),
    ])
    .groupBy(["plan", "catalogue_version", "item", "tax_category", "tax_rate", "tax_reason"])
    .orderBy(sql`min(number)`)
    .limit(MAX_LINES)
    .execute();
}

/** A page of documents in the order of their ids, which is chronological. */
export function listInvoiceIds(db: Db, after: string | null, limit: number): Promise<{ invoiceId: string; number: string }[]> {
  return db
    .selectFrom("invoices")
    .select(["invoice_id as invoiceId", "number"])
    .$if(after !== null, (query) => query.where("invoice_id", ">", after ?? ""))
    .orderBy("invoice_id")
    .limit(limit)
    .execute();
}
