/**
 * The automatic steps of a workspace's billing: its trial, its next period, reminders, and what it may do. Whoever changes anything locks
 * the roster first, so that a workspace's billing takes one step at a time.
 */
import { isDeepStrictEqual } from "node:util";
import { type Currency, moneyText } from "#contract/currencies.ts";
import type { Ctx } from "../access/ctx.ts";
import { lockRosterIfThere } from "../access/roster.ts";
import { type Audit, openAudit, WHOOT } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { Refusal as PlatformRefusal } from "../platform/refusal.ts";
import type { Billing, Services } from "../services.ts";
import { catalogueOf } from "./catalogues.ts";
import { type OpenInvoice, type PutOff, remindersDue, talkStopsAt } from "./dunning.ts";
import { countLicences } from "./licences.ts";
import * as queries from "./lifecycle-queries.ts";
import { documentLetter, endedLetter, mailPayers, reminderLetter, stoppedLetter, trialLetter } from "./mails.ts";
import { queueCharges, closePages, findCard } from "./payments/asking.ts";
import { listOpenPages } from "./payments/queries.ts";
import { dueOf } from "./reckoning/account.ts";
import { dayOf, type Instant, trialEnd } from "./reckoning/calendar.ts";
import { Refusal } from "./reckoning/refusal.ts";
import { isDue, MAX_MISSED, missedPeriods, renew, renewFromNow } from "./reckoning/renewal.ts";
import { beginTrial, type Moment, type Subscription } from "./reckoning/subscription.ts";
import type { Tax } from "./reckoning/tax.ts";
import { runningOf, type Stored, toDate, toInstant } from "./rows.ts";
import { type Standing, standingOf, stopsTalk, trialToldAt } from "./standing.ts";
import {
  findSubscription,
  type Issued,
  openAccount,
  receivableOf,
  saveNew,
  saveStep,
  sharesSeries,
  type Terms,
} from "./store.ts";
import * as storeQueries from "./store-queries.ts";
import { taxFor } from "./terms.ts";

export type Sale = NonNullable<Billing["sale"]>;

/** The context of one transaction that handles a workspace's billing. */
export interface BillingCtx {
  services: Pick<Services, "billing" | "database" | "keys" | "payments" | "publicUrl" | "log" | "numbers">;
  tx: TenantTx;
  sale: Sale;
  now: Instant;
  audit: Audit;
  /** The workspace's names, and the addresses that its bills go to. */
  payers: () => Promise<queries.Payers>;
  /** Whether this is part of a run over many workspaces, which draws and mails their documents at its end. */
  inRun: boolean;
}

/** The audit log names whoot as the actor of automatic steps. */
export function openBillingCtx(services: BillingCtx["services"], tx: TenantTx, sale: Sale, { inRun = false } = {}): BillingCtx {
  let payers: Promise<queries.Payers> | undefined;
  return {
    ...{ services, tx, sale, now: services.billing.now(), audit: openAudit(tx, WHOOT) },
    payers: () => (payers ??= queries.findPayers(tx.db)),
    inRun,
  };
}

/** @throws PlatformRefusal billing_off */
export function billingCtxOf(ctx: Ctx): BillingCtx {
  const { sale } = ctx.services.billing;
  if (!sale) throw new PlatformRefusal("billing_off");
  return openBillingCtx(ctx.services, ctx, sale);
}

/** The parts of a document other than its lines. */
export async function termsAt({ services, sale, payers }: BillingCtx, at: Instant): Promise<Terms> {
  const { catalogue, issuer } = sale;
  const { name: workspaceName } = await payers();
  return {
    at,
    dueDays: catalogue.dueDays,
    seller: issuer,
    workspaceName,
    sample: services.billing.isSample,
    sharesSeries: sharesSeries({ sale }),
  };
}

