/**
 * Stripe, through its own SDK. whoot keeps invoices and the amounts due; Stripe stores cards and charges them. Each charge has an
 * idempotency key made of its attempt. Stripe forgets keys after a day, so it is first asked whether it has the attempt already.
 */
import type { Logger } from "pino";
import { Stripe } from "stripe";
import type { StripeSettings } from "../../config.ts";
import { assertNoTransaction } from "../../platform/db/open-transaction.ts";
import { Refusal } from "../../platform/refusal.ts";
import { UUID } from "../../platform/uuid.ts";
import type {
  Attempt,
  AttemptKey,
  Books,
  Collected,
  PaymentFailure,
  Payments,
  PaymentSubject,
  ProviderFinding,
  ProviderPayment,
} from "../../services.ts";
import { CustomerGone, PaymentImpossible, ProviderUnavailable, WrongSignature } from "./errors.ts";
import { fromStripe, toStripe } from "./stripe-amounts.ts";

/** The API version of the SDK's types. */
const API_VERSION = "2026-10-28.endive";
/** Three tries of 20 s, so that a page waits for a minute at most. Jobs are repeated. */
const TIMEOUT_MS = 20_000;
const RETRIES = 2;
/** How many of a customer's payments are searched for an attempt, the newest first. */
const SEARCHED = 300;
/** An unknown payment younger than this, in seconds, prevents a charge. Restored backups are younger. */
const HELD = 35 * 86_400;
const PAGE = 100;
/** Seconds after which Stripe may forget an idempotency key. */
const KEPT = 86_400;

type Intent = Stripe.PaymentIntent;
type Session = Stripe.Checkout.Session;

function connect({ key, standIn }: StripeSettings): Stripe {
  const common = { apiVersion: API_VERSION, telemetry: false, maxNetworkRetries: RETRIES, timeout: TIMEOUT_MS } as const;
  return new Stripe(key, standIn ? { ...common, host: standIn.host, port: standIn.port, protocol: "http" } : common);
}

function metadataOf({ tenantId, invoiceId, number, kind }: Attempt) {
  return { whoot_tenant: tenantId, whoot_invoice: invoiceId, whoot_attempt: String(number), whoot_kind: kind };
}

/** The column holds no higher number. */
const MOST_ATTEMPTS = 32_767;

/** Returns null for a payment that is not whoot's. */
function keyOf(metadata: Stripe.Metadata | null): AttemptKey | null {
  const { whoot_tenant: tenantId = "", whoot_invoice: invoiceId = "", whoot_attempt: attempt = "" } = metadata ?? {};
  const number = /^\d{1,5}$/.test(attempt) ? Number(attempt) : 0;
  const isOurs = UUID.test(tenantId) && UUID.test(invoiceId) && number > 0 && number <= MOST_ATTEMPTS;
  return isOurs ? { tenantId, invoiceId, number } : null;
}

function requestKey({ tenantId, invoiceId, number, kind }: Attempt): string {
  return `whoot-${kind}-${tenantId}-${invoiceId}-${number}`;
}

const idOf = (object: string | { id: string } | null | undefined) => (typeof object === "string" ? object : (object?.id ?? null));

const DECLINES: Readonly<Record<string, PaymentFailure>> = {
  authentication_required: "authentication_required",
  insufficient_funds: "insufficient_funds",
  expired_card: "expired_card",
  resource_missing: "method_gone",
  amount_too_small: "amount",
  amount_too_large: "amount",
};

/** @param codes the most specific one first */
function failureOf(codes: ReadonlyArray<string | null | undefined>, otherwise: PaymentFailure): PaymentFailure {
  for (const code of codes) if (code && DECLINES[code]) return DECLINES[code];
  return otherwise;
}

/** The payment waits for a card or its holder. When whoot charges a card, nobody is there to act. */
const STUCK = ["requires_payment_method", "requires_confirmation", "requires_action"];

function intentFailure({ status, last_payment_error: error, metadata }: Intent): PaymentFailure {
  // The person on the page saw that their card failed. The end of the page is no news.
  if (status === "canceled" && metadata["whoot_kind"] === "page") return "page_expired";
  if (status === "requires_action") return "authentication_required";
  return failureOf([error?.code, error?.decline_code], error ? "declined" : "refused");
}

