/** What moves money in a workspace's ledger, beside its documents. What an entry lifts or stops, it lifts or stops at once. */
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

/** What entries say of an invoice. */
export interface Named {
  invoiceId: string;
  number: string;
  currency: Currency;
}

type Entered = Extract<AuditAction, "billing.paid" | "billing.payment_reversed" | "billing.written_off">;

function noteEntry(
  { audit }: Look,
  action: Entered,
  { invoiceId, number, currency }: Named,
  sums: Record<string, bigint | string>,
): void {
  const said = Object.entries(sums).map(([what, to]) => [what, { to: typeof to === "bigint" ? moneyText(to, currency) : to }]);
  audit.record({ action, target: { type: "invoice", id: invoiceId, name: number }, changes: Object.fromEntries(said) });
}

async function conclude(look: Look): Promise<void> {
  await settle(look);
  await announceChanged(look.tx, "billing");
}

/** A payment of an invoice that came in. @returns how much of it is a credit */
export async function takePayment(look: Look, invoice: Named, amount: bigint): Promise<bigint> {
  const surplus = await recordPayment(look.tx, invoice.invoiceId, amount, look.now);
  noteEntry(look, "billing.paid", invoice, { amount });
  await conclude(look);
  return surplus;
}

/** A payment that was entered by mistake. @throws RangeError for more than was paid */
export async function takeBackPayment(look: Look, invoice: Named, amount: bigint): Promise<void> {
  await reversePayment(look.tx, invoice.invoiceId, amount, look.now);
  noteEntry(look, "billing.payment_reversed", invoice, { amount });
  await conclude(look);
}

/**
 * Money that was paid for an invoice went back at the provider.
 * @param isDueAgain whether the workspace owes again what was not credit: its bank took it. Otherwise the operator gave it, and it is written off
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

/** That money came in again: takeReturn is undone. */
export async function takeReturnFailed(
  look: Look,
  invoice: Named,
  origin: Origin,
  { isDueAgain }: { isDueAgain: boolean },
): Promise<void> {
  await recordReturnFailed(look.tx, invoice.invoiceId, { ...origin, isWrittenOff: !isDueAgain }, look.now);
  noteEntry(look, "billing.paid", invoice, { amount: origin.credit + origin.paid + origin.lost });
  await conclude(look);
}

/** Another mail tells that the invoice is due again. The next reminder is that of a later day. */
async function skipReminder({ tx, sale, now }: Look, invoiceId: string): Promise<void> {
  const invoice = (await listUnpaid(tx)).filter((one) => one.invoiceId === invoiceId);
  for (const reminder of remindersDue(invoice, sale.catalogue.dunning, now)) {
    await queries.insertReminder(tx.db, { tenantId: tx.tenantId, sentAt: toDate(now), ...reminder });
  }
}

/** What is due on an invoice is given up. */
export async function writeOff(look: Look, invoice: Named, due: bigint, reason: string): Promise<void> {
  await recordWriteOff(look.tx, invoice.invoiceId, due, look.now);
  noteEntry(look, "billing.written_off", invoice, { amount: due, reason });
  await conclude(look);
}

/** Credit was paid out. @throws RangeError for more than there is */
export async function payOut(look: Look, amount: bigint, reason: string): Promise<void> {
  const { tx, now, audit, sale } = look;
  await recordRefund(tx, amount, now);
  const changes = { amount: { to: moneyText(amount, sale.catalogue.currency) }, reason: { to: reason } };
  audit.record({ action: "billing.refunded", target: await workspaceTarget(look), changes });
  await conclude(look);
}
