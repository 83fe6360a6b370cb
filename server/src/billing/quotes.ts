/** Quotes a change of the subscription, and makes exactly the quoted change. */
import { isDeepStrictEqual } from "node:util";
import { v7 as uuidv7 } from "uuid";
import type { AddOnId } from "#contract/add-ons.ts";
import type { BillingCatalogue, PriceInterval } from "#contract/billing-catalogue.ts";
import type { Currency } from "#contract/currencies.ts";
import type { Ctx } from "../access/ctx.ts";
import { behindRosterLock } from "../access/roster.ts";
import { changesBetween } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { catalogueOf } from "./catalogues.ts";
import { countLicences, refuseFewerLicences } from "./licences.ts";
import {
  announceDocument,
  bringUpToDate,
  type BillingCtx,
  billingCtxOf,
  settle,
  taxNow,
  termsAt,
  workspaceTarget,
} from "./lifecycle.ts";
import { presentDraft, presentLine, presentNext } from "./presenting.ts";
import * as queries from "./quote-queries.ts";
import { type Instant, instantText } from "./reckoning/calendar.ts";
import { type Change, change, QUOTE_SECONDS } from "./reckoning/changes.ts";
import { draftOf } from "./reckoning/documents.ts";
import { SEATS, type Terms } from "./reckoning/lines.ts";
import { Refusal as Refused } from "./reckoning/refusal.ts";
import { nextInvoice } from "./reckoning/renewal.ts";
import {
  addOnsOf,
  begin,
  type Choice,
  isTrial,
  type Moment,
  seatsOf,
  type Step,
  type Subscription,
} from "./reckoning/subscription.ts";
import { runningOf, type Stored, toDate, toInstant } from "./rows.ts";
import { freePlan } from "./standing.ts";
import { findReceivables, saveNew, saveStep } from "./store.ts";
import * as storeQueries from "./store-queries.ts";
import { addOnTerms, choiceOf } from "./terms.ts";

interface Chosen {
  change: "choose";
  plan: string;
  interval: PriceInterval;
  licences: number;
  addOns: readonly AddOnId[];
}

type Wanted =
  | Chosen
  | { change: "cancel" }
  | { change: "resume" }
  | { change: "licences"; licences: number }
  | { change: "add-ons"; addOns: readonly AddOnId[] };

export type QuoteKind = "subscription" | "licences" | "add_ons";

const PERMISSIONS = {
  subscription: "billing.manage_subscription",
  licences: "billing.manage_licences",
  add_ons: "billing.manage_addons",
} as const;

/** A running subscription, and the catalogue that it was bought from. */
interface Running extends Stored {
  catalogue: BillingCatalogue;
}

interface Asked {
  kind: QuoteKind;
  wanted: Wanted;
  moment: Moment;
}

interface Planned {
  step: Step;
  /** The version of the catalogue that the subscription has after the step. */
  version: number;
}

const unchanged = (detail: string) => new Refusal("billing_unchanged", { detail });

function refusedBecause(error: Refused): Refusal {
  switch (error.reason) {
    case "nothing_changes":
      return unchanged("The subscription is like that already.");
    case "already_cancelled":
      return unchanged("The subscription is cancelled already. It ends with its period.");
    case "not_cancelled":
      return unchanged("The subscription isn't cancelled, so there is nothing to resume.");
    case "ended":
      return unchanged("The subscription has ended. Choose a plan to begin a new one.");
    case "revision_moved":
    case "period_over":
      return new Refusal("quote_outdated");
    case "quote_expired":
      return new Refusal("quote_expired");
    case "too_many_missed":
      return new Refusal("billing_halted");
  }
}

/** @throws Refusal invalid_input for a plan or add-on that is not sold */
function ifSold<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Refusal("invalid_input", { detail: error.message });
  }
}

/** The chosen terms, at the catalogue's prices. @throws Refusal invalid_input for a plan or add-on that is not sold */
function chosen(catalogue: BillingCatalogue, { plan, interval, licences, addOns }: Chosen): Choice {
  if (freePlan(catalogue)?.id === plan) {
    throw unchanged("A workspace has the free plan when it has no subscription. Cancel the subscription instead.");
  }
  return ifSold(() => choiceOf(catalogue, { plan, interval, seats: licences, addOns }));
}

