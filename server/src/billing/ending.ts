/** What a deletion ends: the workspace's debts, and the credit and days that it loses. */
import type { Currency } from "#contract/currencies.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Services } from "../services.ts";
import { type Kept, keptOf, listToKeep } from "./archive/keeping.ts";
import { listParked, receivedText } from "./payments/parked.ts";
import { amountOf } from "./presenting.ts";
import { dueOf } from "./reckoning/account.ts";
import { DAY } from "./reckoning/calendar.ts";
import { runningOf, type Stored } from "./rows.ts";
import { findSubscription, receivableOf } from "./store.ts";
import * as queries from "./store-queries.ts";

export interface Ending {
  currency: Currency;
  /** Invoices with an amount due, the oldest first. */
  open: { number: string; due: number; dueOn: string }[];
  /** Credit that the deletion forfeits. */
  creditLost: number;
  /** Whole days that were charged and that the deletion forfeits. */
  daysLost: number;
  /** Payments that came in but are in no ledger, with the provider's ids, and the invoices that they were for. */
  unrecorded: { number: string; received: string; payment: string }[];
  /** Documents that the law demands to be kept. */
  archive: Kept | null;
}

/** Whole days left of the present period, if anything was charged for it. */
function daysLeft(stored: Stored | null, now: number): number {
  const subscription = runningOf(stored)?.subscription;
  const isCharged = subscription?.items.some(({ open }) => open !== null && open.amount > 0n) ?? false;
  if (!subscription || !isCharged) return 0;
  const from = Math.max(now, subscription.changedAt);
  return Math.max(0, Math.floor((subscription.period.to - from) / DAY));
}

/** Returns null for a workspace that never had a subscription. */
export async function endingOf(
  services: Pick<Services, "billing" | "database" | "config">,
  tx: TenantTx,
): Promise<Ending | null> {
  const stored = await findSubscription(tx);
  if (!stored) return null;
  const invoices = await queries.listOpenInvoices(tx.db);
  return {
    currency: stored.currency,
    open: invoices.map((row) => ({ number: row.number, dueOn: row.dueOn, due: amountOf(dueOf(receivableOf(row))) })),
    creditLost: amountOf(await queries.findBalance(tx.db)),
    daysLost: daysLeft(stored, services.billing.now()),
    unrecorded: (await listParked(tx.db)).map((one) => ({
      number: one.document,
      received: receivedText(one),
      payment: one.paymentId,
    })),
    archive: keptOf(await listToKeep(services, tx)),
  };
}