const STATES: Readonly<Record<string, ProviderPayment["state"]>> = {
  succeeded: "succeeded",
  processing: "processing",
  canceled: "failed",
};

function paymentOf(intent: Intent): ProviderPayment | null {
  const key = keyOf(intent.metadata);
  if (!key) return null;
  const state = STATES[intent.status] ?? "created";
  return {
    key,
    customerId: idOf(intent.customer),
    paymentId: intent.id,
    state,
    amount: fromStripe(state === "succeeded" ? intent.amount_received : intent.amount, intent.currency),
    currency: intent.currency.toUpperCase(),
    failure: state === "failed" ? intentFailure(intent) : null,
  };
}

/** A payment on a page. While the page is open, a declined card can be followed by another one. */
function pagePaymentOf(session: Session): ProviderPayment | null {
  const key = keyOf(session.metadata);
  if (!key) return null;
  const intent = typeof session.payment_intent === "object" ? session.payment_intent : null;
  const paid = intent && paymentOf(intent);
  if (paid && paid.state !== "created") return paid;
  const common = { key, customerId: idOf(session.customer), paymentId: intent?.id ?? null };
  const amount = fromStripe(session.amount_total ?? 0, session.currency ?? "");
  const sum = { amount, currency: (session.currency ?? "").toUpperCase() };
  if (session.status === "open") return { ...common, ...sum, state: "created", failure: null };
  const failure = session.status === "expired" ? "page_expired" : "declined";
  return { ...common, ...sum, state: "failed", failure };
}

function methodOf(session: Session): ProviderFinding | null {
  const { setup_intent: intent, customer, status } = session;
  const customerId = idOf(customer);
  if (status !== "complete" || customerId === null || typeof intent !== "object" || !intent) return null;
  const { payment_method: method } = intent;
  if (intent.status !== "succeeded" || typeof method !== "object" || !method?.card) return null;
  // The card was detached meanwhile.
  if (idOf(method.customer) !== customerId) return null;
  const setUpAt = new Date(method.created * 1_000);
  return { what: "method", method: { customerId, methodId: method.id, ...cardOf(method.card), setUpAt } };
}

function cardOf({ brand, last4, exp_month: month, exp_year: year }: Stripe.PaymentMethod.Card) {
  return { brand, last4, expires: `${year}-${String(month).padStart(2, "0")}` };
}

function incidentOf(kind: "refund" | "dispute", incident: Stripe.Refund | Stripe.Dispute): ProviderFinding | null {
  const { id, status, amount, currency, payment_intent: intent } = incident;
  if (typeof intent !== "object" || !intent) return null;
  const payment = paymentOf(intent);
  const common = { kind, incidentId: id, state: status ?? "unknown", amount: fromStripe(amount, currency) };
  return payment && { what: "incident", incident: { ...common, payment } };
}

function findingOf(payment: ProviderPayment | null): ProviderFinding | null {
  return payment && { what: "payment", payment };
}

function sessionFinding(session: Session): ProviderFinding | null {
  return session.mode === "setup" ? methodOf(session) : findingOf(pagePaymentOf(session));
}

const INTENT_EVENTS = new Set(["processing", "succeeded", "payment_failed", "canceled"].map((name) => `payment_intent.${name}`));
const SESSION_EVENTS = new Set(
  ["completed", "expired", "async_payment_succeeded", "async_payment_failed"].map((name) => `checkout.session.${name}`),
);

/** Refunds and disputes carry no data of whoot, so their payment is looked up. */
const INCIDENT_EVENTS: Readonly<Record<string, "refund" | "dispute">> = {
  ...{ "refund.created": "refund", "refund.updated": "refund", "refund.failed": "refund" },
  ...{ "charge.dispute.created": "dispute", "charge.dispute.updated": "dispute", "charge.dispute.closed": "dispute" },
};

