/** Changes of a workspace's ledger other than its documents. Each updates at once what the workspace may do. */
import { type Currency, moneyText } from "#contract/currencies.ts";
import type { AuditAction } from "#contract/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import { remindersDue } from "./dunning.ts";
import { findDue, listUnpaid, type Look, settle, workspaceTarget } from "./lifecycle.ts";
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
  { audit }: Look,
  action: EntryAction,
  { invoiceId, number, currency }: InvoiceRef,
  sums: Record<string, bigint | string>,
): void {
  const changes = Object.entries(sums).map(([what, to]) => [what, { to: typeof to === "bigint" ? moneyText(to, currency) : to }]);
  audit.record({ action, target: { type: "invoice", id: invoiceId, name: number }, changes: Object.fromEntries(changes) });
}

async function conclude(look: Look): Promise<void> {
  await settle(look);
  await announceChanged(look.tx, "billing");
}

/** Records a payment of an invoice. @returns the part of it that became credit */
export async function takePayment(look: Look, invoice: InvoiceRef, amount: bigint): Promise<bigint> {
  const surplus = await recordPayment(look.tx, invoice.invoiceId, amount, look.now);
  noteEntry(look, "billing.paid", invoice, { amount });
  await conclude(look);
  return surplus;
}

/** Takes back a payment that was entered by mistake. @throws RangeError for more than was paid */
export async function takeBackPayment(look: Look, invoice: InvoiceRef, amount: bigint): Promise<void> {
  await reversePayment(look.tx, invoice.invoiceId, amount, look.now);
  noteEntry(look, "billing.payment_reversed", invoice, { amount });
  await conclude(look);
}

/**
 * Records that money paid for an invoice went back at the provider.
 * @param isDueAgain true if the bank took the money, so the workspace owes it again; false if the operator refunded it, so it is written
 * off
 */
export async function takeReturn(
  look: Look,
  invoiceId: string,
  amount: bigint,
  { isDueAgain }: { isDueAgain: boolean },
): Promise<Origin> {
  const { tx, now } = look;
  const origin = await recordReturn(tx, invoiceId, amount, now);
  const writtenOff = isDueAgain ? 0n : smaller(origin.paid, await findDue(tx, invoiceId));
  if (writtenOff > 0n) await recordWriteOff(tx, invoiceId, writtenOff, now);
  if (isDueAgain) await skipReminder(look, invoiceId);
  await conclude(look);
  return origin;
}

/** Undoes takeReturn, because the money came in again. */
export async function takeReturnFailed(
  look: Look,
  invoice: InvoiceRef,
  origin: Origin,
  { isDueAgain }: { isDueAgain: boolean },
): Promise<void> {
  await recordReturnFailed(look.tx, invoice.invoiceId, { ...origin, isWrittenOff: !isDueAgain }, look.now);
  noteEntry(look, "billing.paid", invoice, { amount: origin.credit + origin.paid + origin.lost });
  await conclude(look);
}

/** Marks the reminder that is due now as sent, because another mail says that the invoice is due again. */
async function skipReminder({ tx, sale, now }: Look, invoiceId: string): Promise<void> {
  const invoice = (await listUnpaid(tx)).filter((one) => one.invoiceId === invoiceId);
  for (const reminder of remindersDue(invoice, sale.catalogue.dunning, now)) {
    await queries.insertReminder(tx.db, { tenantId: tx.tenantId, sentAt: toDate(now), ...reminder });
  }
}

/** Writes off the amount due on an invoice. */
export async function writeOff(look: Look, invoice: InvoiceRef, due: bigint, reason: string): Promise<void> {
  await recordWriteOff(look.tx, invoice.invoiceId, due, look.now);
  noteEntry(look, "billing.written_off", invoice, { amount: due, reason });
  await conclude(look);
}

/** Records that credit was paid out. @throws RangeError for more than the credit */
export async function payOut(look: Look, amount: bigint, reason: string): Promise<void> {
  const { tx, now, audit, sale } = look;
  await recordRefund(tx, amount, now);
  const changes = { amount: { to: moneyText(amount, sale.catalogue.currency) }, reason: { to: reason } };
  audit.record({ action: "billing.refunded", target: await workspaceTarget(look), changes });
  await conclude(look);
}
