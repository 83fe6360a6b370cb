/**
 * Records the outcome of an attempt. Its state only moves forward: created → processing → failed or succeeded. Money that came in always
 * counts, even after `failed`. It is recorded once, in the transaction that sets `succeeded`, behind the roster lock.
 */
import { moneyText } from "#contract/currencies.ts";
import { lockRosterIfThere } from "../../access/roster.ts";
import { announceChanged } from "../../platform/changes.ts";
import type { Db } from "../../platform/db/pools.ts";
import { enqueue } from "../../platform/jobs.ts";
import type { Attempt, PaymentFailure, ProviderPayment } from "../../services.ts";
import { takePayment } from "../entries.ts";
import { listUnpaid, type BillingCtx, openBillingCtx, workspaceTarget } from "../lifecycle.ts";
import { mailPayers } from "../mails.ts";
import { toDate } from "../rows.ts";
import { queueCharge, queueCharges, INVITE_TO_PAY, nextNumber, failedWithoutDecline } from "./asking.ts";
import { failedLetter, paidTwiceLetter } from "./letters.ts";
import * as storeQueries from "../store-queries.ts";
import * as queries from "./queries.ts";

export type PaymentServices = BillingCtx["services"];

/** A later state never changes back. `parked`: the money that came in does not fit, and the operator decides. */
const ORDER = ["created", "processing", "failed", "succeeded", "parked"];

export function movesForward(from: string, to: string): boolean {
  return ORDER.indexOf(to) > ORDER.indexOf(from) && from !== "succeeded";
}

export function attemptOf(tenantId: string, row: queries.AttemptRow): Attempt {
  const { invoiceId, number, kind, amount, currency: code, digits, document, customerId, methodId, pageId } = row;
  return {
    ...{ tenantId, invoiceId, number, kind: kind as Attempt["kind"], amount: BigInt(amount) },
    ...{ currency: { code, digits }, document, customerId, methodId, pageId },
  };
}

/** Runs `work` behind the tenant's roster lock. Returns null for a deleted tenant, or while billing is off. */
export async function inLook<Result>(
  services: PaymentServices,
  tenantId: string,
  work: (billingCtx: BillingCtx) => Promise<Result>,
): Promise<Result | null> {
  const { sale } = services.billing;
  if (!sale) return null;
  return services.database.withTenant(tenantId, async (tx) => {
    if (!(await lockRosterIfThere(tx))) return null;
    return work(openBillingCtx(services, tx, sale));
  });
}

/** Removes the stored card if it is this one. @returns whether it was */
export async function loseCard(billingCtx: BillingCtx, methodId: string): Promise<boolean> {
  const account = await queries.findPaymentAccount(billingCtx.tx.db);
  if (!account || !(await queries.removeMethod(billingCtx.tx.db, methodId))) return false;
  const changes = { card: { from: `${account.brand} ${account.last4}` } };
  billingCtx.audit.record({ action: "billing.payment_method_removed", target: await workspaceTarget(billingCtx), changes });
  return true;
}

/** Records what the provider reports about an attempt. Repeated and outdated reports are harmless. */
export async function recordAttempt(services: PaymentServices, payment: ProviderPayment): Promise<void> {
  const { tenantId, invoiceId } = payment.key;
  const done = await inLook(services, tenantId, async (billingCtx) => {
    await applyReport(billingCtx, payment);
    return true;
  });
  if (done === null && payment.state === "succeeded") {
    services.log.warn({ tenantId, invoiceId, payment: payment.paymentId }, "a payment came in for a workspace that is gone");
  }
}

const FITS_NOTHING =
  "a payment came in of an invoice or a customer that this database doesn't have: look at it at the provider, and record it with `npm run whoot -- billing paid` on the invoice that took the other one's place, or refund it there";

/**
 * Finds the attempt of a payment. After an older backup was restored, the attempt's number may be used again, by an attempt with another
 * payment: then undefined.
 */
export async function findAttemptOf(db: Db, { key, paymentId }: Pick<ProviderPayment, "key" | "paymentId">) {
  const known = paymentId === null ? undefined : await queries.findAttemptByPayment(db, paymentId);
  if (known) return known;
  const row = await queries.findAttempt(db, key);
  const isDecided = row?.state === "succeeded" || row?.state === "parked" || row?.failure === "not_taken";
  return isDecided && paymentId !== null && row.paymentId !== null ? undefined : row;
}

/**
 * Creates the attempt of a payment that was made after the restored backup. Undefined if the invoice or the customer is not this
 * workspace's.
 */
