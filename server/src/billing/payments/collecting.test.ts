/** The jobs that charge cards and look events up. The tests run them beside a stopped server, and stop them at every point. */
import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Batch } from "../../platform/db/batch.ts";
import type { AttemptKey, ProviderPayment } from "../../services.ts";
import { waitingJobs } from "../../testing/jobs.ts";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { processTenant } from "../lifecycle.ts";
import { recordAttempt } from "./attempts.ts";
import { collect } from "./collecting.ts";
import { lookUp } from "./events.ts";
import { forgetCustomers, forgetPayments } from "./methods.ts";
import { openPayments } from "./payments.ts";
import { reconcile } from "./reconciling.ts";
import { addInvoice, paymentsOf } from "./testing/invoices.ts";
import { giveCard, makeCustomer, makeTenants } from "./testing/payer.ts";
import type { CardKind } from "./testing/stand-in.ts";
import { paymentIntent, session } from "./testing/stripe-objects.ts";
import { useStripe } from "./testing/use-stripe.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
let services: Awaited<ReturnType<typeof openServices>>;
let tenantId: string;
let customerId: string;
const never = new AbortController().signal;

beforeAll(async () => {
  [tenantId = ""] = await makeTenants(server, 1);
  await server.stop();
  services = await openServices(server);
  customerId = await makeCustomer({ server, services }, tenantId);
  return () => services.close();
});
afterEach(() => void vi.restoreAllMocks());

const useCard = (kind: CardKind) => giveCard({ server, services, stripe }, { tenantId, customerId }, kind);

const addOne = (...more: [gross?: number, currency?: { code: string; digits: number }]) =>
  addInvoice(server.database, tenantId, ...more);
const keyOf = (invoiceId: string, number = 1): AttemptKey => ({ tenantId, invoiceId, number });
const at = (invoiceId: string) => paymentsOf(server.database, invoiceId);
const intentsOf = (invoiceId: string) =>
  [...stripe.intents.values()].filter(({ metadata }) => metadata["whoot_invoice"] === invoiceId);
/** Mails that wait to be sent. */
const waitingMails = async () => (await waitingJobs(server.database, "sendMail")).length;
const failures = async (invoiceId: string) =>
  (await at(invoiceId)).attempts.map(({ number, state, failure }) => [number, state, failure]);

describe("a server that dies", () => {
  /** Cuts the database connection after so many statements, which rolls back whatever is not committed. @returns whether it got that far */
  async function dieAfter(statements: number, work: () => Promise<void>): Promise<boolean> {
    const original = Batch.prototype.add;
    let left = statements;
    const spy = vi.spyOn(Batch.prototype, "add").mockImplementation(async function (this: Batch, statement) {
      left -= 1;
      if (left < 0) throw new Error("killed");
      const answer = await original.call(this, statement);
      if (left === 0) throw new Error("killed");
      return answer;
    });
    try {
      await work().catch(() => {});
      return left <= 0;
    } finally {
      spy.mockRestore();
    }
  }

  test.each(["good", "declined"] as const)(
    "after any statement of collecting from a %s card has asked once, and knows the outcome when the job is repeated",
    async (kind) => {
      await useCard(kind);
      let points = 0;
      for (let died = true; died; points++) {
        const invoiceId = await addOne();
        died = await dieAfter(points + 1, () => collect(services, keyOf(invoiceId)));
        // After a day Stripe has forgotten the key.
        if (points % 2 === 1) stripe.forgetKeys();
        await collect(services, keyOf(invoiceId));
        const { paid, attempts } = await at(invoiceId);
        const outcome = kind === "good" ? "succeeded" : "failed";
        expect([points, attempts.map(({ state }) => state)]).toEqual([points, [outcome]]);
        expect([points, intentsOf(invoiceId).length, paid?.sum]).toEqual([points, 1, kind === "good" ? 11_900 : 0]);
      }
      expect(points).toBeGreaterThan(15);
    },
  );

  test("between its requests has left nothing that can still be charged", async () => {
    await useCard("declined");
    const invoiceId = await addOne();
    stripe.fail("payment_intents/", "before", "before", "before");
    await expect(collect(services, keyOf(invoiceId))).rejects.toThrow("payments_unavailable");
    expect(await failures(invoiceId)).toEqual([[1, "created", null]]);
    await collect(services, keyOf(invoiceId));
    expect(await failures(invoiceId)).toEqual([[1, "failed", "declined"]]);
    expect(intentsOf(invoiceId).map(({ status }) => status)).toEqual(["canceled"]);
  });
});

