/** The ledger's rows for what happens to an account. Pure. */
import { type Account, postCredit, postInvoice, postPayment } from "./reckoning/account.ts";
import type { Totals } from "./reckoning/documents.ts";

export type LedgerAccount = "receivable" | "revenue" | "tax" | "balance" | "cash";

/** Moves an amount above 0 from one account to another. */
export interface Posting {
  debit: LedgerAccount;
  credit: LedgerAccount;
  amount: bigint;
  /** The invoice whose receivable it moves. */
  invoiceId: string | null;
}

export interface Posted {
  account: Account;
  postings: Posting[];
}

type Move = Pick<Posting, "debit" | "credit" | "amount"> & { invoiceId?: string };

/** Nothing for 0; the other way round for a negative amount. */
function move({ debit, credit, amount, invoiceId = "" }: Move): Posting[] {
  const [from, to] = amount < 0n ? [credit, debit] : [debit, credit];
  const isReceivable = debit === "receivable" || credit === "receivable";
  const magnitude = amount < 0n ? -amount : amount;
  return amount === 0n ? [] : [{ debit: from, credit: to, amount: magnitude, invoiceId: isReceivable ? invoiceId : null }];
}

/** What invoices got from the balance. */
function settledFrom(before: Account, after: Account): Posting[] {
  const credited = new Map(before.receivables.map((receivable) => [receivable.invoice, receivable.credited]));
  return after.receivables.flatMap(({ invoice, credited: now }) =>
    move({ debit: "balance", credit: "receivable", amount: now - (credited.get(invoice) ?? 0n), invoiceId: invoice }),
  );
}

/**
 * An invoice, or a credit note, whose totals are negative.
 * @param amended the invoices that a credit note takes back, the newest first
 */
export function postDocument(
  before: Account,
  invoiceId: string,
  { net, tax, gross }: Totals,
  amended: readonly string[] = [],
): Posted {
  if (gross < 0n) {
    const account = postCredit(before, -gross, amended);
    const revenue = move({ debit: "revenue", credit: "balance", amount: -net });
    const taxes = move({ debit: "tax", credit: "balance", amount: -tax });
    return { account, postings: [...revenue, ...taxes, ...settledFrom(before, account)] };
  }
  const account = postInvoice(before, invoiceId, gross);
  const revenue = move({ debit: "receivable", credit: "revenue", amount: net, invoiceId });
  const taxes = move({ debit: "receivable", credit: "tax", amount: tax, invoiceId });
  return { account, postings: [...revenue, ...taxes, ...settledFrom(before, account)] };
}

/** A payment. What is paid too much goes to the balance, and from there to other open invoices. */
export function postReceipt(before: Account, invoiceId: string, amount: bigint): Posted {
  const account = postPayment(before, invoiceId, amount);
  const paidBefore = before.receivables.find(({ invoice }) => invoice === invoiceId)?.paid ?? 0n;
  const paid = (account.receivables.find(({ invoice }) => invoice === invoiceId)?.paid ?? 0n) - paidBefore;
  return {
    account,
    postings: [
      ...move({ debit: "cash", credit: "receivable", amount: paid, invoiceId }),
      ...move({ debit: "cash", credit: "balance", amount: amount - paid }),
      ...settledFrom(before, account),
    ],
  };
}
