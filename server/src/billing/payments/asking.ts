/** Requests the money of invoices, in the transaction that made them due. collecting.ts has the job that charges the card. */
import type { TenantTx } from "../../platform/db/pools.ts";
import { enqueue, type JobKind } from "../../platform/jobs.ts";
import type { AttemptKey, Payments } from "../../services.ts";
import * as queries from "./queries.ts";

export const COLLECT: JobKind<AttemptKey> = { name: "collectPayment", crew: "payments" };

/** The data holds only the provider's id, so the job also works without the workspace. */
export const CLOSE_PAGE: JobKind<{ pageId: string }> = { name: "closePaymentPage", crew: "payments" };

export type InvoiceKey = Pick<AttemptKey, "tenantId" | "invoiceId">;

/** Mails a page on which the invoice can be paid, because the bank wants the cardholder to confirm the payment. */
export const INVITE_TO_PAY: JobKind<InvoiceKey> = { name: "inviteToPay", crew: "payments" };

/** The card that invoices are charged to; null if they are paid by transfer. */
export async function findCard(
  tx: TenantTx,
  { provider }: Pick<Payments, "provider">,
): Promise<{ brand: string; last4: string; expires: string | null } | null> {
  if (provider === "manual") return null;
  const account = await queries.findPaymentAccount(tx.db);
  if (!account || account.methodId === null || account.brand === null || account.last4 === null) return null;
  return { brand: account.brand, last4: account.last4, expires: account.expires };
}

/** Has the card charged for each invoice, by the invoice's next attempt. Harmless when repeated before that attempt. */
export async function queueCharges(
  tx: TenantTx,
  payments: Pick<Payments, "provider">,
  invoiceIds: readonly string[],
): Promise<void> {
  if (invoiceIds.length === 0 || (await findCard(tx, payments)) === null) return;
  const attempts = await queries.listAttempts(tx.db, invoiceIds);
  for (const invoiceId of invoiceIds) {
    const number = nextNumber(attempts.filter((attempt) => attempt.invoiceId === invoiceId));
    await queueCharge(tx, { tenantId: tx.tenantId, invoiceId, number });
  }
}

/** Closes pages whose sum is no longer the amount due, so that nobody pays it by mistake. */
export async function closePages(
  tx: TenantTx,
  pages: ReadonlyArray<{ invoiceId: string; pageId: string | null; amount: string }>,
  unpaid: ReadonlyArray<{ invoiceId: string; due: bigint }>,
): Promise<void> {
  for (const { invoiceId, pageId, amount } of pages) {
    const due = unpaid.find((invoice) => invoice.invoiceId === invoiceId)?.due;
    if (pageId !== null && due !== BigInt(amount)) await closePage(tx, pageId);
  }
}

export function closePage(tx: TenantTx, pageId: string): Promise<void> {
  return enqueue(tx.db, CLOSE_PAGE, { pageId }, `${CLOSE_PAGE.name} ${pageId}`);
}

export function queueCharge(tx: TenantTx, key: AttemptKey): Promise<void> {
  return enqueue(tx.db, COLLECT, key, `${COLLECT.name} ${key.invoiceId} ${key.number}`);
}

/** Whether another payment of this invoice may still come in, or waits for the operator. An open page does not count. */
export function isUnderWay(attempts: readonly Pick<queries.AttemptRow, "kind" | "state">[]): boolean {
  return attempts.some(
    ({ kind, state }) => state === "processing" || state === "parked" || (state === "created" && kind === "card"),
  );
}

/** The last attempt with a known outcome. An open page, or a page on which nobody paid, has none. */
export function lastOutcome<Row extends Pick<queries.AttemptRow, "kind" | "state" | "failure">>(
  attempts: readonly Row[],
): Row | undefined {
  return attempts.findLast(
    ({ kind, state, failure }) => !failedWithoutDecline(failure) && !(kind === "page" && state === "created"),
  );
}

/** Whether the attempt failed although nobody declined it. */
export function failedWithoutDecline(failure: string | null): boolean {
  return failure === "page_expired" || failure === "not_due" || failure === "not_taken";
}

export function nextNumber(attempts: readonly { number: number }[]): number {
  return Math.max(0, ...attempts.map(({ number }) => number)) + 1;
}