describe("an unknown outcome", () => {
  test.each([
    ["an answer that is lost", ["after"]],
    ["answers that are lost again and again", ["before", "after", "before"]],
    ["a key that is in use", [409]],
    ["too many requests", [429]],
    ["an error of Stripe's", [500]],
  ] as const)("after %s stays pending until it is known, and is one payment", async (_, faults) => {
    await useCard("good");
    const invoiceId = await addOne();
    stripe.fail("payment_intents", ...faults);
    await collect(services, keyOf(invoiceId)).catch(() => {});
    stripe.fail("none");
    expect((await at(invoiceId)).attempts).toMatchObject([{ state: expect.stringMatching("created|succeeded") }]);
    await collect(services, keyOf(invoiceId));
    expect([(await at(invoiceId)).paid, intentsOf(invoiceId).length]).toEqual([{ count: 1, sum: 11_900 }, 1]);
  });

  test("is asked about again each night, and so is a payment whose events got lost", async () => {
    await useCard("slow");
    const invoiceId = await addOne();
    await collect(services, keyOf(invoiceId));
    expect(await failures(invoiceId)).toEqual([[1, "processing", null]]);
    const [intent] = intentsOf(invoiceId);
    stripe.move(intent?.id ?? "", "succeeded");
    await reconcile(services, {}, never);
    expect((await at(invoiceId)).paid).toEqual({ count: 1, sum: 11_900 });
  });
});

test("while a payment is on its way, and after it, nothing else is charged", async () => {
  await useCard("slow");
  const invoiceId = await addOne();
  await collect(services, keyOf(invoiceId));
  await useCard("good");
  await collect(services, keyOf(invoiceId, 2));
  await collect(services, keyOf(invoiceId));
  expect(intentsOf(invoiceId).length).toBe(1);
  stripe.move(intentsOf(invoiceId)[0]?.id ?? "", "succeeded");
  await lookUp(services, { kind: "payment", id: intentsOf(invoiceId)[0]?.id ?? "" });
  await collect(services, keyOf(invoiceId, 2));
  expect([(await at(invoiceId)).paid, (await failures(invoiceId)).length]).toEqual([{ count: 1, sum: 11_900 }, 1]);
});

describe("a repeated charge", () => {
  const pay = (invoiceId: string, sum: number) =>
    server.database.query(
      "insert into ledger_entries values ($1, gen_random_uuid(), now(), 'cash', 'receivable', $3, null, $2)",
      [tenantId, invoiceId, sum],
    );

  test.each([
    ["everything", 11_900, []],
    ["a part", 1_900, [10_000]],
  ])("after %s was paid by transfer charges what is due, and mails nothing of a decline", async (_, sum, charged) => {
    await useCard("good");
    const invoiceId = await addOne();
    stripe.fail("payment_intents", "before", "before", "before");
    await expect(collect(services, keyOf(invoiceId))).rejects.toThrow("payments_unavailable");
    await pay(invoiceId, sum);
    const before = await waitingMails();
    await collect(services, keyOf(invoiceId));
    expect([await failures(invoiceId), intentsOf(invoiceId)]).toEqual([[[1, "failed", "not_due"]], []]);
    expect(await waitingMails()).toBe(before);
    await collect(services, keyOf(invoiceId, 2));
    expect(intentsOf(invoiceId).map(({ amount }) => amount)).toEqual(charged);
  });
});

