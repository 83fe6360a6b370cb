/** Cards and pages at a stand-in for Stripe (testing/stand-in.ts). No test contacts the real one. */
import { resolve } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { resumeErasures } from "../../deletions/erasure.ts";
import { openOutbox } from "../../platform/mail/outbox.ts";
import { jobsSettled } from "../../testing/jobs.ts";
import { httpClient } from "../../testing/http.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../../testing/people.ts";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { until } from "../../testing/until.ts";
import { whootCommand } from "../../testing/whoot-command.ts";
import { begin } from "../reckoning/subscription.ts";
import { moment, team } from "../testing/at.ts";
import { furnishBilling, quoteOf, runningNow } from "../testing/furnish.ts";
import { openPayments } from "./payments.ts";
import { reconcile } from "./reconciling.ts";
import { addInvoice, paymentsOf } from "./testing/invoices.ts";
import { type CardKind, OLD_SECRET, stripeEvent } from "./testing/stand-in.ts";
import { refund } from "./testing/stripe-objects.ts";
import { useStripe } from "./testing/use-stripe.ts";

const stripe = useStripe();
const log: string[] = [];
const server = useServer(
  { billing: "sample", stripe: stripe.settings, logLevel: "warn" },
  { write: (line) => void log.push(line) },
);
let owner: Person;
let services: Awaited<ReturnType<typeof openServices>>;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  services = await openServices(server);
  return () => services.close();
});

/** A workspace with a subscription and one unpaid invoice, of which Stripe knows nothing. */
async function subscribed(step = runningNow()): Promise<Workspace & { invoiceId: string }> {
  const workspace = await makeWorkspace(owner);
  await furnishBilling({ admin: server.database, database: services.database }, workspace.tenantId, step);
  for (const table of ["payment_attempts", "payment_accounts", "directory_payments"]) {
    await server.database.query(`delete from ${table} where tenant_id = $1`, [workspace.tenantId]);
  }
  const { items } = (await owner.get(`${workspace.path}/billing/invoices`)).json;
  return { ...workspace, invoiceId: items[0].invoiceId };
}

const methodOf = async ({ path }: Workspace) => (await owner.get(`${path}/billing/payment-method`)).json;
const invoiceOf = async ({ path, invoiceId }: Workspace & { invoiceId: string }) => {
  const { items } = (await owner.get(`${path}/billing/invoices`)).json as { items: Array<{ invoiceId: string; number: string }> };
  return items.find((invoice) => invoice.invoiceId === invoiceId);
};

async function send({ body, signature }: { body: string; signature: string }) {
  const headers = { "stripe-signature": signature };
  return httpClient(server.url).send("POST", "/api/v1/payments/stripe/events", { body, headers });
}

/** Sets a card up, and sends Stripe's event. */
async function setUp(workspace: Workspace, kind: CardKind): Promise<void> {
  const opened = await owner.post(`${workspace.path}/billing/payment-method`);
  expect([opened.status, opened.text]).toEqual([201, opened.text]);
  const session = stripe.completeSetUp(opened.json.url, kind);
  const event = stripeEvent("checkout.session.completed", session);
  // Stripe may send an event again.
  expect([(await send(event)).status, (await send(event)).status]).toEqual([204, 204]);
  await until("the card", async () => (await methodOf(workspace)).card !== null);
  await jobsSettled(server);
}

async function accept(path: string, body: object): Promise<void> {
  const quoteId = await quoteOf(owner, path, body);
  expect((await owner.post(`${path}/quotes/${quoteId}/acceptance`)).status).toBe(204);
}

const mailsAbout = async (subject: RegExp) =>
  (await openOutbox(resolve(server.config.dataFolder, "outbox")).list()).filter((mail) => subject.test(mail.subject));

const audited = async ({ path }: Workspace) => {
  const { items } = (await owner.get(`${path}/audit-log?limit=200`)).json as { items: { action: string }[] };
  return items.map(({ action }) => action);
};