/** The terms of this many seats, and of the add-ons that are charged per seat. */
function licenceTerms({ catalogue, subscription }: Running, licences: number): Terms[] {
  const { maxSeats } = orNotFound(catalogue.plans.find(({ id }) => id === subscription.plan));
  if (licences > maxSeats) throw new Refusal("invalid_input", { detail: `This plan has at most ${maxSeats} licences.` });
  const perSeat = new Set<string>(catalogue.addOns.filter(({ per }) => per === "seat").map(({ id }) => id));
  return subscription.items
    .filter(({ item, quantity }) => quantity > 0n && quantity !== BigInt(licences) && (item === SEATS || perSeat.has(item)))
    .map(({ item, unitPrice }) => ({ item, quantity: BigInt(licences), unitPrice }));
}

/** The terms of added add-ons, and of removed ones with a quantity of 0. */
function addOnChanges({ catalogue, subscription }: Running, addOns: readonly AddOnId[]): Terms[] {
  const interval = subscription.schedule.interval as PriceInterval;
  const included = catalogue.plans.find(({ id }) => id === subscription.plan)?.includes ?? [];
  const has = addOnsOf(subscription);
  const taken = addOns.filter((id) => !has.includes(id) && !included.includes(id));
  const dropped = subscription.items.filter(({ item, quantity }) => {
    return item !== SEATS && quantity > 0n && !addOns.includes(item as AddOnId);
  });
  const seats = seatsOf(subscription);
  return [
    ...ifSold(() => [...new Set(taken)].map((id) => addOnTerms(catalogue, id, { interval, seats }))),
    ...dropped.map(({ item, unitPrice }) => ({ item, quantity: 0n, unitPrice })),
  ];
}

function changeOf(running: Running, wanted: Exclude<Wanted, Chosen>): Change {
  const { subscription } = running;
  if (wanted.change === "cancel" || wanted.change === "resume") return { kind: wanted.change };
  if (subscription.plan === null) throw unchanged("Choose a plan first. Licences and add-ons are chosen with it.");
  const items = wanted.change === "licences" ? licenceTerms(running, wanted.licences) : addOnChanges(running, wanted.addOns);
  return { kind: "items", items };
}

/** Makes the step of a change at this moment. @throws Refusal */
async function plan(billingCtx: BillingCtx, stored: Stored | null, wanted: Wanted, moment: Moment): Promise<Planned> {
  const { services, sale } = billingCtx;
  const running = runningOf(stored);
  try {
    if (wanted.change === "choose") {
      const choice = chosen(sale.catalogue, wanted);
      if (!running) return { step: begin(choice, moment), version: sale.version };
      return { step: change(running.subscription, { kind: "plan", choice }, moment), version: sale.version };
    }
    if (!running) throw unchanged("There is no subscription to change. Choose a plan first.");
    const catalogue = await catalogueOf(services.database, running.catalogueVersion);
    const step = change(running.subscription, changeOf({ ...running, catalogue }, wanted), moment);
    return { step, version: running.catalogueVersion };
  } catch (error) {
    throw error instanceof Refused ? refusedBecause(error) : error;
  }
}

/**
 * Checked behind the lock, because the role may have changed while the request waited. Choosing a plan also sets licences and add-ons, so
 * a member who may not change these must leave them unchanged.
 */
function requirePermissions({ member }: Ctx, stored: Stored | null, { kind, wanted }: Asked): void {
  member.require(PERMISSIONS[kind]);
  if (wanted.change !== "choose" || !stored || stored.subscription.ended || stored.subscription.plan === null) return;
  const { subscription } = stored;
  if (wanted.licences !== seatsOf(subscription)) member.require("billing.manage_licences");
  const differing = new Set(addOnsOf(subscription)).symmetricDifference(new Set<string>(wanted.addOns));
  if (differing.size > 0) member.require("billing.manage_addons");
}

/**
 * Returns the subscription after catching up with what the clock has not done yet.
 * @returns isHalted: too many periods were missed to bill them automatically. Then one can only cancel, as of the last charged period
 * @throws Refusal billing_halted
 */