describe("after an older backup was restored", () => {
  const payAtStripe = (invoiceId: string, number: number) => {
    const metadata = { whoot_tenant: tenantId, whoot_invoice: invoiceId, whoot_attempt: String(number), whoot_kind: "card" };
    const intent = paymentIntent({
      ...{ id: `pi_lost_${invoiceId}`, amount: 11_900, currency: "eur", metadata, status: "succeeded" },
      ...{ customer: customerId, payment_method: null, created: Math.floor(Date.now() / 1_000) },
    });
    stripe.intents.set(intent.id, intent);
    return intent.id;
  };

  test("a payment of a lost invoice prevents the charge of one invoice, and of no other", async () => {
    await useCard("good");
    const [invoiceId, next] = [await addOne(), await addOne()];
    const lost = payAtStripe(randomUUID(), 1);
    await collect(services, keyOf(invoiceId));
    expect([await failures(invoiceId), intentsOf(invoiceId)]).toEqual([[[1, "parked", null]], []]);
    const noted = await server.database.query(
      "select payment_id, action from payment_attempts join audit_log on target_id = invoice_id where invoice_id = $1",
      [invoiceId],
    );
    expect(noted).toEqual([{ payment_id: lost, action: "billing.payment_parked" }]);
    await collect(services, keyOf(next));
    expect((await at(next)).paid).toEqual({ count: 1, sum: 11_900 });
  });

  test.each([
    ["the attempt that is made again", 1],
    ["another attempt", 2],
  ])("a payment of an invoice that is known is taken once, by the comparison and by the charge of %s", async (_, number) => {
    await useCard("good");
    for (const compares of [true, false]) {
      const invoiceId = await addOne();
      const id = payAtStripe(invoiceId, number);
      if (compares) await lookUp(services, { kind: "payment", id });
      if (compares) expect((await at(invoiceId)).paid).toEqual({ count: 1, sum: 11_900 });
      await collect(services, keyOf(invoiceId));
      await lookUp(services, { kind: "payment", id });
      expect([(await at(invoiceId)).paid, intentsOf(invoiceId).length]).toEqual([{ count: 1, sum: 11_900 }, 1]);
    }
  });
});

test("simultaneous requests make an attempt once, and leave no number out", async () => {
  await useCard("good");
  const invoiceId = await addOne();
  await collect(services, keyOf(invoiceId, 2));
  await Promise.all([1, 1, 1, 1].map((number) => collect(services, keyOf(invoiceId, number))));
  expect([(await at(invoiceId)).paid, intentsOf(invoiceId).length]).toEqual([{ count: 1, sum: 11_900 }, 1]);
});

test("charging a card that is gone at Stripe fails, and is not repeated", async () => {
  await useCard("good");
  stripe.methods.clear();
  const invoiceId = await addOne();
  await collect(services, keyOf(invoiceId));
  expect(await failures(invoiceId)).toEqual([[1, "failed", "method_gone"]]);
  const removed = await server.database.query("select 1 from audit_log where action = 'billing.payment_method_removed'");
  expect(removed.length).toBe(1);
});

test("a card that was detached since it was set up is not found on its page", async () => {
  await useCard("good");
  const page = [...stripe.sessions.values()].findLast(({ mode }) => mode === "setup")?.id ?? "";
  const found = await services.payments.find({ kind: "page", id: page });
  expect(found).toMatchObject({ what: "method" });
  if (found?.what === "method") await services.payments.detach(found.method.methodId);
  expect(await services.payments.find({ kind: "page", id: page })).toBeNull();
});

test("a customer whose creation was answered days ago, but whose answer was lost, is not created again", async () => {
  const twoDaysAgo = Date.now() - 2 * 86_400_000;
  const place = { tenantId: randomUUID(), key: uuidv7({ msecs: twoDaysAgo }) };
  const made = await services.payments.openCustomer(place);
  Object.assign(stripe.customers.get(made) ?? {}, { created: Math.floor(twoDaysAgo / 1_000) + 5 });
  stripe.forgetKeys();
  expect(await services.payments.openCustomer(place)).toBe(made);
  expect(await services.payments.openCustomer({ ...place, tenantId: randomUUID() })).not.toBe(made);
});

test.each([
  ["the second, then the first", [1, 0, 0]],
  ["the first, then the second", [0, 1, 0]],
])("of two cards the one that was set up last is kept and the other one is detached, if Stripe tells of %s", async (_, order) => {
  const setUp = async () => {
    const url = await services.payments.setUp({ customerId, tenantId, currency: { code: "EUR", digits: 2 } }, "https://whoot");
    return { page: stripe.completeSetUp(url, "good").id, methodId: [...stripe.methods.keys()].at(-1) };
  };
  const cards = [await setUp(), await setUp()] as const;
  const [first, second] = cards;
  for (const at of order) await lookUp(services, { kind: "page", id: cards[at]!.page });
  expect(await server.database.query("select method_id from payment_accounts where tenant_id = $1", [tenantId])).toEqual([
    { method_id: second.methodId },
  ]);
  expect(await waitingJobs(server.database, "detachCard")).toContainEqual({ methodId: first.methodId });
});

