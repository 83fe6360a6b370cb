/**
 * Stands in for Stripe: an HTTP server that keeps customers, cards, pages, payments and idempotency keys as Stripe does. It only answers
 * requests that whoot makes. Tests act for the people on the pages, and send the events.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Stripe } from "stripe";
import type { StripeSettings } from "../../../config.ts";
import { customer, paymentIntent, paymentMethod, session, setupIntent } from "./stripe-objects.ts";

export type CardKind = "good" | "declined" | "insufficient_funds" | "authentication_required" | "slow";
/** `before`: the request is lost. `after`: the request is done, and the answer is lost. */
export type Fault = "before" | "after" | 409 | 429 | 500;
/** Kills the process that sends the request. */
type Killer = { moment: "before" | "after"; kill: () => Promise<void> };

interface Answer {
  status: number;
  body: unknown;
}

interface Seen extends Answer {
  fingerprint: string;
}

interface Asked {
  method: string;
  path: string;
  form: URLSearchParams;
}

type Session = Stripe.Checkout.Session;
type Intent = Stripe.PaymentIntent;

const KEY = "sk_test_0123456789";
const SECRET = "whsec_0123456789";
export const OLD_SECRET = "whsec_9876543210";
export const STAND_IN_KEYS = { key: KEY, webhookSecrets: [SECRET, OLD_SECRET] };
const now = () => Math.floor(Date.now() / 1_000);
const ok = (body: unknown): Answer => ({ status: 200, body });
const refused = (status: number, error: object): Answer => ({ status, body: { error } });
const missing = (param: string) => refused(400, { type: "invalid_request_error", code: "resource_missing", param });

