/** What members see of their workspace's billing. */
import type { AddOnId } from "#contract/add-ons.ts";
import type { BillingState } from "#contract/billing-state.ts";
import type { Ctx } from "../access/ctx.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import { type Sale, taxNow } from "./lifecycle.ts";
import { isUnderWay, lastOutcome } from "./payments/asking.ts";
import { type AttemptRow, listAttempts } from "./payments/queries.ts";
import { hoursToPutOff } from "./put-off.ts";
import { amountOf, presentNext } from "./presenting.ts";
import { dueOf } from "./reckoning/account.ts";
import { dayOf, instantText } from "./reckoning/calendar.ts";
import { nextInvoice } from "./reckoning/renewal.ts";
import { isTrial, type Subscription } from "./reckoning/subscription.ts";
import { type Stored, toInstant } from "./rows.ts";
import { freePlan } from "./standing.ts";
import { findReceivables, findSubscription, receivableOf } from "./store.ts";
import * as queries from "./store-queries.ts";

function stateOf(subscription: Subscription) {
  if (subscription.ended) return "ended" as const;
  return isTrial(subscription) ? ("trial" as const) : ("active" as const);
}

function presentOffer({ catalogue, issuer }: Sale) {
  const { currency, plans, addOns } = catalogue;
  const free = freePlan(catalogue);
  const inFull = ({ month = null, year = null }: { month?: number | undefined | null; year?: number | undefined | null }) => ({
    month,
    year,
  });
  return {
    issuer: issuer.name,
    currency,
    plans: plans.map(({ id, name, prices, maxSeats, includes }) => ({
      ...{ plan: id, name, prices: inFull(prices), maxLicences: maxSeats, includes, isFree: id === free?.id },
    })),
    addOns: addOns.map(({ id, per, prices }) => ({ addOn: id, perLicence: per === "seat", prices: inFull(prices) })),
  };
}

/** Whether billing is on, what is sold, and what the workspace may do. */
export async function getBilling(ctx: Ctx) {
  const { billing, config } = ctx.services;
  const { state, until, addOns } = await queries.findStanding(ctx.db);
  return {
    isSample: billing.isSample,
    maySample: billing.sale === null && config.loopbackOnly,
    state: state as BillingState | null,
    until: until && instantText(toInstant(until)),
    addOns: addOns as AddOnId[] | null,
    withoutTrial: (await queries.findBillingAccount(ctx.db))?.trialRefusedAt instanceof Date,
    putOffHours: await hoursToPutOff(ctx),
    offer: billing.sale && presentOffer(billing.sale),
  };
}

/** The running subscription, or the last one that ended. */
export async function getSubscription(ctx: Ctx) {
  const stored = await findSubscription(ctx);
  return { subscription: stored && present(stored, ctx.member.may("billing.view_invoices")) };
}

function present({ currency, subscription }: Stored, seesSums: boolean) {
  const { plan, schedule, period, cancelled, revision, items } = subscription;
  return {
    plan,
    interval: schedule.interval,
    state: stateOf(subscription),
    cancelled,
    periodFrom: instantText(period.from),
    periodTo: instantText(period.to),
    currency,
    items: items.map(({ item, quantity, unitPrice }) => ({
      item,
      quantity: amountOf(quantity),
      unitPrice: seesSums ? amountOf(unitPrice) : null,
    })),
    revision,
  };
}

/** @param minor the integer as PostgreSQL's text */
const read = (minor: string) => amountOf(BigInt(minor));

/** Invoices and credit notes, newest first. */
export async function listInvoices(ctx: Ctx, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
  const today = dayOf(ctx.services.billing.now());
  const rows = await queries.listInvoices(ctx.db, parseTimeCursor(cursor), limit);
  const attempts = await listAttempts(
    ctx.db,
    rows.map(({ invoiceId }) => invoiceId),
  );
  const { items, nextCursor } = toPage(rows, limit, ({ issuedAt, invoiceId }) => ({ at: issuedAt, id: invoiceId }));
  return {
    items: items.map((invoice) => presentInvoice(invoice, attempts, today)),
    nextCursor,
  };
}

type InvoiceRow = Awaited<ReturnType<typeof queries.listInvoices>>[number];

/** Whether a payment is on its way, or the last one failed. */
function paymentState(attempts: readonly AttemptRow[], invoiceId: string): "processing" | "failed" | null {
  const own = attempts.filter((attempt) => attempt.invoiceId === invoiceId);
  if (isUnderWay(own)) return "processing";
  return lastOutcome(own)?.state === "failed" ? "failed" : null;
}

function presentInvoice(invoice: InvoiceRow, attempts: readonly AttemptRow[], today: string) {
  const { invoiceId, number, kind, issuedOn, dueOn, currency, digits, ...sums } = invoice;
  const { net, tax, gross, paid, credited, writtenOff } = sums;
  const receivable = receivableOf({ invoiceId, gross, paid, credited: String(BigInt(credited) + BigInt(writtenOff)) });
  const due = kind === "invoice" ? amountOf(dueOf(receivable)) : 0;
  return {
    invoiceId,
    number,
    kind: kind as "invoice" | "credit note",
    issuedOn,
    dueOn,
    currency: { code: currency, digits },
    ...{ net: read(net), tax: read(tax), gross: read(gross), paid: read(paid), credited: read(credited) },
    writtenOff: read(writtenOff),
    due,
    overdue: due > 0 && dueOn < today,
    payment: due > 0 ? paymentState(attempts, invoiceId) : null,
  };
}

/** The invoice at the end of the present period if nothing changes until then; null if there will be none. */
export async function getNextInvoice(ctx: Ctx) {
  const stored = await findSubscription(ctx);
  if (!stored) return { invoice: null };
  const { sale } = ctx.services.billing;
  if (!sale) return { invoice: null };
  const draft = nextInvoice(stored.subscription, await taxNow(ctx, sale));
  if (!draft) return { invoice: null };
  const { currency, subscription } = stored;
  return { invoice: presentNext(draft, await findReceivables(ctx), { at: subscription.period.to, currency }) };
}
