/**
 * The job that charges a card, in three steps: commit the attempt, ask the provider, commit the outcome. If the server dies between two
 * steps, the job runs again: the attempt exists, and the provider recognises its key.
 */
import type { Attempt, AttemptKey, ProviderPayment } from "../../services.ts";
import { findDue, type BillingCtx } from "../lifecycle.ts";
import { toDate } from "../rows.ts";
import { isUnderWay, nextNumber } from "./asking.ts";
import { attemptOf, inLook, park, type PaymentServices, recordAttempt } from "./attempts.ts";
import * as queries from "./queries.ts";

interface OpenedAttempt {
  attempt: Attempt;
  /** Whether exactly the attempt's amount is due. A repeated attempt may be hours old. */
  isDue: boolean;
}

/** Finds the attempt with this number. Creates it if it is the next one and something is due. */
async function openAttempt({ tx, now }: BillingCtx, key: AttemptKey): Promise<OpenedAttempt | null> {
  const attempts = await queries.listAttempts(tx.db, [key.invoiceId]);
  const existing = attempts.find(({ number }) => number === key.number);
  const due = await findDue(tx, key.invoiceId);
  if (existing) {
    const isOnItsWay = existing.state === "processing";
    if (existing.kind !== "card" || (existing.state !== "created" && !isOnItsWay)) return null;
    // A payment on its way is never charged again. If the bank has declined it since, it is concluded.
    return { attempt: attemptOf(tx.tenantId, existing), isDue: !isOnItsWay && due === BigInt(existing.amount) };
  }
  const account = await queries.findPaymentAccount(tx.db);
  if (due === 0n || !account?.customerId || account.methodId === null) return null;
  if (isUnderWay(attempts) || nextNumber(attempts) !== key.number) return null;
  const { customerId, methodId } = account;
  await queries.insertAttempt(tx.db, { ...key, kind: "card", amount: due, customerId, methodId, at: toDate(now) });
  const row = await queries.findAttempt(tx.db, key);
  return row ? { attempt: attemptOf(tx.tenantId, row), isDue: true } : null;
}

/** Finds a payment that no attempt has, preferably one of the attempt's sum. */
async function findUnknownOf(
  services: PaymentServices,
  { tenantId, amount, currency }: Attempt,
  payments: readonly ProviderPayment[],
): Promise<ProviderPayment | null> {
  if (payments.length === 0) return null;
  const paymentIds = payments.map(({ paymentId }) => paymentId);
  const known = await services.database.withTenant(tenantId, (tx) => queries.listKnown(tx.db, paymentIds));
  const unknown = payments.filter(({ paymentId }) => !known.includes(paymentId));
  return unknown.find((payment) => payment.amount === amount && payment.currency === currency.code) ?? unknown[0] ?? null;
}

/** @throws ProviderUnavailable while the outcome is unknown, so that the job is repeated */
export async function collect(services: PaymentServices, key: AttemptKey): Promise<void> {
  // A server with other settings may have queued the job.
  if (services.payments.provider === "manual") return;
  const opened = await inLook(services, key.tenantId, (billingCtx) => openAttempt(billingCtx, key));
  if (!opened) return;
  const { attempt, isDue } = opened;
  const findUnknown = (payments: readonly ProviderPayment[]) => findUnknownOf(services, attempt, payments);
  const collected = await services.payments.collect(attempt, { isDue, findUnknown });
  if ("outcome" in collected) return recordAttempt(services, collected.outcome);
  // If the invoice of the unknown payment exists, this records the payment.
  await recordAttempt(services, collected.unknown);
  if (await findUnknown([collected.unknown])) await park(services, attempt, collected.unknown);
  else await collect(services, key);
}
