/** Compares the provider's data with the attempts, each night and at the start, because events get lost. */
import type { JobKind } from "../../platform/jobs.ts";
import { enqueue } from "../../platform/jobs.ts";
import type { TenantTx } from "../../platform/db/pools.ts";
import type { PaymentSubject, Services } from "../../services.ts";
import type { BillingCtx } from "../lifecycle.ts";
import { mailPayers } from "../mails.ts";
import { DAY } from "../reckoning/calendar.ts";
import { toDate } from "../rows.ts";
import { pagesOfTenants } from "../tenant-pages.ts";
import { queueCharge, findCard } from "./asking.ts";
import { inLook, type PaymentServices } from "./attempts.ts";
import { ProviderUnavailable } from "./errors.ts";
import { LOOK_UP, recordFinding } from "./events.ts";
import { daysUntilExpiry, dueWarning } from "./expiry.ts";
import { expiryLetter } from "./letters.ts";
import { listParked, receivedText } from "./parked.ts";
import * as queries from "./queries.ts";

interface Run {
  /** Whether the server has just started, so that no job waits for an answer. */
  atStart?: boolean;
}

export const RECONCILE: JobKind<Run> = { name: "reconcilePayments", crew: "payments", schedule: "23 3 * * *" };

/** Objects this much older than the last comparison may have changed since. Stripe repeats events for three days. */
const OVERLAP_MS = 3 * DAY * 1_000;
/** How far the first comparison looks back. */
const FIRST_SPAN_MS = 35 * DAY * 1_000;
/** A refund can fail for weeks after it succeeded. */
const REFUNDS_MS = 60 * DAY * 1_000;
/** In seconds. By then, jobs have repeated their requests. */
const PENDING = 3_600;

/** Reminds the operator of payments that are in no ledger. */
async function nameParked({ tx, services: { log } }: BillingCtx): Promise<void> {
  for (const parked of await listParked(tx.db)) {
    const { document, paymentId: payment } = parked;
    log.warn(
      { tenantId: tx.tenantId, document, payment, received: receivedText(parked) },
      "a payment is in no ledger yet: record it with `npm run whoot -- billing paid NUMBER AMOUNT PAYMENT`",
    );
  }
}

/** Keyed by the object, so that a repeated comparison queues no second look-up. */
async function lookUpOnce(tx: TenantTx, about: PaymentSubject): Promise<void> {
  await enqueue(tx.db, LOOK_UP, about, `${LOOK_UP.name} ${about.id}`);
}

/** Asks again about pending attempts: their job may have given up, or the event got lost. */
async function askAgain({ tx, now }: BillingCtx, pendingFor: number): Promise<void> {
  const pending = await queries.listPending(tx.db, toDate(now - pendingFor), toDate(now));
  for (const attempt of pending) {
    const { invoiceId, number, kind, state, pageId, paymentId } = attempt;
    if (kind === "card" && state === "created") await queueCharge(tx, { tenantId: tx.tenantId, invoiceId, number });
    else if (pageId !== null) await lookUpOnce(tx, { kind: "page", id: pageId });
    else if (paymentId !== null) await lookUpOnce(tx, { kind: "payment", id: paymentId });
  }
}

/** Looks up refunds and disputes that may have changed without an event. */
async function lookUpIncidents({ tx }: BillingCtx, since: Date): Promise<void> {
  for (const { incidentId, kind } of await queries.listOpenIncidents(tx.db, new Date(since.getTime() - REFUNDS_MS))) {
    await lookUpOnce(tx, { kind: kind as "refund" | "dispute", id: incidentId });
  }
}

async function warnOfExpiry(billingCtx: BillingCtx): Promise<void> {
  const { tx, now, services } = billingCtx;
  const account = await queries.findPaymentAccount(tx.db);
  const card = await findCard(tx, services.payments);
  if (!account || !card?.expires) return;
  const days = daysUntilExpiry(card.expires, now);
  const warning = dueWarning(days, account.expiryTold);
  if (warning === null) return;
  await queries.setExpiryTold(tx.db, warning);
  await mailPayers(billingCtx, (workspace) => expiryLetter(workspace, card));
}

/** Runs `work` for each workspace that has a customer at the provider. A failure does not stop the others. */
async function inEach(
  services: PaymentServices,
  signal: AbortSignal,
  work: (billingCtx: BillingCtx) => Promise<void>,
): Promise<void> {
  for await (const tenantIds of pagesOfTenants(services.database, "who pays through the provider", queries.listTenants)) {
    for (const tenantId of tenantIds) {
      signal.throwIfAborted();
      await inLook(services, tenantId, work).catch((error: unknown) =>
        services.log.error({ err: error, tenantId }, "following up a workspace's payments failed"),
      );
    }
  }
}

/** Jobs of a killed process stay locked for hours. The comparison queues new ones, which are harmless beside them. */
export async function resumePayments({ payments, database }: Pick<Services, "payments" | "database">): Promise<void> {
  if (payments.provider === "manual") return;
  await database.asPlatform("payments of before the start", ({ db }) =>
    enqueue(db, RECONCILE, { atStart: true }, RECONCILE.name),
  );
}

/** Compares everything since the last comparison, even if the server was off for long or an older backup was restored. */
export async function reconcile(services: PaymentServices, { atStart = false }: Run, signal: AbortSignal): Promise<void> {
  if (!services.billing.sale) return;
  // Payments that came in before the operator gave up the provider may still be in no ledger.
  if (services.payments.provider === "manual") return inEach(services, signal, nameParked);
  const startedAt = Date.now();
  const last = await services.database.asPlatformStatement("the last comparison of payments", queries.findReconciledAt);
  // If the clock was ahead at the last comparison, its time means nothing.
  const isTrusted = last !== null && last.getTime() <= startedAt;
  const since = new Date(isTrusted ? last.getTime() - OVERLAP_MS : startedAt - FIRST_SPAN_MS);
  let isComplete = true;
  let refused: ProviderUnavailable | null = null;
  try {
    for await (const finding of services.payments.listSince(since)) {
      signal.throwIfAborted();
      await recordFinding(services, finding).catch((error: unknown) => {
        isComplete = false;
        services.log.error({ err: error }, "comparing a payment with its attempt failed; the next comparison tries it again");
      });
    }
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error;
    refused = error;
  }
  // The provider's lists don't have these.
  await inEach(services, signal, async (billingCtx) => {
    await nameParked(billingCtx);
    await askAgain(billingCtx, atStart ? 0 : PENDING);
    await lookUpIncidents(billingCtx, since);
    await warnOfExpiry(billingCtx);
  });
  await services.database.asPlatformStatement("events of the payment provider that are old", queries.pruneEvents);
  if (refused) throw refused;
  if (!isComplete) return;
  await services.database.asPlatformStatement("until when payments are compared", (db) =>
    queries.setReconciledAt(db, new Date(startedAt)),
  );
}
