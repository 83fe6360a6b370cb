/** Payments that came in and don't fit what was asked. They are in no ledger until the operator says what each is of. */
import { CURRENCY_DIGITS, moneyText } from "#contract/currencies.ts";
import { announceChanged } from "../../platform/changes.ts";
import type { Db } from "../../platform/db/pools.ts";
import type { Look } from "../lifecycle.ts";
import { askFor } from "./asking.ts";
import * as queries from "./queries.ts";

export interface Parked {
  invoiceId: string;
  number: number;
  /** The invoice's. */
  document: string;
  paymentId: string;
  /** What came in. Null if that is not known, or is not a whole number of minor units. */
  received: { amount: bigint; currency: string } | null;
}

export function parkedOf(row: queries.AttemptRow): Parked {
  const { invoiceId, number, document, paymentId, received, receivedCurrency: currency } = row;
  const known = received === null || currency === null ? null : { amount: BigInt(received), currency };
  return { invoiceId, number, document, paymentId: paymentId ?? "unknown", received: known };
}

/** @param invoiceId one invoice's; otherwise all of the workspace's */
export async function listParked(db: Db, invoiceId?: string): Promise<Parked[]> {
  return (await queries.listParked(db, invoiceId)).map(parkedOf);
}

/** What came in, as an operator reads it. */
export function receivedText({ received }: Parked): string {
  if (received === null) return "An amount that only the provider knows";
  const { amount, currency: code } = received;
  return moneyText(amount, { code, digits: CURRENCY_DIGITS.get(code) ?? 2 });
}

/** The operator has recorded what came in. */
export function noteRecorded(db: Db, parked: Parked): Promise<void> {
  return queries.decideParked(db, parked, { state: "succeeded", failure: null });
}

/** Nothing of it is taken for this invoice: it went back, or was for something else. What is due is asked for again. */
export async function releaseParked({ tx, services, audit }: Look, parked: Parked): Promise<void> {
  const { invoiceId, document } = parked;
  await queries.decideParked(tx.db, parked, { state: "failed", failure: "not_taken" });
  audit.record({
    action: "billing.payment_released",
    target: { type: "invoice", id: invoiceId, name: document },
    changes: { amount: { from: receivedText(parked) } },
  });
  await askFor(tx, services.payments, [invoiceId]);
  await announceChanged(tx, "billing");
}

/** Of a parked payment so much went back at the provider, or came in again if it is below 0. What is left of it stays parked. */
export async function returnParked(look: Look, row: queries.AttemptRow, amount: bigint): Promise<void> {
  const parked = parkedOf(row);
  // How much is left only the provider knows.
  if (row.state === "parked" && parked.received === null) return;
  const left = (row.state === "parked" ? (parked.received?.amount ?? 0n) : 0n) - amount;
  if (left > 0n) await queries.parkAgain(look.tx.db, row, left);
  else if (row.state === "parked") await releaseParked(look, parked);
}