async function adopt({ tx, now }: BillingCtx, { key, state, customerId, amount }: ProviderPayment) {
  if ((state !== "succeeded" && state !== "processing") || amount === null || amount <= 0n || customerId === null)
    return undefined;
  const account = await queries.findPaymentAccount(tx.db);
  if (account?.customerId !== customerId || (await storeQueries.findInvoice(tx.db, key.invoiceId))?.kind !== "invoice")
    return undefined;
  const attempts = await queries.listAttempts(tx.db, [key.invoiceId]);
  const isFree = attempts.every(({ number }) => number !== key.number);
  const attempt = { ...key, number: isFree ? key.number : nextNumber(attempts) };
  await queries.insertAttempt(tx.db, { ...attempt, kind: "page", amount, customerId, methodId: null, at: toDate(now) });
  return queries.findAttempt(tx.db, attempt);
}

function receivedOf({ state, amount, currency }: ProviderPayment) {
  return state === "succeeded" && amount !== null && amount > 0n ? { amount, currency } : null;
}

/** Charges nothing until the operator has looked at a payment that this database doesn't know, because it may have paid the same invoice. */
export async function park(services: PaymentServices, attempt: Attempt, payment: ProviderPayment): Promise<void> {
  const { key, paymentId } = payment;
  await inLook(services, attempt.tenantId, async ({ tx, now, audit }) => {
    const row = await queries.findAttempt(tx.db, attempt);
    if (!row || !movesForward(row.state, "parked")) return;
    const received = receivedOf(payment);
    await queries.moveAttempt(tx.db, attempt, { state: "parked", paymentId, failure: null, at: toDate(now), received });
    const { tenantId, invoiceId, document } = attempt;
    services.log.error(
      { tenantId, invoiceId, document, payment: paymentId, paidFor: key.invoiceId, paid: String(payment.amount) },
      "a card was not charged, because the provider has a payment of an invoice that this database doesn't have (was an older backup restored?): look at it there, and record it with `npm run whoot -- billing paid NUMBER AMOUNT PAYMENT`",
    );
    audit.record({ action: "billing.payment_parked", target: targetOf(attempt) });
    await announceChanged(tx, "billing");
  });
}

/** Whether the bank declined a payment that was processing. It then waits for a card that nobody enters. A page reports this itself. */
function isDeclinedLate(row: queries.AttemptRow, { state }: ProviderPayment): boolean {
  return row.state === "processing" && state === "created" && row.pageId === null;
}

async function applyReport(billingCtx: BillingCtx, reported: ProviderPayment): Promise<void> {
  const { tx, services, now } = billingCtx;
  const { key, paymentId } = reported;
  const row = (await findAttemptOf(tx.db, reported)) ?? (await adopt(billingCtx, reported));
  if (!row || row.customerId !== reported.customerId) {
    if (reported.state === "succeeded") services.log.error({ ...key, payment: paymentId }, FITS_NOTHING);
    return;
  }
  // The operator has decided about this payment, but the provider goes on reporting it.
  if (row.failure === "not_taken" && row.paymentId === paymentId) return;
  const isDeclined = isDeclinedLate(row, reported);
  // The job cancels the payment at the provider, and then sets `failed`.
  if (isDeclined && row.kind === "card")
    return queueCharge(tx, { tenantId: tx.tenantId, invoiceId: row.invoiceId, number: row.number });
  const payment: ProviderPayment = isDeclined ? { ...reported, state: "failed", failure: "declined" } : reported;
  // Somebody had paid on the page, so the payment failed and the page did not just expire.
  const failure = payment.failure === "page_expired" && row.state === "processing" ? "refused" : payment.failure;
  const attempt = attemptOf(tx.tenantId, row);
  const isAsRequested = payment.amount === attempt.amount && payment.currency === attempt.currency.code;
  const state = payment.state === "succeeded" && !isAsRequested ? "parked" : payment.state;
  if (!movesForward(row.state, state)) return;
  await queries.moveAttempt(tx.db, attempt, { state, paymentId, failure, at: toDate(now), received: receivedOf(payment) });
  if (state === "parked") noteParked(billingCtx, attempt, payment);
  if (state === "failed") await followFailure(billingCtx, attempt, failure);
  if (state === "succeeded") await recordReceipt(billingCtx, attempt);
  else await announceChanged(tx, "billing");
}

const targetOf = ({ invoiceId, document }: Attempt) => ({ type: "invoice" as const, id: invoiceId, name: document });

