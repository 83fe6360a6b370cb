/** What ends with a workspace that is deleted: what it owes, and what it loses. */
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
  /** Invoices on which something is due, the oldest first. */
  open: { number: string; due: number; dueOn: string }[];
  /** Credit that is lost. */
  creditLost: number;
  /** Whole days that were charged and are lost. */
  daysLost: number;
  /** Payments that came in and are in no ledger, and the invoices that they were for. */
  unrecorded: { number: string; received: string }[];
  /** Documents that the law keeps. */
  archive: Kept | null;
}

/** Whole days of the present period that are left, if anything was charged for it. */
function daysLeft(stored: Stored | null, now: number): number {
  const subscription = runningOf(stored)?.subscription;
  const isCharged = subscription?.items.some(({ open }) => open !== null && open.amount > 0n) ?? false;
  if (!subscription || !isCharged) return 0;
  const from = Math.max(now, subscription.changedAt);
  return Math.max(0, Math.floor((subscription.period.to - from) / DAY));
}

/** Null for a workspace that never had a subscription. */
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
    unrecorded: (await listParked(tx.db)).map((one) => ({ number: one.document, received: receivedText(one) })),
    archive: keptOf(await listToKeep(services, tx)),
  };
}