/** A card or a customer that changed without whoot. */
function cardSubject(event: Stripe.Event): PaymentSubject | null {
  if (event.type === "customer.deleted") return { kind: "customer", id: event.data.object.id };
  if (event.type === "payment_method.automatically_updated" || event.type === "payment_method.updated") {
    const customerId = idOf(event.data.object.customer);
    return customerId === null ? null : { kind: "card", id: event.data.object.id, customerId };
  }
  if (event.type !== "payment_method.detached") return null;
  const customerId = idOf(event.data.previous_attributes?.customer);
  return customerId === null ? null : { kind: "card", id: event.data.object.id, customerId };
}

function subjectOf(event: Stripe.Event): PaymentSubject | null {
  const { type, data } = event;
  const { id = "", metadata = null } = data.object as { id?: string; metadata?: Stripe.Metadata | null };
  const incident = INCIDENT_EVENTS[type];
  if (incident) return { kind: incident, id };
  const card = cardSubject(event);
  if (card) return card;
  if (!UUID.test(metadata?.["whoot_tenant"] ?? "")) return null;
  if (INTENT_EVENTS.has(type)) return { kind: "payment", id };
  return SESSION_EVENTS.has(type) ? { kind: "page", id } : null;
}

const EXPANDED = ["payment_intent", "setup_intent.payment_method"];

