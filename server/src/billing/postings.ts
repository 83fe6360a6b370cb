/** The ledger entries for each change of an account. Pure. */
import { type Account, postCredit, postInvoice, postPayment, postReversal } from "./reckoning/account.ts";
import type { Totals } from "./reckoning/documents.ts";

/** `loss`: money that nobody will pay. */
export type LedgerAccount = "receivable" | "revenue" | "tax" | "balance" | "cash" | "loss";

/** Moves an amount above 0 from one account to another. */
export interface Posting {
  debit: LedgerAccount;
  credit: LedgerAccount;
  amount: bigint;
  /** The invoice whose receivable changes; null for other accounts. */
  invoiceId: string | null;
}

export interface Posted {
  account: Account;
  postings: Posting[];
}

type Move = Pick<Posting, "debit" | "credit" | "amount"> & { invoiceId?: string };

/** Returns no posting for 0, and swaps the accounts for a negative amount. */
function move({ debit, credit, amount, invoiceId = "" }: Move): Posting[] {
  const [from, to] = amount < 0n ? [credit, debit] : [debit, credit];
  const isReceivable = debit === "receivable" || credit === "receivable";
  const magnitude = amount < 0n ? -amount : amount;
  return amount === 0n ? [] : [{ debit: from, credit: to, amount: magnitude, invoiceId: isReceivable ? invoiceId : null }];
}

/** The amounts that the balance paid of invoices. */
function settledFrom(before: Account, after: Account): Posting[] {
  const credited = new Map(before.receivables.map((receivable) => [receivable.invoice, receivable.credited]));
  return after.receivables.flatMap(({ invoice, credited: now }) =>
    move({ debit: "balance", credit: "receivable", amount: now - (credited.get(invoice) ?? 0n), invoiceId: invoice }),
  );
}

/**
 * Posts an invoice, or a credit note, whose totals are negative.
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

/** Posts a payment. A surplus becomes balance, which pays other open invoices. */
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

/** Posts money that came in as credit, which pays open invoices first. */
export function postCredited(before: Account, amount: bigint): Posted {
  const account = postCredit(before, amount);
  return { account, postings: [...move({ debit: "cash", credit: "balance", amount }), ...settledFrom(before, account)] };
}

/** Takes back a payment that was entered by mistake. @throws RangeError for more than was paid */
export function postReversed(before: Account, invoiceId: string, amount: bigint): Posted {
  const account = postReversal(before, invoiceId, amount);
  const paidBefore = before.receivables.find(({ invoice }) => invoice === invoiceId)?.paid ?? 0n;
  const part = amount < paidBefore ? amount : paidBefore;
  return {
    account,
    postings: [
      ...move({ debit: "receivable", credit: "cash", amount: part, invoiceId }),
      ...move({ debit: "balance", credit: "cash", amount: amount - part }),
      ...settledFrom(before, account),
    ],
  };
}

/** Posts credit that was paid out. */
export function refunded(amount: bigint): Posting[] {
  return move({ debit: "balance", credit: "cash", amount });
}

/** Posts that somebody pays an amount that was written off. */
export function paidAfterAll(invoiceId: string, amount: bigint): Posting[] {
  return move({ debit: "receivable", credit: "loss", amount, invoiceId });
}

/** Posts that an amount due is written off. */
export function writtenOff(invoiceId: string, due: bigint): Posting[] {
  return move({ debit: "loss", credit: "receivable", amount: due, invoiceId });
}

/** Posts money that went back and was not credit; below 0, money that came in again. */
export function cashLost(amount: bigint): Posting[] {
  return move({ debit: "loss", credit: "cash", amount });
}