function metadataIn(form: URLSearchParams, prefix = "metadata"): Stripe.Metadata {
  const entries = [...form].flatMap(([name, value]) => {
    const [, key] = new RegExp(`^${prefix.replaceAll(/[[\]]/g, String.raw`\$&`)}\\[(\\w+)\\]$`).exec(name) ?? [];
    return key === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

/** An event, as Stripe signs and sends it. */
export function stripeEvent(
  type: Stripe.Event["type"],
  object: { id: string; metadata?: Stripe.Metadata | null },
  { at = now(), secret = SECRET }: { at?: number; secret?: string } = {},
): { body: string; signature: string } {
  const event = {
    ...{ id: `evt_${randomUUID()}`, object: "event", api_version: null, created: at, livemode: false },
    ...{ pending_webhooks: 1, request: null, type, data: { object } },
  };
  // Odd spacing and letters of several bytes, because the signature covers the bytes as they were sent.
  const body = `${JSON.stringify({ ...event, note: "é  ☎" }, null, 3)}\n`;
  return { body, signature: new Stripe(KEY).webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at }) };
}

export class StandIn {
  readonly settings = {
    ...STAND_IN_KEYS,
    standIn: { host: "127.0.0.1" as const, port: 0 },
  } satisfies StripeSettings;
  readonly customers = new Map<string, Stripe.Customer>();
  readonly methods = new Map<string, Stripe.PaymentMethod & { kind: CardKind }>();
  readonly sessions = new Map<string, Session>();
  readonly intents = new Map<string, Intent>();
  readonly refunds = new Map<string, Stripe.Refund>();
  readonly disputes = new Map<string, Stripe.Dispute>();
  readonly #keys = new Map<string, Seen>();
  /** A list that the key may not read. */
  refuseList: string | null = null;
  /** The requests that change something, in order. */
  readonly asked: Asked[] = [];
  #faults: { path: string; faults: Array<Fault | Killer> } = { path: "", faults: [] };
  #count = 0;
  #setUps = 0;

  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "", "http://stand-in");
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    for (const [name, value] of url.searchParams) form.append(name, value);
    await this.#answer(
      { method: request.method ?? "", path: url.pathname, form },
      String(request.headers["idempotency-key"] ?? ""),
      response,
    );
  }

  #id = (prefix: string) => `${prefix}_${String(++this.#count).padStart(14, "0")}`;

  async #answer(asked: Asked, key: string, response: ServerResponse): Promise<void> {
    const isMeant = asked.method !== "GET" && asked.path.startsWith(this.#faults.path);
    const fault = isMeant ? this.#faults.faults.shift() : undefined;
    const killer = typeof fault === "object" ? fault : null;
    const lost = killer?.moment ?? fault;
    if (lost === "before") {
      await killer?.kill();
      return void response.destroy();
    }
    const answer = typeof fault === "number" ? refused(fault, { type: "api_error" }) : this.#once(asked, key);
    if (lost === "after") {
      await killer?.kill();
      return void response.destroy();
    }
    // Otherwise the SDK would repeat some errors, after a pause.
    const headers = { "content-type": "application/json", "request-id": this.#id("req"), "stripe-should-retry": "false" };
    response.writeHead(answer.status, headers);
    response.end(JSON.stringify(answer.body));
  }

  /** Answers a repeated key as before, even with an error. Refuses the key for another request. */
  #once(asked: Asked, key: string): Answer {
    if (asked.method === "GET" || key === "") return this.#do(asked);
    const fingerprint = JSON.stringify([asked.method, asked.path, [...asked.form].toSorted()]);
    const seen = this.#keys.get(key);
    if (seen && seen.fingerprint !== fingerprint) return refused(400, { type: "idempotency_error" });
    if (seen) return seen;
    const answer = this.#do(asked);
    this.#keys.set(key, { fingerprint, ...structuredClone(answer) });
    return answer;
  }

  #do(asked: Asked): Answer {
    const { method, path, form } = asked;
    if (method !== "GET") this.asked.push(asked);
    const [, , what = "", id = "", more = ""] = path.replace("/checkout/", "/").split("/");
    if (method === "GET" && id === "" && what === this.refuseList) return refused(403, { type: "invalid_request_error" });
    switch (`${method} ${what} ${id ? "id" : ""} ${more}`.trim()) {
      case "POST customers":
        return this.#keep(this.customers, customer(this.#id("cus"), metadataIn(form), now()));
      case "DELETE customers id":
        return this.customers.delete(id) ? ok({ id, object: "customer", deleted: true }) : missing("id");
      case "POST sessions":
        return this.#openSession(form);
      case "POST sessions id expire":
        return this.#expire(id);
      case "GET sessions id":
        return this.#get(this.sessions, id);
      case "GET sessions":
        return this.#list(this.sessions.values(), form);
      case "POST payment_intents":
        return this.#charge(form);
      case "GET customers":
        return this.#list(this.customers.values(), form);
      case "GET customers id":
        return this.#get(this.customers, id);
      case "GET payment_methods id":
        return this.#get(this.methods, id);
      case "GET refunds id":
        return this.#get(this.refunds, id);
      case "GET disputes id":
        return this.#get(this.disputes, id);
      case "GET payment_intents id":
        return this.#get(this.intents, id);
      case "GET payment_intents":
        return this.#list(
          [...this.intents.values()].filter((intent) => !form.has("customer") || intent.customer === form.get("customer")),
          form,
        );
      case "GET refunds":
        return this.#list(this.refunds.values(), form);
      case "GET disputes":
        return this.#list(this.disputes.values(), form);
      case "POST payment_intents id cancel":
        return this.#cancel(id);
      case "POST payment_methods id detach":
        return this.#detach(id);
      default:
        return refused(404, { type: "invalid_request_error", message: `the stand-in has no ${method} ${path}` });
    }
  }

  #keep<Thing extends { id: string }>(map: Map<string, Thing>, thing: Thing): Answer {
    map.set(thing.id, thing);
    return ok(thing);
  }

  #get(map: ReadonlyMap<string, unknown>, id: string): Answer {
    const found = map.get(id);
    return found ? ok(found) : missing("id");
  }

  #list(things: Iterable<{ created: number }>, form: URLSearchParams): Answer {
    const since = Number(form.get("created[gte]") ?? 0);
    const data = [...things].filter(({ created }) => created >= since).toReversed();
    return ok({ object: "list", has_more: false, url: "", data } satisfies Stripe.ApiList<unknown>);
  }

  #openSession(form: URLSearchParams): Answer {
    const owner = form.get("customer") ?? "";
    if (!this.customers.has(owner)) return missing("customer");
    const isSetUp = form.get("mode") === "setup";
    const price = "line_items[0][price_data]";
    const facts = {
      ...{ id: this.#id("cs_test"), customer: owner, metadata: metadataIn(form), created: now() },
      ...{ mode: isSetUp ? ("setup" as const) : ("payment" as const), success_url: form.get("success_url") },
      currency: form.get(isSetUp ? "currency" : `${price}[currency]`) ?? "",
      amount: isSetUp ? null : Number(form.get(`${price}[unit_amount]`)),
    };
    return this.#keep(this.sessions, session(facts));
  }

  #expire(id: string): Answer {
    const page = this.sessions.get(id);
    if (page?.status !== "open") return refused(400, { type: "invalid_request_error" });
    return ok(Object.assign(page, { status: "expired", url: null }));
  }

  #charge(form: URLSearchParams): Answer {
    const method = this.methods.get(form.get("payment_method") ?? "");
    const owner = form.get("customer") ?? "";
    if (!this.customers.has(owner)) return missing("customer");
    if (!method) return missing("payment_method");
    const { kind } = method;
    const isDeclined = kind !== "good" && kind !== "slow";
    const intent: Intent = paymentIntent({
      ...{ id: this.#id("pi"), created: now(), customer: owner, payment_method: method.id, metadata: metadataIn(form) },
      ...{ amount: Number(form.get("amount")), currency: form.get("currency") ?? "" },
      status: isDeclined ? "requires_payment_method" : kind === "slow" ? "processing" : "succeeded",
    });
    this.intents.set(intent.id, intent);
    if (!isDeclined) return ok(intent);
    const code = kind === "authentication_required" ? kind : "card_declined";
    const error = { type: "card_error" as const, code, decline_code: kind === "declined" ? "generic_decline" : kind };
    intent.last_payment_error = error;
    return refused(402, { ...error, payment_intent: intent });
  }

  #cancel(id: string): Answer {
    const intent = this.intents.get(id);
    if (!intent) return missing("id");
    if (!intent.status.startsWith("requires_")) {
      return refused(400, { type: "invalid_request_error", code: "payment_intent_unexpected_state" });
    }
    intent.status = "canceled";
    return ok(intent);
  }

  #detach(id: string): Answer {
    if (!this.methods.delete(id)) return missing("id");
    for (const { setup_intent: intent } of this.sessions.values()) {
      const method = typeof intent === "object" ? intent?.payment_method : null;
      if (typeof method === "object" && method?.id === id) method.customer = null;
    }
    return ok({ id, object: "payment_method" });
  }

  /** Makes the next requests that change something at this path fail, one fault each. */
  fail(path: string, ...faults: Array<Fault | Killer>): void {
    this.#faults = { path: `/v1/${path}`, faults };
  }

  /** Idempotency keys are forgotten after a day. */
  forgetKeys(): void {
    this.#keys.clear();
  }

  #sessionAt(url: string): Session {
    const found = [...this.sessions.values()].find((session) => session.url === url);
    if (!found) throw new Error(`no page at ${url}`);
    return found;
  }

  /** Sets up a card on the page, and confirms it with the bank if it asks for that. */
  completeSetUp(url: string, kind: CardKind, expires: readonly [number, number] = [2_040, 5]): Session {
    const page = this.#sessionAt(url);
    // Each card is a second younger than the one before, as with people.
    const created = now() + this.#setUps++;
    const method = paymentMethod(this.#id("pm"), page.customer as string, { last4: "4242", expires }, created);
    this.methods.set(method.id, { ...method, kind });
    return Object.assign(page, { status: "complete", setup_intent: setupIntent(this.#id("seti"), method, created) });
  }

  /** Pays on the page. @param amount another amount than requested, as if somebody else had made the page */
  payPage(url: string, status: "succeeded" | "processing" = "succeeded", amount?: number): Session {
    const page = this.#sessionAt(url);
    const intent = paymentIntent({
      ...{ id: this.#id("pi"), created: now(), customer: page.customer as string, payment_method: null },
      ...{ metadata: page.metadata ?? {}, amount: amount ?? page.amount_total ?? 0, currency: page.currency ?? "", status },
    });
    this.intents.set(intent.id, intent);
    const payment_status = status === "succeeded" ? "paid" : "unpaid";
    return Object.assign(page, { status: "complete", payment_status, payment_intent: intent });
  }

  move(intentId: string, status: Intent["status"]): Intent {
    const intent = this.intents.get(intentId);
    if (!intent) throw new Error(`no payment ${intentId}`);
    return Object.assign(intent, { status, amount_received: status === "succeeded" ? intent.amount : 0 });
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => void this.#server.listen(0, "127.0.0.1", done));
    this.settings.standIn.port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