test.each([
  ["JPY", 0, 1_190, 1_190],
  ["KWD", 3, 3_190, 3_190],
  ["ISK", 0, 1_500, 150_000],
])("%s is charged in Stripe's units, and comes in in ours", async (code, digits, gross, atStripe) => {
  await useCard("good");
  const invoiceId = await addOne(gross, { code, digits });
  await collect(services, keyOf(invoiceId));
  expect(intentsOf(invoiceId).map(({ amount, currency }) => [amount, currency])).toEqual([[atStripe, code.toLowerCase()]]);
  expect((await at(invoiceId)).paid).toEqual({ count: 1, sum: gross });
});

describe("a card that fails", () => {
  /** How many mails the charge of this invoice sends. */
  async function mailsOf(invoiceId: string, number = 1): Promise<number> {
    const before = await waitingMails();
    await collect(services, keyOf(invoiceId, number));
    return (await waitingMails()) - before;
  }
  const settleAll = () =>
    server.database.query(
      `insert into ledger_entries select tenant_id, gen_random_uuid(), now(), 'loss', 'receivable', gross - coalesce((
         select sum(amount * ((credit = 'receivable')::int - (debit = 'receivable')::int)) from ledger_entries entry
         where entry.invoice_id = invoices.invoice_id and not ('revenue' in (debit, credit))), 0), null, invoice_id
       from invoices where tenant_id = $1 and gross > coalesce((
         select sum(amount * ((credit = 'receivable')::int - (debit = 'receivable')::int)) from ledger_entries entry
         where entry.invoice_id = invoices.invoice_id and not ('revenue' in (debit, credit))), 0)`,
      [tenantId],
    );

  test("is told of in one mail for all open invoices, and again only for another reason, a newer invoice, another card, or after it worked", async () => {
    await settleAll();
    await useCard("declined");
    const [first, second, third] = [await addOne(), await addOne(), await addOne()];
    expect([await mailsOf(first), await mailsOf(second), await mailsOf(third)]).toEqual([1, 0, 0]);
    // This is the day of a reminder.
    expect(await mailsOf(first, 2)).toBe(0);
    const newer = await addOne();
    expect([await mailsOf(newer), await mailsOf(newer, 2)]).toEqual([1, 0]);

    const [method] = await server.database.query<{ id: string }>("select method_id as id from payment_accounts");
    const card = stripe.methods.get(method?.id ?? "");
    if (!card) throw new Error("no card");
    card.kind = "insufficient_funds";
    expect([await mailsOf(first, 3), await mailsOf(second, 2)]).toEqual([1, 0]);
    card.kind = "declined";
    expect(await mailsOf(first, 4)).toBe(0);

    card.kind = "good";
    expect(await mailsOf(third, 2)).toBe(0);
    card.kind = "declined";
    expect([await mailsOf(first, 5), await mailsOf(second, 3)]).toEqual([1, 0]);

    await useCard("declined");
    expect([await mailsOf(first, 6), await mailsOf(second, 4)]).toEqual([1, 0]);
  });

  test("because the bank asks for each of several invoices gets one mail that names them, and no page for each", async () => {
    await settleAll();
    await useCard("authentication_required");
    const [first, second] = [await addOne(), await addOne()];
    expect([await mailsOf(first), await mailsOf(second)]).toEqual([1, 0]);
    const pages = await server.database.query(
      `select payload from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
       where identifier = 'inviteToPay' and payload ->> 'invoiceId' = any($1)`,
      [[first, second]],
    );
    expect(pages).toEqual([]);
  });
});

