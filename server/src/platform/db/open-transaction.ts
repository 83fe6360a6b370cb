/** Knows whether the current code runs inside a database transaction: for work that must not hold a connection. */
import { AsyncLocalStorage } from "node:async_hooks";

const transactions = new AsyncLocalStorage<{ open: boolean }>();

/** Runs the work of one transaction, from its beginning to its end. */
export async function duringTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
  const transaction = { open: true };
  try {
    return await transactions.run(transaction, work);
  } finally {
    // Work that was started but not awaited goes on outside the transaction.
    transaction.open = false;
  }
}

/** @throws Error naming the work, if a transaction is open: it would hold the connection while others wait for one */
export function assertNoTransaction(work: string): void {
  if (transactions.getStore()?.open) throw new Error(`${work} inside a database transaction holds its connection and its locks`);
}