describe("payments on a running server", () => {
  test("a card that is set up pays open invoices once, and is shown without its number", async () => {
    const workspace = await subscribed();
    expect(await methodOf(workspace)).toMatchObject({ provider: "stripe", card: null, failure: null, can: { edit: true } });
    await setUp(workspace, "good");
    expect(await methodOf(workspace)).toMatchObject({ card: { brand: "visa", last4: "4242", expires: "2040-05" } });
    expect(await invoiceOf(workspace)).toMatchObject({ due: 0, payment: null });
    const { paid, attempts } = await paymentsOf(server.database, workspace.invoiceId);
    expect([paid?.count, attempts]).toEqual([1, [{ number: 1, kind: "card", state: "succeeded", failure: null }]]);
    expect(await audited(workspace)).toEqual(expect.arrayContaining(["billing.payment_method_set", "billing.paid"]));
    // Stripe got only ids and the number of the invoice.
    const asked = stripe.asked.map(({ form }) => form.toString()).join("\n");
    expect(asked).not.toContain(encodeURIComponent(owner.email));
  });

  test("an invoice that is issued is charged to the card, and its mail says so", async () => {
    const workspace = await subscribed();
    await setUp(workspace, "good");
    const path = `${workspace.path}/billing/subscription/quotes`;
    const wanted = { change: "choose", plan: "business", interval: "month", licences: 1_000, addOns: [] };
    const { quoteId, document } = (await owner.post(path, { wanted })).json;
    expect(document).toMatchObject({ kind: "invoice" });
    expect((await owner.post(`${path}/${quoteId}/acceptance`)).status).toBe(204);
    await jobsSettled(server);
    const { items } = (await owner.get(`${workspace.path}/billing/invoices`)).json;
    expect(items[0]).toMatchObject({ kind: "invoice", due: 0, paid: document.due });
    const mail = await server.mailTo(owner.email, new RegExp(`Invoice ${items[0].number}`));
    expect(mail.text).toContain("card ending in 4242");
  });

  test("an invoice that a command makes without Stripe's keys is charged once to the card by the server, and its mail says so", async () => {
    const workspace = await subscribed(begin(team(10), moment("2026-01-01T00:00:00Z")));
    await setUp(workspace, "good");
    const { output } = await whootCommand(server, ["billing", "renew", workspace.slug, "--from-now"]);
    const [number = ""] = /[\w-]+(?=: [\d.]+ EUR)/.exec(output) ?? [];
    await jobsSettled(server);
    const { items } = (await owner.get(`${workspace.path}/billing/invoices`)).json;
    expect(items[0]).toMatchObject({ number, due: 0 });
    const { paid, attempts } = await paymentsOf(server.database, items[0].invoiceId);
    expect([paid?.count, attempts]).toEqual([1, [{ number: 1, kind: "card", state: "succeeded", failure: null }]]);
    expect((await server.mailTo(owner.email, new RegExp(`Invoice ${number}`))).text).toContain("card ending in 4242");
  });

  test("the payment of an overdue invoice lets people talk again", async () => {
    const workspace = await subscribed();
    await server.database.query("update invoices set due_on = '2026-01-01' where tenant_id = $1", [workspace.tenantId]);
    await whootCommand(server, ["billing", "renew", workspace.slug]);
    const state = async () => (await owner.get(`${workspace.path}/billing`)).json.state;
    expect(await state()).toBe("stopped");
    await setUp(workspace, "good");
    expect(await state()).toBe("active");
    expect(await audited(workspace)).toEqual(expect.arrayContaining(["billing.talk_stopped", "billing.talk_allowed"]));
  });

  test("a declined card is shown on the page and mailed, and the next card pays with a request of its own", async () => {
    const workspace = await subscribed();
    await setUp(workspace, "insufficient_funds");
    expect(await methodOf(workspace)).toMatchObject({
      failure: { invoiceId: workspace.invoiceId, reason: "insufficient_funds" },
    });
    expect(await invoiceOf(workspace)).toMatchObject({ payment: "failed" });
    const [intent] = [...stripe.intents.values()].filter(({ metadata }) => metadata["whoot_invoice"] === workspace.invoiceId);
    expect(intent?.status).toBe("canceled");
    await setUp(workspace, "good");
    const { paid, attempts } = await paymentsOf(server.database, workspace.invoiceId);
    expect([paid?.count, attempts.map(({ state }) => state)]).toEqual([1, ["failed", "succeeded"]]);
    expect(await methodOf(workspace)).toMatchObject({ failure: null });
  });

  test("a declined card is mailed once, with all open invoices", async () => {
    const workspace = await subscribed();
    const first = String((await invoiceOf(workspace))?.number);
    const others = [await addInvoice(server.database, workspace.tenantId), await addInvoice(server.database, workspace.tenantId)];
    await setUp(workspace, "declined");
    const { items } = (await owner.get(`${workspace.path}/billing/invoices`)).json as {
      items: { number: string; invoiceId: string }[];
    };
    const numbers = items
      .filter(({ invoiceId }) => [workspace.invoiceId, ...others].includes(invoiceId))
      .map(({ number }) => number);
    expect([numbers.length, numbers.includes(first)]).toEqual([3, true]);
    expect(items.map(({ invoiceId }) => invoiceId)).toEqual(expect.arrayContaining(others));
    const about = (await mailsAbout(/^The payment of invoice .* failed$/)).filter(({ text }) => text.includes(first));
    expect(about).toHaveLength(1);
    for (const number of numbers) expect(about[0]?.text).toContain(number);
  });

  test("a cardholder whose bank wants a confirmation gets a page, and pays there", async () => {
    const workspace = await subscribed();
    await setUp(workspace, "authentication_required");
    expect(await methodOf(workspace)).toMatchObject({ failure: { reason: "authentication_required" } });
    const mail = await server.mailTo(owner.email, /Please confirm the payment/);
    const pay = () => owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`);
    const [first, again] = [await pay(), await pay()];
    expect([first.status, first.json]).toEqual([201, again.json]);
    expect(mail.text).toContain(first.json.url);
    const session = stripe.payPage(first.json.url);
    await send(stripeEvent("checkout.session.completed", session));
    await jobsSettled(server);
    expect(await invoiceOf(workspace)).toMatchObject({ due: 0 });
    expect((await pay()).code).toBe("billing_unchanged");
  });

  test("an expired page is followed by another one", async () => {
    const workspace = await subscribed();
    const pay = async () => (await owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`)).json.url;
    const url = await pay();
    const page = [...stripe.sessions.values()].find((session) => session.url === url);
    Object.assign(page ?? {}, { status: "expired", url: null });
    const next = await pay();
    expect(next).not.toBe(url);
    expect(await invoiceOf(workspace)).toMatchObject({ payment: null });
    const { attempts } = await paymentsOf(server.database, workspace.invoiceId);
    expect(attempts.map(({ state, failure }) => [state, failure])).toEqual([
      ["failed", "page_expired"],
      ["created", null],
    ]);
  });

  describe("an open page", () => {
    const pay = ({ path, invoiceId }: Workspace & { invoiceId: string }) =>
      owner.post(`${path}/billing/invoices/${invoiceId}/payment`);

    test.each([
      ["the invoice is paid otherwise", async (number: string) => whootCommand(server, ["billing", "paid", number])],
      [
        "a part of the invoice is paid otherwise",
        async (number: string) => whootCommand(server, ["billing", "paid", number, "5.00"]),
      ],
      ["the invoice is written off", async (number: string) => whootCommand(server, ["billing", "write-off", number, "gone"])],
      [
        "a credit note takes a part of it back",
        async (_: string, { path }: Workspace) => {
          await accept(`${path}/billing/licences`, { licences: 1 });
          // The credit waits for a next invoice, and none will come.
          await accept(`${path}/billing/subscription`, { wanted: { change: "cancel" } });
        },
      ],
    ])("can't be paid on any more when %s", async (_, settleIt) => {
      const workspace = await subscribed();
      const { url } = (await pay(workspace)).json;
      const page = [...stripe.sessions.values()].find((session) => session.url === url);
      expect(page?.status).toBe("open");
      await settleIt(String((await invoiceOf(workspace))?.number), workspace);
      await jobsSettled(server);
      expect(page?.status).toBe("expired");
      const { attempts } = await paymentsOf(server.database, workspace.invoiceId);
      expect(attempts).toEqual([{ number: 1, kind: "page", state: "failed", failure: "page_expired" }]);
    });

    test("is closed at once if the invoice was paid in another way while it opened", async () => {
      const workspace = await subscribed();
      const number = String((await invoiceOf(workspace))?.number);
      const kill = async () => void (await whootCommand(server, ["billing", "paid", number]));
      stripe.fail("checkout/sessions", { moment: "after", kill });
      expect((await pay(workspace)).code).toBe("billing_unchanged");
      await jobsSettled(server);
      const [page] = [...stripe.sessions.values()].filter(({ metadata }) => metadata?.["whoot_invoice"] === workspace.invoiceId);
      expect(page?.status).toBe("expired");
    });
  });

  test("a payment of another amount than requested is parked and logged", async () => {
    const workspace = await subscribed();
    const { url } = (await owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`)).json;
    await send(stripeEvent("checkout.session.completed", stripe.payPage(url, "succeeded", 1)));
    await jobsSettled(server);
    const { paid, attempts } = await paymentsOf(server.database, workspace.invoiceId);
    expect([paid?.count, attempts.map(({ state }) => state)]).toEqual([0, ["parked"]]);
    expect(log.join("")).toContain("another amount was paid than was asked for");
    expect(await audited(workspace)).toContain("billing.payment_parked");
    expect((await owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`)).code).toBe(
      "billing_unchanged",
    );
    const { number } = (await invoiceOf(workspace)) ?? {};
    const [{ payment_id: payment } = { payment_id: "" }] = await server.database.query<{ payment_id: string }>(
      "select payment_id from payment_attempts where invoice_id = $1",
      [workspace.invoiceId],
    );
    const { output } = await whootCommand(server, ["billing", "paid", String(number), "0.01", payment]);
    expect(output).toContain("0.01 EUR for");
    expect(output).not.toContain("in no ledger");
    expect((await owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`)).status).toBe(201);
  });

  describe("a parked payment", () => {
    /** Pays 0.07 EUR on the page. @returns the invoice's number, and Stripe's id of the payment */
    async function parked(workspace: Workspace & { invoiceId: string }) {
      const { url } = (await owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`)).json;
      await send(stripeEvent("checkout.session.completed", stripe.payPage(url, "succeeded", 7)));
      await jobsSettled(server);
      const [attempt] = await server.database.query<{ payment_id: string }>(
        "select payment_id from payment_attempts where invoice_id = $1 and state = 'parked'",
        [workspace.invoiceId],
      );
      return { number: String((await invoiceOf(workspace))?.number), payment: attempt?.payment_id ?? "" };
    }
    const paid = (...args: string[]) => whootCommand(server, ["billing", "paid", ...args]);
    const booked = async ({ invoiceId }: { invoiceId: string }) => {
      const { paid: cash, attempts } = await paymentsOf(server.database, invoiceId);
      return [cash?.sum, attempts.map(({ state }) => state)];
    };

    test("is named by the command, which does not take it for the whole invoice", async () => {
      const workspace = await subscribed();
      const { number, payment } = await parked(workspace);
      const { code, output } = await paid(number);
      expect([code, output]).toEqual([2, expect.stringContaining(`0.07 EUR came in at the provider for ${number} (${payment})`)]);
      expect(await booked(workspace)).toEqual([0, ["parked"]]);
    });

    test("stays parked, and is named, when another payment is recorded", async () => {
      const workspace = await subscribed();
      const { number, payment } = await parked(workspace);
      expect((await paid(number, "5.00")).output).toContain(`(${payment}) and is in no ledger yet`);
      expect(await booked(workspace)).toEqual([500, ["parked"]]);
      expect((await paid(number, "0.06", payment)).output).not.toContain("in no ledger");
      expect(await booked(workspace)).toEqual([506, ["succeeded"]]);
      expect((await paid(number, "0.06", payment)).output).toContain("is no payment of");
    });

    test("is recorded although nothing is due on the invoice any more", async () => {
      const workspace = await subscribed();
      const { number, payment } = await parked(workspace);
      expect((await whootCommand(server, ["billing", "write-off", number, "gone"])).code).toBe(0);
      expect((await paid(number)).output).toContain(payment);
      expect((await paid(number, "0.07", payment)).code).toBe(0);
      expect(await booked(workspace)).toEqual([7, ["succeeded"]]);
    });

    test("and a transfer of the same sum are not taken for one another", async () => {
      const workspace = await subscribed();
      const { number, payment } = await parked(workspace);
      const { code, output } = await paid(number, "0.07");
      expect([code, output]).toEqual([2, expect.stringContaining(`\`billing paid ${number} AMOUNT ${payment}\``)]);
      expect(output).toContain(`\`billing paid ${number} AMOUNT --transfer\``);
      expect(await booked(workspace)).toEqual([0, ["parked"]]);
      expect((await paid(number, "0.07", "--transfer")).output).toContain(`(${payment}) and is in no ledger yet`);
      expect(await booked(workspace)).toEqual([7, ["parked"]]);
      expect((await paid(number, "0.07", payment, "--transfer")).code).toBe(2);
      expect((await paid(number, "0.07", payment)).code).toBe(0);
      expect(await booked(workspace)).toEqual([14, ["succeeded"]]);
    });

    test("that is recorded in part is answered with the rest", async () => {
      const workspace = await subscribed();
      const { number, payment } = await parked(workspace);
      expect((await paid(number, "0.05", payment)).output).toContain(`0.02 EUR of ${payment} are recorded nowhere.`);
    });

    test("can't be named when an amount is taken back", async () => {
      const workspace = await subscribed();
      const { number, payment } = await parked(workspace);
      await paid(number, "5.00");
      for (const more of [[payment], ["--transfer"], ["pi_of_nobody"]]) {
        expect((await paid(number, "-5.00", ...more)).code).toBe(2);
      }
      expect(await booked(workspace)).toEqual([500, ["parked"]]);
    });

    test("can be rejected by the operator, which is audited, and then the invoice can be paid", async () => {
      const workspace = await subscribed();
      const { number, payment } = await parked(workspace);
      expect((await paid(number, "0", payment)).output).toContain(`Nothing is recorded of ${payment}`);
      expect(await booked(workspace)).toEqual([0, ["failed"]]);
      expect(await audited(workspace)).toContain("billing.payment_released");
      await reconcile(services, {}, new AbortController().signal);
      expect(await booked(workspace)).toEqual([0, ["failed"]]);
      expect(await invoiceOf(workspace)).toMatchObject({ payment: null });
      expect((await owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`)).status).toBe(201);
    });

    test("is named in the log each night", async () => {
      const workspace = await subscribed();
      const { payment } = await parked(workspace);
      await server.database.query("update payment_attempts set changed_at = now() - interval '1 day' where invoice_id = $1", [
        workspace.invoiceId,
      ]);
      const warned = vi.spyOn(services.log, "warn");
      await reconcile(services, {}, new AbortController().signal);
      expect(warned.mock.calls.filter(([facts]) => (facts as { payment?: string }).payment === payment)).toEqual([
        [expect.objectContaining({ received: "0.07 EUR" }), expect.stringContaining("in no ledger yet")],
      ]);
      warned.mockRestore();
    });

    test("is named in the log each night even after the operator switched to transfers", async () => {
      const workspace = await subscribed();
      const { payment } = await parked(workspace);
      await server.database.query("update payment_attempts set changed_at = now() - interval '1 day' where invoice_id = $1", [
        workspace.invoiceId,
      ]);
      const byTransfer = { ...services, payments: await openPayments({ stripe: null }, services.billing, services.log) };
      const warned = vi.spyOn(services.log, "warn");
      await reconcile(byTransfer, {}, new AbortController().signal);
      expect(warned.mock.calls.filter(([facts]) => (facts as { payment?: string }).payment === payment)).toHaveLength(1);
      warned.mockRestore();
    });
  });

  test("credit of a workspace that paid by card is paid out by hand only if the operator says that it was transferred", async () => {
    const workspace = await subscribed();
    await setUp(workspace, "good");
    const number = String((await invoiceOf(workspace))?.number);
    await whootCommand(server, ["billing", "paid", number, "10.00"]);
    const [intent] = [...stripe.intents.values()].filter(({ metadata }) => metadata["whoot_invoice"] === workspace.invoiceId);
    if (!intent) throw new Error("nothing was charged");
    const refundByHand = (...more: string[]) =>
      whootCommand(server, ["billing", "refund", workspace.slug, "4.00", ...more, "twice"]);
    const paidOut = async () => {
      const [row] = await server.database.query<{ sum: number }>(
        "select coalesce(sum(amount), 0)::int as sum from ledger_entries where tenant_id = $1 and debit = 'balance' and credit = 'cash'",
        [workspace.tenantId],
      );
      return row?.sum;
    };
    // The operator runs the command before and after refunding at Stripe.
    expect(await refundByHand()).toEqual({ code: 2, output: expect.stringContaining(`paid through the provider (${intent.id}`) });
    expect(await paidOut()).toBe(0);
    const made = refund("re_by_hand", intent, 400, Math.floor(Date.now() / 1_000));
    stripe.refunds.set(made.id, made);
    await send(stripeEvent("refund.created", made));
    await jobsSettled(server);
    expect(await paidOut()).toBe(400);
    expect(await refundByHand()).toEqual({ code: 2, output: expect.stringContaining("re_by_hand of 4.00 EUR") });
    expect(await paidOut()).toBe(400);
    expect((await refundByHand("--transfer")).code).toBe(0);
    expect(await paidOut()).toBe(800);
  });

  test("deleting the workspace erases its customer and its card at Stripe", async () => {
    const workspace = await subscribed();
    await setUp(workspace, "good");
    const [known] = await server.database.query<{ provider_id: string }>(
      "select provider_id from directory_payments where tenant_id = $1",
      [workspace.tenantId],
    );
    expect((await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug })).status).toBe(202);
    await jobsSettled(server);
    expect([known && stripe.customers.has(known.provider_id)]).toEqual([false]);
  });

  test("deleting a workspace with a payment that is in no ledger tells its owner before and after, and the operator at once and each night", async () => {
    const workspace = await subscribed();
    const { url } = (await owner.post(`${workspace.path}/billing/invoices/${workspace.invoiceId}/payment`)).json;
    const page = stripe.payPage(url, "succeeded", 7);
    await send(stripeEvent("checkout.session.completed", page));
    await jobsSettled(server);
    const number = String((await invoiceOf(workspace))?.number);
    const preview = (await owner.get(`${workspace.path}/deletion`)).json;
    expect(preview.billing.unrecorded).toEqual([{ number, received: "0.07 EUR" }]);
    const { token } = (await owner.post(`${workspace.path}/deletion`, { slug: workspace.slug })).json;
    await jobsSettled(server);
    const { receipt } = (await owner.post("/api/v1/deletions/lookup", { token })).json;
    expect(receipt.billing.unrecorded).toEqual(["0.07 EUR"]);
    const payment = typeof page.payment_intent === "object" ? page.payment_intent?.id : null;
    expect(log.filter((line) => line.includes(String(payment)) && line.includes("workspace is deleted"))).toHaveLength(1);
    const warned = vi.spyOn(services.log, "warn");
    await resumeErasures(services);
    expect(warned).toHaveBeenCalledWith(
      { tenantId: workspace.tenantId, received: ["0.07 EUR"] },
      expect.stringContaining("in no ledger"),
    );
    warned.mockRestore();
  });

  test("removing the card removes it at Stripe, and an event that comes late does not bring it back", async () => {
    const workspace = await subscribed();
    await setUp(workspace, "good");
    const session = [...stripe.sessions.values()].findLast(({ mode }) => mode === "setup");
    expect((await owner.delete(`${workspace.path}/billing/payment-method`)).status).toBe(204);
    await send(stripeEvent("checkout.session.completed", session ?? { id: "" }));
    await jobsSettled(server);
    expect(await methodOf(workspace)).toMatchObject({ card: null });
    expect([...stripe.methods.values()].filter(({ customer }) => customer === session?.customer)).toEqual([]);
    expect((await owner.delete(`${workspace.path}/billing/payment-method`)).code).toBe("not_found");
  });

  test("events with either secret are accepted, and malformed ones are refused", async () => {
    const object = { id: "pi_1", metadata: { whoot_tenant: owner.email } };
    const { body, signature } = stripeEvent("payment_intent.succeeded", object);
    expect((await send({ body, signature })).status).toBe(204);
    expect((await send(stripeEvent("payment_intent.succeeded", object, { secret: OLD_SECRET }))).status).toBe(204);
    const old = { at: Math.floor(Date.now() / 1_000) - 301 };
    for (const wrong of [
      { body: body.replace("payment_intent.succeeded", "payment_intent.canceled"), signature },
      { body: JSON.stringify(JSON.parse(body)), signature },
      { body, signature: "" },
      stripeEvent("payment_intent.succeeded", object, { secret: "whsec_of_somebody_else" }),
      stripeEvent("payment_intent.succeeded", object, old),
    ]) {
      expect([(await send(wrong)).status, wrong.signature.length]).toEqual([400, wrong.signature.length]);
    }
    const large = stripeEvent("payment_intent.succeeded", { ...object, text: "x".repeat(65_536) } as never);
    expect((await send(large)).status).toBe(413);
  });
});
