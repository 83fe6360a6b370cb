/**
 * What becomes of an attempt. Its state moves forward only: created → processing → failed or succeeded. Money that came in counts whatever was
 * thought before, and is taken once: in the transaction in which the attempt becomes `succeeded`, behind the roster lock.
 */
import { moneyText } from "#contract/currencies.ts";
import { lockRosterIfThere } from "../../access/roster.ts";
import { announceChanged } from "../../platform/changes.ts";
import type { Db } from "../../platform/db/pools.ts";
import { enqueue } from "../../platform/jobs.ts";
import type { Attempt, PaymentFailure, ProviderPayment } from "../../services.ts";
import { takePayment } from "../entries.ts";
import { listUnpaid, type Look, openLook, workspaceTarget } from "../lifecycle.ts";
import { mailPayers } from "../mails.ts";
import { toDate } from "../rows.ts";
import { ask, askFor, INVITE_TO_PAY, nextNumber, saysNothing } from "./asking.ts";
import { failedLetter, paidTwiceLetter } from "./letters.ts";
import * as storeQueries from "../store-queries.ts";
import * as queries from "./queries.ts";

export type PaymentServices = Look["services"];

/** A state is never left for an earlier one. `parked`: money came in that does not fit, and the operator decides. */
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

/** Runs `work` behind the tenant's roster lock. Null for a tenant that is deleted, or while billing is off. */
export async function inLook<Result>(
  services: PaymentServices,
  tenantId: string,
  work: (look: Look) => Promise<Result>,
): Promise<Result | null> {
  const { sale } = services.billing;
  if (!sale) return null;
  return services.database.withTenant(tenantId, async (tx) => {
    if (!(await lockRosterIfThere(tx))) return null;
    return work(openLook(services, tx, sale));
  });
}

/** Removes the card that is kept, if it is this one. @returns whether it was */
export async function loseCard(look: Look, methodId: string): Promise<boolean> {
  const account = await queries.findPaymentAccount(look.tx.db);
  if (!account || !(await queries.removeMethod(look.tx.db, methodId))) return false;
  const changes = { card: { from: `${account.brand} ${account.last4}` } };
  look.audit.record({ action: "billing.payment_method_removed", target: await workspaceTarget(look), changes });
  return true;
}

/** Keeps what the provider says of an attempt. Harmless when repeated, and when it is older than what is known. */
export async function record(services: PaymentServices, payment: ProviderPayment): Promise<void> {
  const { tenantId, invoiceId } = payment.key;
  const done = await inLook(services, tenantId, async (look) => {
    await recordIn(look, payment);
    return true;
  });
  if (done === null && payment.state === "succeeded") {
    services.log.warn({ tenantId, invoiceId, payment: payment.paymentId }, "a payment came in for a workspace that is gone");
  }
}

const FITS_NOTHING =
  "a payment came in of an invoice or a customer that this database doesn't have: look at it at the provider, and record it with `npm run whoot -- billing paid` on the invoice that took the other one's place, or refund it there";

/**
 * The attempt of a payment. After an older backup was restored, its number may be given again to another one, which has a payment of its own:
 * undefined then.
 */
export async function findAttemptOf(db: Db, { key, paymentId }: Pick<ProviderPayment, "key" | "paymentId">) {
  const known = paymentId === null ? undefined : await queries.findAttemptByPayment(db, paymentId);
  if (known) return known;
  const row = await queries.findAttempt(db, key);
  const isDecided = row?.state === "succeeded" || row?.state === "parked" || row?.failure === "not_taken";
  return isDecided && paymentId !== null && row.paymentId !== null ? undefined : row;
}

/** The attempt of a payment whose invoice is known: it was made after a backup that was restored. Undefined if it isn't this workspace's. */
async function adopt({ tx, now }: Look, { key, state, customerId, amount }: ProviderPayment) {
  if ((state !== "succeeded" && state !== "processing") || amount === null || amount <= 0n || customerId === null)
    return undefined;
  const account = await queries.findPaymentAccount(tx.db);
  if (account?.customerId !== customerId || (await storeQueries.findInvoice(tx.db, key.invoiceId))?.kind !== "invoice")
    return undefined;
  const made = await queries.listAttempts(tx.db, [key.invoiceId]);
  const isFree = made.every(({ number }) => number !== key.number);
  const attempt = { ...key, number: isFree ? key.number : nextNumber(made) };
  await queries.insertAttempt(tx.db, { ...attempt, kind: "page", amount, customerId, methodId: null, at: toDate(now) });
  return queries.findAttempt(tx.db, attempt);
}

function receivedOf({ state, amount, currency }: ProviderPayment) {
  return state === "succeeded" && amount !== null && amount > 0n ? { amount, currency } : null;
}

/** Charges nothing until the operator has looked at a payment of which this database knows nothing, and which may be of the same charge. */
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
    audit.record({ action: "billing.payment_parked", target: { type: "invoice", id: invoiceId, name: document } });
    await announceChanged(tx, "billing");
  });
}

/** What was on its way waits for a card again, which nobody gives: the bank has declined it. A page tells of that itself. */
function isDeclinedLate(row: queries.AttemptRow, { state }: ProviderPayment): boolean {
  return row.state === "processing" && state === "created" && row.pageId === null;
}