export function openStripe(settings: StripeSettings, log: Logger): Payments {
  const stripe = connect(settings);
  const isLive = settings.key.includes("_live_");

  /** Logs only the error's codes, because Stripe's sentences may name cards and customers. */
  function unavailable(error: unknown): ProviderUnavailable {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const { type, code, statusCode, requestId } = error;
    if (statusCode === 401 || statusCode === 403) {
      log.error(
        { stripe: { type, code, requestId } },
        "Stripe refuses WHOOT_STRIPE_KEY: billingCtx whether it is valid, and what it may do",
      );
      return new ProviderUnavailable();
    }
    log.warn({ stripe: { type, code, statusCode, requestId } }, "Stripe did not say what became of a request; asking again");
    return new ProviderUnavailable();
  }

  /** Every request to Stripe goes through this. @throws ProviderUnavailable */
  async function requesting<Result>(request: () => Promise<Result>): Promise<Result> {
    assertNoTransaction("a request to Stripe");
    try {
      return await request();
    } catch (error) {
      if (error instanceof Refusal || error instanceof CustomerGone) throw error;
      throw unavailable(error);
    }
  }

  const isMissing = (error: unknown) =>
    error instanceof Stripe.errors.StripeInvalidRequestError && error.code === "resource_missing";

  function orMissing<Found>(retrieving: Promise<Found>): Promise<Found | null> {
    return retrieving.catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
  }

  /**
   * Finds the attempt's payment at Stripe: its answer was lost, or a backup was restored. Without one, returns the customer's recent
   * payments.
   */
  async function findIntent({ tenantId, customerId, invoiceId, number }: Attempt) {
    let searched = 0;
    const others: ProviderPayment[] = [];
    const since = Date.now() / 1_000 - HELD;
    for await (const intent of stripe.paymentIntents.list({ customer: customerId, limit: PAGE })) {
      const payment = paymentOf(intent);
      if (payment?.key.invoiceId === invoiceId && payment.key.number === number) return { intent, others: [] };
      if (payment?.state === "succeeded" && payment.key.tenantId === tenantId && intent.created >= since) others.push(payment);
      searched += 1;
      if (searched === SEARCHED) break;
    }
    return { intent: null, others };
  }

  /** Cancels a stuck payment, so that nobody can pay it later. */
  async function conclude(intent: Intent): Promise<ProviderPayment> {
    const payment = paymentOf(intent);
    if (!payment) throw new Error("Stripe answered with a payment that is not whoot's");
    if (!STUCK.includes(intent.status)) return payment;
    const failure = intentFailure(intent);
    try {
      await stripe.paymentIntents.cancel(intent.id);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
      // The payment has moved meanwhile.
      const now = await stripe.paymentIntents.retrieve(intent.id);
      const moved = paymentOf(now);
      if (!moved || STUCK.includes(now.status)) throw error;
      return moved;
    }
    return { ...payment, state: "failed", failure };
  }

  const failed = (attempt: Attempt, failure: PaymentFailure): ProviderPayment => ({
    key: { tenantId: attempt.tenantId, invoiceId: attempt.invoiceId, number: attempt.number },
    ...{ customerId: attempt.customerId, paymentId: null, state: "failed", failure },
    ...{ amount: attempt.amount, currency: attempt.currency.code },
  });

  async function charge(attempt: Attempt, amount: number, { isDue, findUnknown }: Books): Promise<Collected> {
    const { customerId: customer, methodId, currency, document } = attempt;
    try {
      const { intent, others } = await findIntent(attempt);
      if (intent) return { outcome: await conclude(intent) };
      if (!isDue) return { outcome: failed(attempt, "not_due") };
      const unknown = await findUnknown(others);
      if (unknown) return { unknown };
      const created = await stripe.paymentIntents.create(
        {
          amount,
          customer,
          currency: currency.code.toLowerCase(),
          payment_method: methodId ?? "",
          allowed_payment_method_types: ["card"],
          off_session: true,
          confirm: true,
          description: `Invoice ${document}`,
          metadata: metadataOf(attempt),
        },
        { idempotencyKey: requestKey(attempt) },
      );
      return { outcome: await conclude(created) };
    } catch (error) {
      if (error instanceof Stripe.errors.StripeCardError) {
        const { payment_intent: intent, code, decline_code: decline } = error;
        return { outcome: intent ? await conclude(intent) : failed(attempt, failureOf([code, decline], "declined")) };
      }
      // Refused before anything was created. Errors about the key are of another class.
      if (error instanceof Stripe.errors.StripeInvalidRequestError) {
        return { outcome: failed(attempt, failureOf([error.code], "refused")) };
      }
      throw error;
    }
  }

  function pageOf(session: Session): { pageId: string; url: string } | null {
    return session.status === "open" && session.url ? { pageId: session.id, url: session.url } : null;
  }

  async function createPage(attempt: Attempt, back: string): Promise<Session> {
    const amount = toStripe(attempt.amount, attempt.currency);
    if (amount === null) throw new PaymentImpossible();
    const metadata = metadataOf(attempt);
    const invoice = `Invoice ${attempt.document}`;
    return stripe.checkout.sessions.create(
      {
        mode: "payment",
        customer: attempt.customerId,
        line_items: [
          {
            quantity: 1,
            price_data: {
              currency: attempt.currency.code.toLowerCase(),
              unit_amount: amount,
              product_data: { name: invoice },
            },
          },
        ],
        metadata,
        payment_intent_data: { metadata, description: invoice },
        // Charge exactly the invoice's amount and currency.
        adaptive_pricing: { enabled: false },
        success_url: `${back}?payment=made`,
        cancel_url: back,
      },
      { idempotencyKey: requestKey(attempt) },
    );
  }

  const WITH_INTENT = { expand: ["payment_intent"] };

  async function findCard({ id: methodId, customerId = "" }: PaymentSubject): Promise<ProviderFinding> {
    const found = await orMissing(stripe.paymentMethods.retrieve(methodId));
    const card = found?.card && idOf(found.customer) === customerId ? cardOf(found.card) : null;
    return { what: "card", customerId, methodId, card };
  }

  /** The customer of an earlier request whose answer was lost. For a day, Stripe knows it by the key. @param key a UUID of version 7 */
  async function findCustomer(tenantId: string, key: string): Promise<string | null> {
    const begun = Math.floor(Number.parseInt(key.replaceAll("-", "").slice(0, 12), 16) / 1_000);
    if (begun > Date.now() / 1_000 - KEPT / 2) return null;
    const created = { gte: begun - KEPT };
    for await (const { id, metadata } of stripe.customers.list({ created, limit: PAGE })) {
      if (metadata["whoot_tenant"] === tenantId) return id;
    }
    return null;
  }

  async function isGone(customerId: string): Promise<boolean> {
    const customer = await orMissing(stripe.customers.retrieve(customerId));
    return customer === null || customer.deleted === true;
  }

  async function find(subject: PaymentSubject): Promise<ProviderFinding | null> {
    const { kind, id } = subject;
    switch (kind) {
      case "payment":
        return findingOf(paymentOf(await stripe.paymentIntents.retrieve(id)));
      case "page":
        return sessionFinding(await stripe.checkout.sessions.retrieve(id, { expand: EXPANDED }));
      case "refund":
        return incidentOf(kind, await stripe.refunds.retrieve(id, WITH_INTENT));
      case "dispute":
        return incidentOf(kind, await stripe.disputes.retrieve(id, WITH_INTENT));
      case "card":
        return findCard(subject);
      case "customer":
        return (await isGone(id)) ? { what: "customer gone", customerId: id } : null;
    }
  }

  return {
    provider: "stripe",

    openCustomer: ({ tenantId, key }) =>
      requesting(async () => {
        const lost = await findCustomer(tenantId, key);
        if (lost) return lost;
        const metadata = { whoot_tenant: tenantId };
        return (await stripe.customers.create({ metadata }, { idempotencyKey: `whoot-customer-${key}` })).id;
      }),

    setUp: ({ customerId, tenantId, currency }, back) =>
      requesting(async () => {
        try {
          const { url } = await stripe.checkout.sessions.create({
            mode: "setup",
            customer: customerId,
            currency: currency.code.toLowerCase(),
            allowed_payment_method_types: ["card"],
            metadata: { whoot_tenant: tenantId },
            success_url: `${back}?payment=set-up`,
            cancel_url: back,
          });
          if (!url) throw new ProviderUnavailable();
          return url;
        } catch (error) {
          throw isMissing(error) ? new CustomerGone() : error;
        }
      }),

    async collect(attempt, books) {
      const amount = toStripe(attempt.amount, attempt.currency);
      if (amount === null) return { outcome: failed(attempt, books.isDue ? "amount" : "not_due") };
      return requesting(() => charge(attempt, amount, books));
    },

    openPage: (attempt, back) =>
      requesting(async () => {
        try {
          const { pageId } = attempt;
          const session = pageId === null ? await createPage(attempt, back) : await stripe.checkout.sessions.retrieve(pageId);
          return pageOf(session);
        } catch (error) {
          // The workspace's slug has changed since the first request, whose answer was lost. Nobody has seen that page.
          if (error instanceof Stripe.errors.StripeIdempotencyError) return null;
          if (isMissing(error)) throw new CustomerGone();
          const isAmount = error instanceof Stripe.errors.StripeInvalidRequestError && DECLINES[error.code ?? ""] === "amount";
          throw isAmount ? new PaymentImpossible() : error;
        }
      }),

    closePage: (pageId) =>
      requesting(async () => {
        try {
          await stripe.checkout.sessions.expire(pageId);
        } catch (error) {
          // The page is paid, or has expired.
          if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
        }
      }),

    readEvent(body, signature) {
      for (const secret of settings.webhookSecrets) {
        let event: Stripe.Event;
        try {
          event = stripe.webhooks.constructEvent(body, signature, secret);
        } catch {
          continue;
        }
        return { eventId: event.id, about: event.livemode === isLive ? subjectOf(event) : null };
      }
      throw new WrongSignature();
    },

    find: (subject) => requesting(() => find(subject)),

    async *listSince(at) {
      const created = { gte: Math.floor(at.getTime() / 1_000) };
      const expand = EXPANDED.map((path) => `data.${path}`);
      assertNoTransaction("a request to Stripe");
      try {
        for await (const session of stripe.checkout.sessions.list({ created, limit: PAGE, expand })) {
          const finding = sessionFinding(session);
          if (finding) yield finding;
        }
        for await (const intent of stripe.paymentIntents.list({ created, limit: PAGE })) {
          const finding = findingOf(paymentOf(intent));
          if (finding) yield finding;
        }
        for await (const refund of stripe.refunds.list({ created, limit: PAGE, expand: ["data.payment_intent"] })) {
          const finding = incidentOf("refund", refund);
          if (finding) yield finding;
        }
        for await (const dispute of stripe.disputes.list({ created, limit: PAGE, expand: ["data.payment_intent"] })) {
          const finding = incidentOf("dispute", dispute);
          if (finding) yield finding;
        }
      } catch (error) {
        throw unavailable(error);
      }
    },

    detach: (methodId) =>
      requesting(async () => {
        try {
          await stripe.paymentMethods.detach(methodId);
        } catch (error) {
          // The card is detached already.
          if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
        }
      }),

    forget: (customerId) =>
      requesting(async () => {
        try {
          await stripe.customers.del(customerId);
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
      }),
  };
}