/** The tax of a new charge. A workspace without a country is taxed as if it were in the issuer's. */
export async function taxNow(tx: TenantTx, { catalogue, issuer }: Sale): Promise<Tax> {
  const account = await storeQueries.findBillingAccount(tx.db);
  const country = account?.country ?? issuer.address.country;
  return taxFor(catalogue, { country, isBusiness: (account?.tax_id_confirmed_at ?? null) !== null });
}

async function momentOf({ tx, sale, now }: BillingCtx): Promise<Moment> {
  return { now, tax: await taxNow(tx, sale) };
}

export async function workspaceTarget({ tx, payers }: BillingCtx) {
  return { type: "workspace" as const, id: tx.tenantId, name: (await payers()).name };
}

/** A number that could not be noted is noted at the next start. */
async function noteNumber({ numbers, log }: BillingCtx["services"], { series: { prefix, number } }: Issued): Promise<void> {
  await numbers
    .note(prefix, number)
    .catch((error: unknown) => log.error({ err: error, prefix }, "noting a document number failed"));
}

/** Audits and mails a document. */
export async function announceDocument(billingCtx: BillingCtx, issued: Issued | null, currency: Currency): Promise<void> {
  if (!issued) return;
  const { invoiceId, number, kind, gross, due, dueOn } = issued;
  const { services, tx, audit, inRun } = billingCtx;
  tx.afterCommit(() => {
    const noted = noteNumber(services, issued);
    // A run waits once, before it mails, so that one write notes many numbers.
    if (!inRun) return noted;
  });
  audit.record({
    action: "billing.document_issued",
    target: { type: "invoice", id: invoiceId, name: number },
    changes: { kind: { to: kind }, gross: { to: moneyText(gross, currency) } },
  });
  if (due > 0n) await queueCharges(tx, services.payments, [invoiceId]);
  const facts = { number, kind, gross, due, dueOn, currency, card: await findCard(tx, services.payments) };
  await mailPayers(billingCtx, (workspace) => documentLetter(workspace, facts), { documentId: invoiceId });
}

/** Opens the account of a workspace that never had a subscription, and starts its trial if there is one. */
async function startBilling(billingCtx: BillingCtx): Promise<Stored | null> {
  const { tx, sale, now, audit } = billingCtx;
  await openAccount(tx, sharesSeries({ sale }));
  const { days, perOwner } = sale.catalogue.trial;
  if (days === 0 || !(await queries.takeTrial(tx.db, perOwner))) return null;
  const trial = beginTrial([], trialEnd(now, days), await momentOf(billingCtx));
  const bought = { catalogueVersion: sale.version, currency: sale.catalogue.currency };
  const { stored } = await saveNew(tx, trial, bought, await termsAt(billingCtx, now));
  const changes = { ends: { to: dayOf(trial.subscription.period.to) } };
  audit.record({ action: "billing.trial_started", target: await workspaceTarget(billingCtx), changes });
  return stored;
}

/**
 * Charges the periods that have begun, or ends the subscription.
 * @param most the operator must decide about more periods than this
 * @param fromNow charges only the present period, whatever was missed
 * @returns the subscription afterwards
 */
export async function renewDue(
  billingCtx: BillingCtx,
  stored: Stored,
  { most = MAX_MISSED, fromNow = false }: { most?: number; fromNow?: boolean } = {},
): Promise<Stored> {
  const { services, tx, now, audit } = billingCtx;
  try {
    // A halt is over: the clock may have been wrong, or the operator has decided.
    if (fromNow || missedPeriods(stored.subscription, now) <= most) tx.awaitAtCommit(storeQueries.halt(tx.db, null));
    if (!isDue(stored.subscription, now)) return stored;
    const [moment, terms] = await Promise.all([momentOf(billingCtx), termsAt(billingCtx, now)]);
    const step = fromNow ? renewFromNow(stored.subscription, moment) : renew(stored.subscription, moment, most);
    const { stored: renewed, issued } = await saveStep(tx, stored, step, terms);
    if (step.subscription.ended) audit.record({ action: "billing.ended", target: await workspaceTarget(billingCtx) });
    await announceDocument(billingCtx, issued, stored.currency);
    return renewed;
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason !== "too_many_missed") throw error;
    services.log.error(
      { tenantId: tx.tenantId },
      "a workspace missed more periods than are billed by themselves: decide with `npm run whoot -- billing renew SLUG`",
    );
    await storeQueries.halt(tx.db, error.reason);
    return stored;
  }
}

