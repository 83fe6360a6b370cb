/** Compares a workspace's ledger with its documents. */
import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

/** Two records of the same fact that differ. */
export interface Difference {
  /** Number of the document; null for the balance. */
  document: string | null;
  what: string;
  expected: string;
  found: string;
}

/** The net amount that entries moved to an account. */
const into = (account: string) => sql`amount * ((credit = ${account})::int - (debit = ${account})::int)`;

/**
 * The first difference, in the oldest document: lines, taxes or ledger entries that don't add up to it, or more settled than its sum.
 * Undefined if all agree.
 */
export async function findDifference(db: Db): Promise<Difference | undefined> {
  const { rows } = await sql<Difference>`
    with caused as (
      select document_id,
        sum(${into("revenue")}) as net,
        sum(${into("tax")}) as tax,
        -sum(${into("receivable")}) filter (where 'balance' not in (debit, credit)) as receivable,
        sum(${into("balance")}) filter (where 'receivable' not in (debit, credit)) as balance
      from ledger_entries where document_id is not null group by document_id
    ), settled as (
      select invoice_id, sum(${into("receivable")}) filter (where not ('revenue' in (debit, credit) or 'tax' in (debit, credit))) as amount
      from ledger_entries where invoice_id is not null group by invoice_id
    ), lines as (
      select invoice_id, sum(case kind when 'credit' then -amount else amount end) as net
      from billing_lines where invoice_id is not null group by invoice_id
    ), documents as (
      select *, kind = 'invoice' as is_invoice, case kind when 'invoice' then 1 else -1 end as sign from invoices
    )
    select number as document, what, expected::text, found::text
    from documents
      left join caused on caused.document_id = documents.invoice_id
      left join settled using (invoice_id)
      left join lines using (invoice_id)
      cross join lateral (values
        (1, 'its lines', sign * documents.net, coalesce(lines.net, 0)),
        (2, 'its taxes', documents.tax, (select coalesce(sum((one ->> 'tax')::bigint), 0) from jsonb_array_elements(taxes) one)),
        (3, 'revenue', sign * documents.net, coalesce(caused.net, 0)),
        (4, 'tax', sign * documents.tax, coalesce(caused.tax, 0)),
        (5, 'receivable', case when is_invoice then gross else 0 end, coalesce(caused.receivable, 0)),
        (6, 'balance', case when is_invoice then 0 else gross end, coalesce(caused.balance, 0)),
        (7, 'settled at most', least(coalesce(settled.amount, 0), case when is_invoice then gross else 0 end), coalesce(settled.amount, 0)),
        (8, 'settled at least', greatest(coalesce(settled.amount, 0), 0), coalesce(settled.amount, 0))
      ) as compared (rank, what, expected, found)
    where expected <> found
    order by issued_at, number, rank
    limit 1`.execute(db);
  return rows[0];
}

/** The tenant's slug, for the operator. */
export async function findSlug(db: Db): Promise<string> {
  return (await db.selectFrom("tenants").select("slug").executeTakeFirstOrThrow()).slug;
}