test("a page that was open when the operator switched to transfers is closed once the provider is back, and the provider gets no request meanwhile", async () => {
  const invoiceId = await addOne();
  await server.database.query(
    `insert into payment_attempts values ($1, $2, 1, 'stripe', 'page', 'created', 100, $3, null, null, 'cs_switched', null, now(), now())`,
    [tenantId, invoiceId, customerId],
  );
  const closing = () =>
    server.database.query(
      `select 1 from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
       where identifier = 'closePaymentPage' and payload ->> 'pageId' = 'cs_switched'`,
    );
  const byTransfer = { ...services, payments: await openPayments({ stripe: null }, services.billing, services.log) };
  await processTenant(byTransfer, tenantId);
  expect(await closing()).toHaveLength(0);
  await processTenant(services, tenantId);
  expect(await closing()).toHaveLength(1);
});

test("3.198 KWD can't be charged, and Stripe gets no request", async () => {
  await useCard("good");
  const invoiceId = await addOne(3_198, { code: "KWD", digits: 3 });
  await collect(services, keyOf(invoiceId));
  expect([await failures(invoiceId), intentsOf(invoiceId)]).toEqual([[[1, "failed", "amount"]], []]);
});

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

describe("events", () => {
  /** Opens a page. Each event finds at Stripe the state at the time when it was sent, as in the worst case of a slow answer. */
  async function pageOf(invoiceId: string) {
    const metadata = { whoot_tenant: tenantId, whoot_invoice: invoiceId, whoot_attempt: "1", whoot_kind: "page" };
    const created = Math.floor(Date.now() / 1_000);
    const page = session({
      ...{ id: `cs_${invoiceId}`, mode: "payment", metadata, created, success_url: null },
      ...{ customer: customerId, amount: 11_900, currency: "eur" },
    });
    const intent = (status: "requires_payment_method" | "processing" | "succeeded") =>
      paymentIntent({
        ...{ id: `pi_${invoiceId}`, amount: 11_900, currency: "eur", metadata, status, created },
        ...{ customer: customerId, payment_method: null },
      });
    await server.database.query(
      `insert into payment_attempts values
        ($1, $2, 1, 'stripe', 'page', 'created', 11900, $3, null, null, $4, null, now(), now())`,
      [tenantId, invoiceId, customerId, page.id],
    );
    const find = (kind: "payment" | "page", id: string) => lookUp(services, { kind, id });
    const show = (status: Parameters<typeof intent>[0]) => stripe.intents.set(`pi_${invoiceId}`, intent(status));
    const complete = (status: "processing" | "succeeded") =>
      stripe.sessions.set(page.id, { ...page, status: "complete", payment_intent: intent(status) });
    return {
      "payment_intent.payment_failed": async () => {
        show("requires_payment_method");
        await find("payment", `pi_${invoiceId}`);
      },
      "payment_intent.processing": async () => {
        show("processing");
        await find("payment", `pi_${invoiceId}`);
      },
      "checkout.session.completed": async () => {
        complete("processing");
        await find("page", page.id);
      },
      "payment_intent.succeeded": async () => {
        show("succeeded");
        await find("payment", `pi_${invoiceId}`);
      },
    };
  }
  const TYPES = [
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "checkout.session.completed",
    "payment_intent.succeeded",
  ] as const;

  test("in each of the 24 orders, each sent twice, make one payment", async () => {
    for (const order of permutations(TYPES)) {
      const invoiceId = await addOne();
      const arrive = await pageOf(invoiceId);
      for (const type of [...order, ...order]) await arrive[type]();
      const { paid, attempts } = await at(invoiceId);
      expect([order, paid, attempts.map(({ state }) => state)]).toEqual([order, { count: 1, sum: 11_900 }, ["succeeded"]]);
    }
  });

  test("that are looked up at the same moment make one payment", async () => {
    const invoiceId = await addOne();
    await pageOf(invoiceId);
    const key = keyOf(invoiceId);
    const payment: ProviderPayment = {
      ...{ key, customerId, paymentId: "pi", failure: null, amount: 11_900n, currency: "EUR", state: "succeeded" },
    };
    const older: ProviderPayment = { ...payment, state: "processing" };
    await Promise.all([payment, older, payment, older].map((report) => recordAttempt(services, report)));
    expect((await at(invoiceId)).paid).toEqual({ count: 1, sum: 11_900 });
  });

  test("of a payment of somebody else's customer change nothing", async () => {
    const invoiceId = await addOne();
    await pageOf(invoiceId);
    const payment = { key: keyOf(invoiceId), customerId: "cus_other", paymentId: "pi", failure: null };
    await recordAttempt(services, { ...payment, amount: 11_900n, currency: "EUR", state: "succeeded" });
    expect(await failures(invoiceId)).toEqual([[1, "created", null]]);
  });
});