export interface Unpaid extends OpenInvoice {
  number: string;
  due: bigint;
}

/** Invoices with an amount due, the oldest first. */
export async function listUnpaid(tx: TenantTx): Promise<Unpaid[]> {
  const rows = await storeQueries.listOpenInvoices(tx.db);
  return rows.map((row) => {
    const { invoiceId, number, dueOn, reminded } = row;
    return { invoiceId, number, dueOn, reminded, due: dueOf(receivableOf(row)) };
  });
}

/** The amount due on an invoice; 0 if it is paid or unknown. */
export async function findDue(tx: TenantTx, invoiceId: string): Promise<bigint> {
  return (await listUnpaid(tx)).find((invoice) => invoice.invoiceId === invoiceId)?.due ?? 0n;
}

async function remind(
  billingCtx: BillingCtx,
  unpaid: readonly Unpaid[],
  putOff: PutOff | null,
  currency: Currency,
): Promise<void> {
  const { services, tx, sale, now, audit } = billingCtx;
  const { dunning } = sale.catalogue;
  for (const { invoiceId, day } of remindersDue(unpaid, dunning, now)) {
    const invoice = unpaid.find((one) => one.invoiceId === invoiceId);
    if (!invoice) continue;
    await storeQueries.insertReminder(tx.db, { tenantId: tx.tenantId, sentAt: toDate(now), invoiceId, day });
    const stops = talkStopsAt(unpaid, dunning, putOff, now);
    const stopsOn = stops !== null && stops > now ? dayOf(stops) : null;
    const facts = { ...invoice, currency, stopsOn };
    audit.record({ action: "billing.reminded", target: { type: "invoice", id: invoiceId, name: invoice.number } });
    await mailPayers(billingCtx, (workspace) => reminderLetter(workspace, facts), { documentId: invoiceId });
    await queueCharges(tx, services.payments, [invoiceId]);
  }
}

/** Mails the owner once, some days before the trial ends. */
async function mailTrialEnd(billingCtx: BillingCtx, subscription: Subscription | null, toldAt: Date | null): Promise<void> {
  const { tx, now } = billingCtx;
  const tellAt = subscription && trialToldAt(subscription);
  if (!subscription || tellAt === null || toldAt !== null || now < tellAt) return;
  await storeQueries.noteTrialTold(tx.db, toDate(now));
  const facts = { endsOn: dayOf(subscription.period.to), plan: subscription.plan !== null };
  await mailPayers(billingCtx, (workspace) => trialLetter(workspace, facts), { ownerOnly: true });
}

function putOffOf(account: Awaited<ReturnType<typeof storeQueries.findBillingAccount>>): PutOff | null {
  const { putOffFor: invoiceId = null, putOffUntil: until = null } = account ?? {};
  return invoiceId !== null && until !== null ? { invoiceId, until: toInstant(until) } : null;
}

/**
 * Stores what the workspace may do now, where requests and voice read it. Call at the end of every step.
 * @param known the subscription, if it was just read or stored
 */