async function present(billingCtx: BillingCtx, wanted: Wanted): Promise<{ stored: Stored | null; isHalted: boolean }> {
  const stored = await bringUpToDate(billingCtx);
  const account = await storeQueries.findBillingAccount(billingCtx.tx.db);
  const isHalted = account !== undefined && account.halted !== null;
  if (isHalted && wanted.change !== "cancel") throw new Refusal("billing_halted");
  return { stored, isHalted };
}

/** How many lines may wait for one invoice. Every transaction on the subscription reads them. */
const MAX_WAITING = 500;
/** Every document is mailed, so that a script could flood the recipients in the profile. */
const MAX_DOCUMENTS_A_DAY = 20;
const DAY_SECONDS = 86_400;

/** @throws Refusal rate_limited */
async function refuseTooOften({ tx, now }: BillingCtx, { subscription, issued }: Step): Promise<void> {
  const retryAfter = DAY_SECONDS;
  if (subscription.pending.length > MAX_WAITING) {
    const detail = "The subscription was changed too often in this period. Wait for the next invoice, or change the plan.";
    throw new Refusal("rate_limited", { detail, retryAfter });
  }
  if (draftOf(issued) === null) return;
  const documents = await queries.countDocumentsSince(tx.db, toDate(now - DAY_SECONDS));
  if (documents < MAX_DOCUMENTS_A_DAY) return;
  const detail = `This would be one more of ${MAX_DOCUMENTS_A_DAY} invoices and credit notes within a day. Make further changes tomorrow.`;
  throw new Refusal("rate_limited", { detail, retryAfter });
}

/** Makes the step of a change, if the caller may and the workspace can take it. @throws Refusal */
async function planFor(ctx: Ctx, billingCtx: BillingCtx, stored: Stored | null, asked: Asked): Promise<Planned> {
  const { wanted, moment } = asked;
  requirePermissions(ctx, stored, asked);
  const planned = await plan(billingCtx, stored, wanted, moment);
  const { subscription } = planned.step;
  const setsLicences = wanted.change === "choose" || wanted.change === "licences";
  if (setsLicences && subscription.plan !== null) refuseFewerLicences(await countLicences(ctx), seatsOf(subscription));
  // A member who changes too often must not stop others from cancelling.
  if (wanted.change !== "cancel") await refuseTooOften(billingCtx, planned.step);
  return planned;
}

/** Says what a change costs, now and at the next invoice. */
export async function quote(stale: Ctx, kind: QuoteKind, wanted: Wanted) {
  const ctx = await behindRosterLock(stale);
  const billingCtx = billingCtxOf(ctx);
  const { stored, isHalted } = await present(billingCtx, wanted);
  const now = isHalted && stored ? stored.subscription.period.to : Math.max(billingCtx.now, stored?.subscription.changedAt ?? 0);
  const moment = { now, tax: await taxNow(ctx, billingCtx.sale) };
  const { step } = await planFor(ctx, billingCtx, stored, { kind, wanted, moment });
  await settle(billingCtx);
  const quoteId = uuidv7();
  const validUntil = Math.max(billingCtx.now, moment.now) + QUOTE_SECONDS;
  await queries.replaceQuotes(ctx.db, {
    ...{ tenantId: ctx.tenantId, quoteId, memberId: ctx.member.memberId, kind, wanted, tax: moment.tax },
    ...{ at: toDate(moment.now), validUntil: toDate(validUntil), catalogueVersion: billingCtx.sale.version },
    subscriptionId: stored?.subscriptionId ?? null,
    revision: stored?.subscription.revision ?? null,
  });
  const { currency } = billingCtx.sale.catalogue;
  return { quoteId, validUntil: instantText(validUntil), currency, ...(await presentStep(ctx, step, moment, currency)) };
}

/** The next invoice shows what others bought, so only members who may see invoices get it. */
async function presentStep(ctx: Ctx, { subscription, lines, issued }: Step, { tax }: Moment, currency: Currency) {
  const account = await findReceivables(ctx);
  const draft = draftOf(issued);
  const next = ctx.member.may("billing.view_invoices") ? nextInvoice(subscription, tax) : null;
  const waits = new Set(subscription.pending.map(({ number }) => number));
  const ends = subscription.cancelled || subscription.plan === null;
  return {
    document: draft && presentDraft(draft, account),
    waiting: lines.filter(({ number }) => waits.has(number)).map(presentLine),
    nextInvoice: next && presentNext(next, account, { at: subscription.period.to, currency }),
    endsAt: ends ? instantText(subscription.period.to) : null,
  };
}

