/** A workspace's debts and credit. Credit pays the invoices that it takes back first, then the oldest open ones. The rest never expires. */

export interface Receivable {
  /** Number of the invoice. */
  invoice: string;
  gross: bigint;
  paid: bigint;
  credited: bigint;
}

export interface Account {
  /** Credit that no invoice has used yet. */
  balance: bigint;
  /** The oldest first. */
  receivables: readonly Receivable[];
}

export const EMPTY_ACCOUNT: Account = { balance: 0n, receivables: [] };

export function dueOf({ gross, paid, credited }: Receivable): bigint {
  return gross - paid - credited;
}

export function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** Adds an invoice. The balance pays it as far as it goes; the rest is due. */
export function postInvoice(account: Account, invoice: string, gross: bigint): Account {
  if (gross < 0n) throw new RangeError("An invoice is not negative.");
  const credited = smaller(account.balance, gross);
  return {
    balance: account.balance - credited,
    receivables: [...account.receivables, { invoice, gross, paid: 0n, credited }],
  };
}

/**
 * Adds a credit note, whose sum is given as a positive amount.
 * @param amended the invoices whose charges it takes back, the newest first. It pays them before others. Otherwise changing plans to and
 * fro would pay old debts with the credit of a new invoice.
 */
export function postCredit(account: Account, amount: bigint, amended: readonly string[] = []): Account {
  if (amount < 0n) throw new RangeError("A credit is not negative.");
  const { receivables } = account;
  const first = amended.flatMap((id) => receivables.filter(({ invoice }) => invoice === id));
  const used = new Map<Receivable, bigint>();
  let left = amount;
  for (const receivable of new Set([...first, ...receivables])) {
    const part = smaller(left, dueOf(receivable));
    used.set(receivable, part);
    left -= part;
  }
  const settled = receivables.map((receivable) => {
    const part = used.get(receivable) ?? 0n;
    return part === 0n ? receivable : { ...receivable, credited: receivable.credited + part };
  });
  return { balance: account.balance + left, receivables: settled };
}

/** Adds a payment of one invoice. A surplus becomes credit. @throws RangeError for an unknown invoice */
export function postPayment(account: Account, invoice: string, amount: bigint): Account {
  if (amount <= 0n) throw new RangeError("A payment is positive.");
  const receivable = account.receivables.find((one) => one.invoice === invoice);
  if (!receivable) throw new RangeError(`There is no invoice ${invoice}.`);
  const paid = smaller(amount, dueOf(receivable));
  const receivables = account.receivables.map((one) => (one === receivable ? { ...one, paid: one.paid + paid } : one));
  return postCredit({ ...account, receivables }, amount - paid);
}

/**
 * Takes back a payment, or a part of one, that never came. The part that paid the invoice is due again, and the balance loses the rest.
 * Then the remaining credit pays what is due.
 * @throws RangeError for more than the invoice's payments and the balance
 */
export function postReversal(account: Account, invoice: string, amount: bigint): Account {
  if (amount <= 0n) throw new RangeError("A reversal is positive.");
  const receivable = account.receivables.find((one) => one.invoice === invoice);
  if (!receivable) throw new RangeError(`There is no invoice ${invoice}.`);
  const part = smaller(amount, receivable.paid);
  const balance = account.balance - (amount - part);
  if (balance < 0n) throw new RangeError("That is more than was paid.");
  const receivables = account.receivables.map((one) => (one === receivable ? { ...one, paid: one.paid - part } : one));
  return postCredit({ balance: 0n, receivables }, balance);
}