export async function settle(billingCtx: BillingCtx, known?: Stored | null): Promise<Standing> {
  const { services, tx, sale, now } = billingCtx;
  const [stored, account, unpaid, pages, licences, before] = await Promise.all([
    known === undefined ? findSubscription(tx) : known,
    storeQueries.findBillingAccount(tx.db),
    listUnpaid(tx),
    // Nobody can close one without the provider.
    services.payments.provider === "manual" ? [] : listOpenPages(tx.db),
    countLicences(tx),
    storeQueries.findStanding(tx.db),
  ]);
  const running = runningOf(stored);
  const putOff = putOffOf(account);
  if (stored) await remind(billingCtx, unpaid, putOff, stored.currency);
  await mailTrialEnd(billingCtx, running?.subscription ?? null, account?.trialToldAt ?? null);
  const facts = {
    ...{ sale: sale.catalogue, open: unpaid, putOff },
    subscription: running?.subscription ?? null,
    members: licences.used,
    isHalted: account !== undefined && account.halted !== null,
    catalogue: running ? await catalogueOf(services.database, running.catalogueVersion) : sale.catalogue,
  };
  const standing = standingOf(facts, now);
  saveIfChanged(tx, before, { ...standing, until: dateOrNull(standing.until), lookAt: dateOrNull(standing.lookAt) });
  await mailStateChange(billingCtx, before.state, standing.state);
  await closePages(tx, pages, unpaid);
  return standing;
}

/** Stores what is allowed now, and announces it if it has changed. Call behind the roster lock. */
function saveIfChanged(
  tx: TenantTx,
  before: storeQueries.Standing,
  { lookAt, ...after }: storeQueries.Standing & { lookAt: Date | null },
) {
  tx.awaitAtCommit(storeQueries.setDueAt(tx.db, lookAt));
  const { state, until, licences, addOns } = after;
  if (isDeepStrictEqual(before, { state, until, licences, addOns })) return;
  tx.awaitAtCommit(storeQueries.saveStanding(tx.db, after));
  tx.awaitAtCommit(announceChanged(tx, "billing"));
}

/** Mails and audits the end of a plan, and that talk has stopped or is allowed again. */
async function mailStateChange(billingCtx: BillingCtx, before: string | null, now: Standing["state"]): Promise<void> {
  const { audit } = billingCtx;
  const isWithout = (state: string | null) => state === "free" || state === "none";
  if (before !== null && !isWithout(before) && isWithout(now)) {
    await mailPayers(billingCtx, (workspace) => endedLetter(workspace, now === "free"));
  }
  if (stopsTalk(now) && !stopsTalk(before)) {
    audit.record({ action: "billing.talk_stopped", target: await workspaceTarget(billingCtx) });
    if (now === "stopped") await mailPayers(billingCtx, stoppedLetter);
  }
  if (stopsTalk(before) && !stopsTalk(now)) {
    audit.record({ action: "billing.talk_allowed", target: await workspaceTarget(billingCtx) });
  }
}

function dateOrNull(instant: Instant | null): Date | null {
  return instant === null ? null : toDate(instant);
}

/**
 * Brings the billing of a workspace up to the present. Call behind the roster lock.
 * @param found the subscription, if it was just read
 * @returns the subscription, or the last one that ended
 */
export async function bringUpToDate(billingCtx: BillingCtx, found?: Stored | null): Promise<Stored | null> {
  const stored = (found === undefined ? await findSubscription(billingCtx.tx) : found) ?? (await startBilling(billingCtx));
  return stored && renewDue(billingCtx, stored);
}

/** The clock's step for one workspace. Mails with documents wait until the clock's run ends. */
export async function processTenant(services: BillingCtx["services"], tenantId: string): Promise<void> {
  const { sale } = services.billing;
  await services.database.withTenant(tenantId, async (tx) => {
    const [isThere, stored] = await Promise.all([lockRosterIfThere(tx), findSubscription(tx)]);
    if (!isThere) return;
    if (sale === null) return liftLimits(tx);
    const billingCtx = openBillingCtx(services, tx, sale, { inRun: true });
    await settle(billingCtx, await bringUpToDate(billingCtx, stored));
  });
}

/** Lifts all limits, because billing is off. */
async function liftLimits(tx: TenantTx): Promise<void> {
  const nothing = { state: null, until: null, licences: null, addOns: null, lookAt: null };
  saveIfChanged(tx, await storeQueries.findStanding(tx.db), nothing);
}