function noteParked(
  { services, audit }: BillingCtx,
  attempt: Attempt,
  { key, paymentId, amount, currency }: ProviderPayment,
): void {
  const { document } = attempt;
  services.log.error(
    { ...key, payment: paymentId, document, paid: String(amount), asked: String(attempt.amount), currency },
    "another amount was paid than was asked for: look at it, and record it with `npm run whoot -- billing paid NUMBER AMOUNT PAYMENT`",
  );
  audit.record({ action: "billing.payment_parked", target: targetOf(attempt) });
}

async function followFailure(billingCtx: BillingCtx, attempt: Attempt, failure: PaymentFailure | null): Promise<void> {
  const { tx, services, audit } = billingCtx;
  // A card that the provider no longer has can't be charged again.
  if (failure === "method_gone" && attempt.methodId !== null) await loseCard(billingCtx, attempt.methodId);
  // Another sum is due now.
  if (failure === "not_due") await queueCharges(tx, services.payments, [attempt.invoiceId]);
  if (failedWithoutDecline(failure)) return;
  audit.record({ action: "billing.payment_failed", target: targetOf(attempt), changes: { reason: { to: failure } } });
  const methodId = (await queries.findPaymentAccount(tx.db))?.methodId ?? null;
  const isReplaced = attempt.kind === "card" && methodId !== null && methodId !== attempt.methodId;
  // Another card was set up meanwhile, and is charged next. Only its outcome is mailed.
  if (isReplaced) await queueCharges(tx, services.payments, [attempt.invoiceId]);
  else await mailFailure(billingCtx, attempt, failure ?? "refused");
}

type CardFailure = Pick<Attempt, "invoiceId" | "methodId">;

/** The failures of this card that were mailed, and the invoices that those mails named. */
async function findTold({ tx }: BillingCtx, methodId: string | null): Promise<{ failures: string[]; invoiceIds: string[] }> {
  const account = await queries.findPaymentAccount(tx.db);
  const isSame = account?.toldOfMethod === methodId;
  return { failures: isSame ? account.toldFailures : [], invoiceIds: isSame ? account.toldInvoices : [] };
}

/** Whether a mail has reported this failure of the card and named this invoice. */
export async function isTold(
  billingCtx: BillingCtx,
  { invoiceId, methodId }: CardFailure,
  failure: PaymentFailure,
): Promise<boolean> {
  const { failures, invoiceIds } = await findTold(billingCtx, methodId);
  return failures.includes(failure) && invoiceIds.includes(invoiceId);
}

/** Call in the transaction of the mail. @param named the invoices that the mail names */
export async function noteTold(
  billingCtx: BillingCtx,
  methodId: string | null,
  failure: PaymentFailure,
  named: readonly string[],
): Promise<void> {
  const told = await findTold(billingCtx, methodId);
  const invoiceIds = [...new Set([...told.invoiceIds, ...named])];
  await queries.setTold(billingCtx.tx.db, { methodId, failures: [...new Set([...told.failures, failure])], invoiceIds });
}

/** Mails a failure: once for each reason and card, even if several invoices or tries fail, and once for each payment on a page. */
async function mailFailure(billingCtx: BillingCtx, attempt: Attempt, failure: PaymentFailure): Promise<void> {
  const { tx } = billingCtx;
  const { invoiceId, methodId } = attempt;
  if (methodId !== null && (await isTold(billingCtx, attempt, failure))) return;
  const others = (await listUnpaid(tx)).filter((invoice) => invoice.invoiceId !== invoiceId);
  // The bank's page is for one invoice only. The job records the mail, because the page may fail to open.
  if (failure === "authentication_required" && methodId !== null && others.length === 0) {
    return enqueue(tx.db, INVITE_TO_PAY, { tenantId: tx.tenantId, invoiceId }, `${INVITE_TO_PAY.name} ${invoiceId}`);
  }
  const named = [invoiceId, ...others.map((invoice) => invoice.invoiceId)];
  if (methodId !== null) await noteTold(billingCtx, methodId, failure, named);
  await mailPayers(billingCtx, (workspace) => failedLetter(workspace, attempt, failure, others));
}

async function recordReceipt(billingCtx: BillingCtx, attempt: Attempt): Promise<void> {
  if (attempt.methodId !== null) await queries.forgetTold(billingCtx.tx.db, attempt.methodId);
  const { invoiceId, document: number, currency, amount } = attempt;
  const surplus = await takePayment(billingCtx, { invoiceId, number, currency }, amount);
  if (surplus === 0n) return;
  const more = moneyText(surplus, currency);
  billingCtx.services.log.info(
    { tenantId: billingCtx.tx.tenantId, invoiceId },
    "an invoice was paid twice; what is too much is a credit",
  );
  await mailPayers(billingCtx, (workspace) => paidTwiceLetter(workspace, attempt, more));
}
