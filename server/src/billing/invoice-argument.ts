/** Finds the invoice whose number an operator typed. */
import type { Database } from "../platform/db/pools.ts";
import { UsageError } from "../platform/usage.ts";
import type { InvoiceRef } from "./entries.ts";
import type { BillingCtx } from "./lifecycle.ts";
import * as queries from "./store-queries.ts";

/** @returns the workspace's id. @throws UsageError for an unknown number */
export async function findTenantOfInvoice(database: Database, number: string): Promise<string> {
  const tenantId = await database.asPlatformStatement("whose invoice an operator names", (db) =>
    queries.findTenantOfDocument(db, number),
  );
  if (tenantId === undefined) throw new UsageError(`No invoice has the number ${number}.`);
  return tenantId;
}

/** @throws UsageError for a credit note */
export async function findNamedInvoice({ tx }: BillingCtx, number: string): Promise<InvoiceRef> {
  const invoice = await queries.findInvoiceByNumber(tx.db, number);
  if (invoice?.kind !== "invoice") throw new UsageError(`${number} is no invoice.`);
  return { invoiceId: invoice.invoiceId, number, currency: { code: invoice.currency, digits: invoice.digits } };
}