test("a card that the bank renews has its new expiry, and one that is gone at Stripe is gone here", async () => {
  await useCard("good");
  const card = async () =>
    (await server.database.query<{ method_id: string; expires: string }>("select method_id, expires from payment_accounts"))[0];
  const id = (await card())?.method_id ?? "";
  const method = stripe.methods.get(id);
  if (method?.card) method.card.exp_year = 2_044;
  await lookUp(services, { kind: "card", id, customerId });
  expect(await card()).toMatchObject({ method_id: id, expires: "2044-05" });
  await lookUp(services, { kind: "card", id: "pm_of_before", customerId });
  expect(await card()).toMatchObject({ method_id: id });
  stripe.methods.delete(id);
  await lookUp(services, { kind: "card", id, customerId });
  expect(await card()).toMatchObject({ method_id: null });
});

test("a card that is about to expire is mailed once for each of two days, at night", async () => {
  await useCard("good");
  // The comparison finds cards whose events got lost.
  await reconcile(services, {}, never);
  const now = new Date(services.billing.now() * 1_000);
  const told: number[] = [];
  for (const day of [5, 26]) {
    // The card works until the end of the month after the next one.
    const then = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 2, day);
    const ahead = Math.ceil((then - Date.now()) / 1_000);
    await server.database.query(
      "insert into billing_server (ahead) values ($1) on conflict (only_row) do update set ahead = excluded.ahead",
      [ahead],
    );
    await services.billing.readClock();
    await server.database.query("update payment_accounts set expires = $1", [new Date(then).toISOString().slice(0, 7)]);
    const before = await waitingMails();
    await reconcile(services, {}, never);
    await reconcile(services, {}, never);
    told.push((await waitingMails()) - before);
  }
  expect(told).toEqual([1, 1]);
  expect(await server.database.query("select expiry_told from payment_accounts")).toEqual([{ expiry_told: 7 }]);
});

test("a payment revives no ended subscription, and is credit when nothing is due", async () => {
  await useCard("good");
  const invoiceId = await addOne();
  await server.database.query("update subscriptions set ended = true");
  await collect(services, keyOf(invoiceId));
  expect((await at(invoiceId)).paid?.sum).toBe(11_900);
  expect(await server.database.query("select ended from subscriptions where not ended")).toEqual([]);
  const twice = { key: keyOf(invoiceId, 2), customerId, paymentId: "pi_2", failure: null, amount: 11_900n, currency: "EUR" };
  await server.database.query(
    `insert into payment_attempts values ($1, $2, 2, 'stripe', 'page', 'created', 11900, $3, null, null, 'cs', null, now(), now())`,
    [tenantId, invoiceId, customerId],
  );
  await recordAttempt(services, { ...twice, state: "succeeded" });
  const balance = await server.database.query(
    "select sum(amount)::int from ledger_entries where debit = 'cash' and credit = 'balance'",
  );
  expect(balance).toEqual([{ sum: 11_900 }]);
});

test("a deleted workspace is erased at Stripe, whatever is left of it, and repeating that is harmless", async () => {
  await services.database.asPlatform("deleting", ({ db }) => forgetPayments(db, [customerId]));
  const jobs = await server.database.query<{ payload: { customerId: string } }>(
    `select payload from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     where identifier = 'forgetCustomer'`,
  );
  expect(jobs).toEqual([{ payload: { customerId } }]);
  // The same must hold after billing was switched off.
  const payments = await openPayments(services.config, { isSample: false }, services.log);
  expect(await forgetCustomers({ payments }, [customerId])).toBe("erased");
  expect(await forgetCustomers({ payments }, [customerId])).toBe("erased");
  expect(stripe.customers.has(customerId)).toBe(false);
  await lookUp(services, { kind: "customer", id: customerId });
  expect(await server.database.query("select customer_id, method_id from payment_accounts")).toEqual([
    { customer_id: null, method_id: null },
  ]);
});
