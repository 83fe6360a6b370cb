/** Changes of a workspace's ledger other than its documents. Each updates at once what the workspace may do. */
import { type Currency, moneyText } from "#contract/currencies.ts";
import type { AuditAction } from "#contract/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import { remindersDue } from "./dunning.ts";
import { findDue, listUnpaid, type BillingCtx, settle, workspaceTarget } from "./lifecycle.ts";
import { smaller } from "./reckoning/account.ts";
import { toDate } from "./rows.ts";
import {
  type Origin,
  recordPayment,
  recordRefund,
  recordReturn,
  recordReturnFailed,
  recordWriteOff,
  reversePayment,
} from "./store.ts";
import * as queries from "./store-queries.ts";

/** How the audit log names an invoice. */
export interface InvoiceRef {
  invoiceId: string;
  number: string;
  currency: Currency;
}

type EntryAction = Extract<AuditAction, "billing.paid" | "billing.payment_reversed" | "billing.written_off">;

function noteEntry(
  { audit }: BillingCtx,
  action: EntryAction,
  { invoiceId, number, currency }: InvoiceRef,
  sums: Record<string, bigint | string>,
): void {
  const changes = Object.entries(sums).map(([what, to]) => [what, { to: typeof to === "bigint" ? moneyText(to, currency) : to }]);
  audit.record({ action, target: { type: "invoice", id: invoiceId, name: number }, changes: Object.fromEntries(changes) });
}

async function conclude(billingCtx: BillingCtx): Promise<void> {
  await settle(billingCtx);
  await announceChanged(billingCtx.tx, "billing");
}

/** Records a payment of an invoice. @returns the part of it that became credit */
export async function takePayment(billingCtx: BillingCtx, invoice: InvoiceRef, amount: bigint): Promise<bigint> {
  const surplus = await recordPayment(billingCtx.tx, invoice.invoiceId, amount, billingCtx.now);
  noteEntry(billingCtx, "billing.paid", invoice, { amount });
  await conclude(billingCtx);
  return surplus;
}

/** Takes back a payment that was entered by mistake. @throws RangeError for more than was paid */
export async function takeBackPayment(billingCtx: BillingCtx, invoice: InvoiceRef, amount: bigint): Promise<void> {
  await reversePayment(billingCtx.tx, invoice.invoiceId, amount, billingCtx.now);
  noteEntry(billingCtx, "billing.payment_reversed", invoice, { amount });
  await conclude(billingCtx);
}

/**
 * Records that money paid for an invoice went back at the provider.
 * @param isDueAgain true if the bank took the money, so the workspace owes it again; false if the operator refunded it, so it is written
 * off
 */
export async function takeReturn(
  billingCtx: BillingCtx,
  invoiceId: string,
  amount: bigint,
  { isDueAgain }: { isDueAgain: boolean },
): Promise<Origin> {
  const { tx, now } = billingCtx;
  const origin = await recordReturn(tx, invoiceId, amount, now);
  const writtenOff = isDueAgain ? 0n : smaller(origin.paid, await findDue(tx, invoiceId));
  if (writtenOff > 0n) await recordWriteOff(tx, invoiceId, writtenOff, now);
  if (isDueAgain) await skipReminder(billingCtx, invoiceId);
  await conclude(billingCtx);
  return origin;
}

/** Undoes takeReturn, because the money came in again. */
export async function takeReturnFailed(
  billingCtx: BillingCtx,
  invoice: InvoiceRef,
  origin: Origin,
  { isDueAgain }: { isDueAgain: boolean },
): Promise<void> {
  await recordReturnFailed(billingCtx.tx, invoice.invoiceId, { ...origin, isWrittenOff: !isDueAgain }, billingCtx.now);
  noteEntry(billingCtx, "billing.paid", invoice, { amount: origin.credit + origin.paid + origin.lost });
  await conclude(billingCtx);
}

/** Marks the reminder that is due now as sent, because another mail says that the invoice is due again. */
async function skipReminder({ tx, sale, now }: BillingCtx, invoiceId: string): Promise<void> {
  const invoice = (await listUnpaid(tx)).filter((one) => one.invoiceId === invoiceId);
  for (const reminder of remindersDue(invoice, sale.catalogue.dunning, now)) {
    await queries.insertReminder(tx.db, { tenantId: tx.tenantId, sentAt: toDate(now), ...reminder });
  }
}

/** Writes off the amount due on an invoice. */
export async function writeOff(billingCtx: BillingCtx, invoice: InvoiceRef, due: bigint, reason: string): Promise<void> {
  await recordWriteOff(billingCtx.tx, invoice.invoiceId, due, billingCtx.now);
  noteEntry(billingCtx, "billing.written_off", invoice, { amount: due, reason });
  await conclude(billingCtx);
}

/** Records that credit was paid out. @throws RangeError for more than the credit */
export async function payOut(billingCtx: BillingCtx, amount: bigint, reason: string): Promise<void> {
  const { tx, now, audit, sale } = billingCtx;
  await recordRefund(tx, amount, now);
  const changes = { amount: { to: moneyText(amount, sale.catalogue.currency) }, reason: { to: reason } };
  audit.record({ action: "billing.refunded", target: await workspaceTarget(billingCtx), changes });
  await conclude(billingCtx);
}
