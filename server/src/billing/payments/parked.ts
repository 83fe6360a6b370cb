/** Parked payments: they came in, but don't fit what was requested. They are in no ledger until the operator says what each one paid. */
import { CURRENCY_DIGITS, moneyText } from "#contract/currencies.ts";
import { announceChanged } from "../../platform/changes.ts";
import type { Db } from "../../platform/db/pools.ts";
import type { BillingCtx } from "../lifecycle.ts";
import { queueCharges } from "./asking.ts";
import * as queries from "./queries.ts";

export interface Parked {
  invoiceId: string;
  number: number;
  /** The invoice's number. */
  document: string;
  paymentId: string;
  /** Null if the amount is not known, or is not a whole number of minor units. */
  received: { amount: bigint; currency: string } | null;
}

export function parkedOf(row: queries.AttemptRow): Parked {
  const { invoiceId, number, document, paymentId, received, receivedCurrency: currency } = row;
  const known = received === null || currency === null ? null : { amount: BigInt(received), currency };
  return { invoiceId, number, document, paymentId: paymentId ?? "unknown", received: known };
}

/** @param invoiceId lists only this invoice's payments */
export async function listParked(db: Db, invoiceId?: string): Promise<Parked[]> {
  return (await queries.listParked(db, invoiceId)).map(parkedOf);
}

/** The amount received, for an operator. */
export function receivedText({ received }: Parked): string {
  if (received === null) return "An amount that only the provider knows";
  const { amount, currency: code } = received;
  return moneyText(amount, { code, digits: CURRENCY_DIGITS.get(code) ?? 2 });
}

/** Records that the operator has entered the payment into the ledger. */
export function noteRecorded(db: Db, parked: Parked): Promise<void> {
  return queries.decideParked(db, parked, { state: "succeeded", failure: null });
}

/** Records that none of the payment counts for this invoice: it went back, or was for something else. Then has the amount due charged again. */
export async function releaseParked({ tx, services, audit }: BillingCtx, parked: Parked): Promise<void> {
  const { invoiceId, document } = parked;
  await queries.decideParked(tx.db, parked, { state: "failed", failure: "not_taken" });
  audit.record({
    action: "billing.payment_released",
    target: { type: "invoice", id: invoiceId, name: document },
    changes: { amount: { from: receivedText(parked) } },
  });
  await queueCharges(tx, services.payments, [invoiceId]);
  await announceChanged(tx, "billing");
}

/** Records that a part of a parked payment went back at the provider. The rest stays parked. @param amount below 0 if money came in again */
export async function returnParked(billingCtx: BillingCtx, row: queries.AttemptRow, amount: bigint): Promise<void> {
  const parked = parkedOf(row);
  // Only the provider knows how much is left.
  if (row.state === "parked" && parked.received === null) return;
  const left = (row.state === "parked" ? (parked.received?.amount ?? 0n) : 0n) - amount;
  if (left > 0n) await queries.parkAgain(billingCtx.tx.db, row, left);
  else if (row.state === "parked") await releaseParked(billingCtx, parked);
}