interface Outcome {
  before: Subscription | null;
  after: Subscription;
}

/** The change's audit log entry. */
function auditOf(wanted: Wanted, { before, after }: Outcome) {
  const shown = (subscription: Subscription | null) => ({
    plan: subscription?.plan ?? null,
    interval: subscription && !isTrial(subscription) ? subscription.schedule.interval : null,
    licences: subscription && subscription.plan !== null ? seatsOf(subscription) : null,
    addOns: subscription && subscription.plan !== null ? addOnsOf(subscription) : null,
  });
  const changes = changesBetween(shown(before), { ...shown(after), interval: after.schedule.interval });
  switch (wanted.change) {
    case "choose": {
      const isFirst = before === null || before.ended || before.plan === null;
      return { action: isFirst ? ("billing.subscribed" as const) : ("billing.plan_changed" as const), changes };
    }
    case "licences":
      return { action: "billing.licences_changed" as const, changes };
    case "add-ons":
      return { action: "billing.add_ons_changed" as const, changes };
    case "cancel":
      return { action: "billing.cancelled" as const, changes: { ends: { to: instantText(after.period.to) } } };
    case "resume":
      return { action: "billing.resumed" as const, changes: {} };
  }
}

/** Whether the quote was made for the present state of the subscription. */
function isFor(quoted: queries.QuoteRow, stored: Stored | null): boolean {
  return (
    quoted.subscription_id === (stored?.subscriptionId ?? null) && quoted.revision === (stored?.subscription.revision ?? null)
  );
}

/** @throws Refusal not_found for another member's quote; quote_expired; quote_outdated */
async function takeQuote(ctx: Ctx, kind: QuoteKind, quoteId: string, now: Instant): Promise<queries.QuoteRow> {
  const quoted = orNotFound(await queries.findQuote(ctx.db, quoteId));
  if (quoted.member_id !== ctx.member.memberId || quoted.kind !== kind) throw new Refusal("not_found");
  if (now > toInstant(quoted.valid_until)) throw new Refusal("quote_expired");
  return quoted;
}

/** Makes a change exactly as quoted, once. */
export async function acceptQuote(stale: Ctx, kind: QuoteKind, quoteId: string): Promise<void> {
  const ctx = await behindRosterLock(stale);
  const billingCtx = billingCtxOf(ctx);
  const quoted = await takeQuote(ctx, kind, quoteId, billingCtx.now);
  const wanted = quoted.wanted as Wanted;
  const { stored, isHalted } = await present(billingCtx, wanted);
  const isAsQuoted = isFor(quoted, stored) && quoted.catalogue_version === billingCtx.sale.version;
  // A new country or tax id changes the tax.
  if (!isAsQuoted || !isDeepStrictEqual(quoted.tax, await taxNow(ctx, billingCtx.sale))) throw new Refusal("quote_outdated");
  const moment: Moment = { now: toInstant(quoted.at), tax: quoted.tax as unknown as Moment["tax"] };
  const planned = await planFor(ctx, billingCtx, stored, { kind, wanted, moment });
  await save({ ...billingCtx, audit: ctx.audit }, stored, wanted, planned);
  // The subscription waited for the operator. Its cancellation has ended it already.
  if (isHalted) await bringUpToDate(billingCtx);
  await queries.deleteExpiredQuotes(ctx.db, toDate(billingCtx.now));
  await settle(billingCtx);
  await announceChanged(ctx, "billing");
}

async function save(billingCtx: BillingCtx, stored: Stored | null, wanted: Wanted, { step, version }: Planned): Promise<void> {
  const { tx, sale, now, audit } = billingCtx;
  const running = runningOf(stored);
  const terms = await termsAt(billingCtx, now);
  const bought = { catalogueVersion: sale.version, currency: sale.catalogue.currency };
  const saved = running
    ? await saveStep(tx, { ...running, catalogueVersion: version }, step, terms)
    : await saveNew(tx, step, bought, terms);
  const outcome = { before: stored?.subscription ?? null, after: step.subscription };
  audit.record({ ...auditOf(wanted, outcome), target: await workspaceTarget(billingCtx) });
  await announceDocument(billingCtx, saved.issued, saved.stored.currency);
}