async function recordIn(look: Look, told: ProviderPayment): Promise<void> {
  const { tx, services, now, audit } = look;
  const { key, paymentId } = told;
  const row = (await findAttemptOf(tx.db, told)) ?? (await adopt(look, told));
  const facts = { ...key, payment: paymentId };
  if (!row || row.customerId !== told.customerId) {
    if (told.state === "succeeded") services.log.error(facts, FITS_NOTHING);
    return;
  }
  // The operator has decided about this payment already, and the provider goes on telling of it.
  if (row.failure === "not_taken" && row.paymentId === paymentId) return;
  const isDeclined = isDeclinedLate(row, told);
  // It is cancelled at the provider before it is called failed.
  if (isDeclined && row.kind === "card") return ask(tx, { tenantId: tx.tenantId, invoiceId: row.invoiceId, number: row.number });
  const payment: ProviderPayment = isDeclined ? { ...told, state: "failed", failure: "declined" } : told;
  const { state } = payment;
  // Somebody had paid on the page.
  const failure = payment.failure === "page_expired" && row.state === "processing" ? "refused" : payment.failure;
  const attempt = attemptOf(tx.tenantId, row);
  const isOurs = payment.amount === attempt.amount && payment.currency === attempt.currency.code;
  const moved = state === "succeeded" && !isOurs ? "parked" : state;
  if (!movesForward(row.state, moved)) return;
  await queries.moveAttempt(tx.db, attempt, { state: moved, paymentId, failure, at: toDate(now), received: receivedOf(payment) });
  const target = { type: "invoice" as const, id: attempt.invoiceId, name: attempt.document };
  if (moved === "parked") {
    services.log.error(
      {
        ...facts,
        document: attempt.document,
        paid: String(payment.amount),
        asked: String(attempt.amount),
        currency: payment.currency,
      },
      "another amount was paid than was asked for: look at it, and record it with `npm run whoot -- billing paid NUMBER AMOUNT PAYMENT`",
    );
    audit.record({ action: "billing.payment_parked", target });
  }
  // It can't be charged again.
  if (failure === "method_gone" && attempt.methodId !== null) await loseCard(look, attempt.methodId);
  // What is still due is another sum.
  if (failure === "not_due") await askFor(tx, services.payments, [attempt.invoiceId]);
  if (moved === "failed" && !saysNothing(failure)) {
    audit.record({ action: "billing.payment_failed", target, changes: { reason: { to: failure } } });
    const methodId = (await queries.findPaymentAccount(tx.db))?.methodId ?? null;
    const isReplaced = attempt.kind === "card" && methodId !== null && methodId !== attempt.methodId;
    // While this one was on its way, another card was set up: what becomes of that one is told.
    if (isReplaced) await askFor(tx, services.payments, [attempt.invoiceId]);
    else await tellFailure(look, attempt, failure ?? "refused");
  }
  if (moved === "succeeded") await take(look, attempt);
  else await announceChanged(tx, "billing");
}

type CardFailure = Pick<Attempt, "invoiceId" | "methodId">;

/** What mails have told of the card, and which invoices they named. */
async function findTold({ tx }: Look, methodId: string | null): Promise<{ failures: string[]; invoiceIds: string[] }> {
  const account = await queries.findPaymentAccount(tx.db);
  const isSame = account?.toldOfMethod === methodId;
  return { failures: isSame ? account.toldFailures : [], invoiceIds: isSame ? account.toldInvoices : [] };
}

/** Whether a mail has told that the card fails so, and named this invoice. */
export async function isTold(look: Look, { invoiceId, methodId }: CardFailure, failure: PaymentFailure): Promise<boolean> {
  const { failures, invoiceIds } = await findTold(look, methodId);
  return failures.includes(failure) && invoiceIds.includes(invoiceId);
}

/** In the transaction of the mail. @param named the invoices that it names: any other one has a mail of its own */
export async function noteTold(
  look: Look,
  methodId: string | null,
  failure: PaymentFailure,
  named: readonly string[],
): Promise<void> {
  const told = await findTold(look, methodId);
  const invoiceIds = [...new Set([...told.invoiceIds, ...named])];
  await queries.setTold(look.tx.db, { methodId, failures: [...new Set([...told.failures, failure])], invoiceIds });
}

/** Tells of a failure: in one mail for each reason and card, however many invoices and tries there are, and for each payment on a page. */
async function tellFailure(look: Look, attempt: Attempt, failure: PaymentFailure): Promise<void> {
  const { tx } = look;
  const { invoiceId, methodId } = attempt;
  if (methodId !== null && (await isTold(look, attempt, failure))) return;
  const others = (await listUnpaid(tx)).filter((invoice) => invoice.invoiceId !== invoiceId);
  // The bank's page is one invoice's. The job notes that it is told, with the mail: there may be no page now.
  if (failure === "authentication_required" && methodId !== null && others.length === 0) {
    return enqueue(tx.db, INVITE_TO_PAY, { tenantId: tx.tenantId, invoiceId }, `${INVITE_TO_PAY.name} ${invoiceId}`);
  }
  const named = [invoiceId, ...others.map((invoice) => invoice.invoiceId)];
  if (methodId !== null) await noteTold(look, methodId, failure, named);
  await mailPayers(look, (workspace) => failedLetter(workspace, attempt, failure, others));
}

async function take(look: Look, attempt: Attempt): Promise<void> {
  if (attempt.methodId !== null) await queries.forgetTold(look.tx.db, attempt.methodId);
  const { invoiceId, document: number, currency, amount } = attempt;
  const surplus = await takePayment(look, { invoiceId, number, currency }, amount);
  if (surplus === 0n) return;
  const more = moneyText(surplus, currency);
  look.services.log.info({ tenantId: look.tx.tenantId, invoiceId }, "an invoice was paid twice; what is too much is a credit");
  await mailPayers(look, (workspace) => paidTwiceLetter(workspace, attempt, more));
}
