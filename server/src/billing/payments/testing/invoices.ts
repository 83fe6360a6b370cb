/** Adds unpaid invoices to a workspace, and reads their payments. */
import { v7 as uuidv7 } from "uuid";
import type { TestDatabase } from "../../../testing/database.ts";

let count = 0;

/** Copies the workspace's first invoice, due in a fortnight. @returns the copy's id */
export async function addInvoice(
  admin: Pick<TestDatabase, "query">,
  tenantId: string,
  gross = 11_900,
  { code, digits } = { code: "EUR", digits: 2 },
): Promise<string> {
  const invoiceId = uuidv7();
  count += 1;
  const changes = {
    ...{ invoice_id: invoiceId, number: `PAID-${count}`, net: gross, tax: 0, gross, currency: code, digits },
    issued_at: new Date().toISOString(),
    due_on: new Date(Date.now() + 14 * 86_400_000).toISOString().slice(0, 10),
  };
  await admin.query(
    `with first as (select * from invoices where tenant_id = $1 order by issued_at limit 1)
     insert into invoices select (jsonb_populate_record(null::invoices, to_jsonb(first) || $2)).* from first`,
    [tenantId, changes],
  );
  await admin.query("insert into ledger_entries values ($1, gen_random_uuid(), now(), 'receivable', 'revenue', $3, $2, $2)", [
    tenantId,
    invoiceId,
    gross,
  ]);
  return invoiceId;
}

/** The number and the sum of an invoice's payments, and its attempts in order. */
export async function paymentsOf(admin: Pick<TestDatabase, "query">, invoiceId: string) {
  const [paid] = await admin.query<{ count: number; sum: number }>(
    `select count(*)::int, coalesce(sum(amount), 0)::int as sum from ledger_entries
     where debit = 'cash' and credit = 'receivable' and invoice_id = $1`,
    [invoiceId],
  );
  const attempts = await admin.query<{ number: number; kind: string; state: string; failure: string | null }>(
    "select number, kind, state, failure from payment_attempts where invoice_id = $1 order by number",
    [invoiceId],
  );
  return { paid, attempts };
}
