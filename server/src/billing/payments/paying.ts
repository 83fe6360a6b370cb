/** Payment of an invoice on the provider's page: with another card, or because the bank wants the cardholder to confirm. */
import type { Ctx } from "../../access/ctx.ts";
import { behindRosterLock } from "../../access/roster.ts";
import { paymentLink } from "../../platform/mail/link.ts";
import { orNotFound, Refusal } from "../../platform/refusal.ts";
import type { Attempt } from "../../services.ts";
import { findDue, type BillingCtx } from "../lifecycle.ts";
import { toDate } from "../rows.ts";
import * as storeQueries from "../store-queries.ts";
import { findPayers } from "../lifecycle-queries.ts";
import { mailPayers } from "../mails.ts";
import { closePage, type InvoiceKey, isUnderWay, nextNumber } from "./asking.ts";
import { confirmLetter, failedLetter } from "./letters.ts";
import { attemptOf, inLook, isTold, noteTold, type PaymentServices, recordAttempt } from "./attempts.ts";
import { CustomerGone, PaymentImpossible, ProviderUnavailable } from "./errors.ts";
import { recordFinding } from "./events.ts";
import { billingPage, prepareCustomer, replaceCustomer, requireProvider } from "./methods.ts";
import * as queries from "./queries.ts";

/** @throws Refusal not_found, billing_unchanged */
async function requireDue({ tx }: Pick<BillingCtx, "tx">, invoiceId: string): Promise<bigint> {
  const due = await findDue(tx, invoiceId);
  if (due > 0n) return due;
  orNotFound(await storeQueries.findInvoice(tx.db, invoiceId));
  throw new Refusal("billing_unchanged", { detail: "Nothing is due on this document." });
}

/** Finds the open attempt on a page, or creates one. @throws Refusal not_found, billing_unchanged */
async function beginPage(billingCtx: BillingCtx, invoiceId: string, customerId: string): Promise<Attempt> {
  const { tx, now } = billingCtx;
  const due = await requireDue(billingCtx, invoiceId);
  const attempts = await queries.listAttempts(tx.db, [invoiceId]);
  if (isUnderWay(attempts)) {
    throw new Refusal("billing_unchanged", { detail: "A payment of this invoice is on its way. Wait for it." });
  }
  const open = attempts.find((row) => row.state === "created" && BigInt(row.amount) === due && row.customerId === customerId);
  if (open) return attemptOf(tx.tenantId, open);
  const key = { tenantId: tx.tenantId, invoiceId, number: nextNumber(attempts) };
  await queries.insertAttempt(tx.db, { ...key, kind: "page", amount: due, customerId, methodId: null, at: toDate(now) });
  return attemptOf(tx.tenantId, orNotFound(await queries.findAttempt(tx.db, key)));
}

/** Records the outcome of a page that can no longer be opened. */
async function endPage(services: PaymentServices, attempt: Attempt): Promise<void> {
  const { pageId, customerId, amount, currency, invoiceId, number, tenantId } = attempt;
  const finding = pageId === null ? null : await services.payments.find({ kind: "page", id: pageId });
  if (finding) return recordFinding(services, finding);
  await recordAttempt(services, {
    ...{ key: { tenantId, invoiceId, number }, customerId, paymentId: null },
    ...{ state: "failed", failure: "page_expired", amount, currency: currency.code },
  });
}

type OnPage = (billingCtx: BillingCtx, attempt: Attempt, url: string) => Promise<void>;

/** Stores the page, or closes it if its sum is no longer due. @returns whether it was stored */
async function keepPage(
  services: PaymentServices,
  attempt: Attempt,
  { pageId, url }: { pageId: string; url: string },
  onPage: OnPage,
): Promise<boolean> {
  const isWanted = await inLook(services, attempt.tenantId, async (billingCtx) => {
    await queries.setPage(billingCtx.tx.db, attempt, pageId);
    if ((await findDue(billingCtx.tx, attempt.invoiceId)) !== attempt.amount) {
      await closePage(billingCtx.tx, pageId);
      return false;
    }
    await onPage(billingCtx, attempt, url);
    return true;
  });
  // The workspace is gone, so nothing would close the page later.
  if (isWanted === null) await services.payments.closePage(pageId);
  return isWanted ?? false;
}

interface PageRequest {
  tenantId: string;
  invoiceId: string;
  customerId: string;
  /** The URL that the provider's page returns to. */
  back: string;
}

/** If the first page was paid or has expired, a second one is opened. */
const TRIES = 2;

/**
 * Opens the provider's page for the amount due on an invoice, or finds the open one. Call outside of transactions.
 * @param onPage is called in the transaction that stores the page
 * @throws Refusal not_found, billing_unchanged, payment_impossible; ProviderUnavailable
 */
async function openPage(
  services: PaymentServices,
  { tenantId, invoiceId, customerId: known, back }: PageRequest,
  onPage: OnPage = async () => {},
): Promise<string> {
  let customerId = known;
  for (let tries = 0; tries < TRIES; tries++) {
    const attempt = orNotFound(await inLook(services, tenantId, (billingCtx) => beginPage(billingCtx, invoiceId, customerId)));
    try {
      const page = await services.payments.openPage(attempt, back);
      if (!page) await endPage(services, attempt);
      else if (await keepPage(services, attempt, page, onPage)) return page.url;
    } catch (error) {
      if (!(error instanceof CustomerGone)) throw error;
      customerId = await replaceCustomer(services, tenantId);
    }
  }
  throw new ProviderUnavailable();
}

/**
 * @returns a function that opens the provider's page; call it after the transaction
 * @throws Refusal billing_off, payments_by_transfer, not_found, billing_unchanged
 */
export async function preparePayment(stale: Ctx, { invoiceId }: { invoiceId: string }): Promise<() => Promise<{ url: string }>> {
  requireProvider(stale.services);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("billing.manage_payment");
  await requireDue({ tx: ctx }, invoiceId);
  const { services, tenantId } = ctx;
  const findCustomer = await prepareCustomer(ctx);
  const back = billingPage(services, ctx.tenant.slug);
  return async () => ({ url: await openPage(services, { tenantId, invoiceId, back, customerId: await findCustomer() }) });
}

/** The card's attempt that the bank wants confirmed, if no mail has said so yet. */
async function findUntold(billingCtx: BillingCtx, invoiceId: string): Promise<Attempt | null> {
  const attempts = await queries.listAttempts(billingCtx.tx.db, [invoiceId]);
  const row = attempts.findLast(({ kind, failure }) => kind === "card" && failure === TO_CONFIRM);
  const attempt = row ? attemptOf(billingCtx.tx.tenantId, row) : null;
  return attempt && !(await isTold(billingCtx, attempt, TO_CONFIRM)) ? attempt : null;
}

const TO_CONFIRM = "authentication_required";

/** The job that mails a payment page, because the bank wants the payment confirmed. */
export async function inviteToPay(services: PaymentServices, { tenantId, invoiceId }: InvoiceKey): Promise<void> {
  if (services.payments.provider === "manual") return;
  const found = await inLook(services, tenantId, async (billingCtx) => {
    if (!(await findUntold(billingCtx, invoiceId))) return null;
    const { slug } = await findPayers(billingCtx.tx.db);
    return { slug, customerId: (await queries.findPaymentAccount(billingCtx.tx.db))?.customerId };
  });
  if (!found?.customerId) return;
  const request = { tenantId, invoiceId, customerId: found.customerId, back: billingPage(services, found.slug) };
  /** Sends the mail once, even if somebody opens the page at the same time. */
  const mailOnce = async (billingCtx: BillingCtx, mail: (failed: Attempt) => Promise<void>) => {
    const failed = await findUntold(billingCtx, invoiceId);
    if (!failed) return;
    await noteTold(billingCtx, failed.methodId, TO_CONFIRM, [invoiceId]);
    await mail(failed);
  };
  try {
    await openPage(services, request, (billingCtx, attempt, url) =>
      mailOnce(billingCtx, () =>
        mailPayers(billingCtx, (workspace) => confirmLetter(workspace, attempt), { link: paymentLink(url) }),
      ),
    );
  } catch (error) {
    if (!(error instanceof Refusal) || error instanceof ProviderUnavailable) throw error;
    // Otherwise the invoice is paid or gone, or another payment is on its way.
    if (!(error instanceof PaymentImpossible)) return;
    await inLook(services, tenantId, (billingCtx) =>
      mailOnce(billingCtx, (failed) => mailPayers(billingCtx, (workspace) => failedLetter(workspace, failed, TO_CONFIRM, []))),
    );
  }
}
