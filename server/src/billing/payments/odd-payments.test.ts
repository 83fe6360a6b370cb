/** Unexpected payments: under a number that was used again, of another workspace's invoice, or with a wrong clock. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { furnishBilling, runningNow } from "../testing/furnish.ts";
import { collect } from "./collecting.ts";
import { lookUp } from "./events.ts";
import { reconcile } from "./reconciling.ts";
import { addInvoice, paymentsOf } from "./testing/invoices.ts";
import { giveCard, makeCustomer, makeTenants, payFirstInvoice } from "./testing/payer.ts";
import { paymentIntent, refund } from "./testing/stripe-objects.ts";
import { useStripe } from "./testing/use-stripe.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
let services: Awaited<ReturnType<typeof openServices>>;
const waiting: string[] = [];
let tenantId: string;
let customerId: string;
let invoiceId: string;
const never = new AbortController().signal;
const now = () => Math.floor(Date.now() / 1_000);

beforeAll(async () => {
  waiting.push(...(await makeTenants(server, 15)));
  await server.stop();
  services = await openServices(server);
  return () => services.close();
});

/** Each test has a workspace of its own, with a card and one open invoice. */
beforeEach(async () => {
  tenantId = waiting.pop() ?? "";
  customerId = await makeCustomer({ server, services }, tenantId);
  await giveCard({ server, services, stripe }, { tenantId, customerId }, "good");
  await payFirstInvoice({ server }, tenantId);
  invoiceId = await addInvoice(server.database, tenantId);
});
afterEach(() => void vi.restoreAllMocks());

/** Makes a payment at Stripe with this metadata. @returns its id */
function payAtStripe(changes: { invoice?: string; number?: string; amount?: number; currency?: string; tenant?: string } = {}) {
  const { invoice = invoiceId, number = "1", amount = 11_900, currency = "eur", tenant = tenantId } = changes;
  const intent = paymentIntent({
    ...{ id: `pi_odd_${stripe.intents.size}_${invoice}`, amount, currency, status: "succeeded", created: now() },
    ...{ customer: customerId, payment_method: null },
    metadata: { whoot_tenant: tenant, whoot_invoice: invoice, whoot_attempt: number, whoot_kind: "page" },
  });
  stripe.intents.set(intent.id, intent);
  return intent.id;
}
const tell = (id: string) => lookUp(services, { kind: "payment", id });
/** The workspace's cash since the invoice, and its credit. */
const cash = async () => {
  const [row] = await server.database.query<{ paid: number; credit: number }>(
    `select coalesce(sum(amount) filter (where debit = 'cash' and credit = 'receivable' and invoice_id = $2), 0)::int as paid,
       coalesce(sum(amount * ((credit = 'balance')::int - (debit = 'balance')::int)), 0)::int as credit
     from ledger_entries where tenant_id = $1`,
    [tenantId, invoiceId],
  );
  return row;
};
/** Runs a comparison that finds the card, so that later ones don't queue its charges. */
async function compareOnce(): Promise<void> {
  await reconcile(services, {}, never);
  await server.database.query("delete from graphile_worker._private_jobs");
}
const attempts = async () => (await paymentsOf(server.database, invoiceId)).attempts.map(({ number, state }) => [number, state]);

describe("a second payment under an attempt number that was used again after a restored backup", () => {
  test("is recorded once, as credit", async () => {
    await collect(services, { tenantId, invoiceId, number: 1 });
    expect(await cash()).toEqual({ paid: 11_900, credit: 0 });
    const second = payAtStripe();
    await tell(second);
    await tell(second);
    await reconcile(services, {}, never);
    expect(await attempts()).toEqual([
      [1, "succeeded"],
      [2, "succeeded"],
    ]);
    expect(await cash()).toEqual({ paid: 11_900, credit: 11_900 });
    // The refund belongs to the second payment only.
    const made = refund("re_second", stripe.intents.get(second) as never, 11_900, now());
    stripe.refunds.set(made.id, made);
    await lookUp(services, { kind: "refund", id: made.id });
    expect(await cash()).toEqual({ paid: 11_900, credit: 0 });
  });

  test("is recorded although the operator rejected the other payment", async () => {
    await server.database.query(
      `insert into payment_attempts values ($1, $2, 1, 'stripe', 'page', 'created', 11900, $3, null, null, 'cs', null, now(), now())`,
      [tenantId, invoiceId, customerId],
    );
    const first = payAtStripe({ amount: 700 });
    await tell(first);
    await server.database.query("update payment_attempts set state = 'failed', failure = 'not_taken' where payment_id = $1", [
      first,
    ]);
    await tell(payAtStripe());
    await tell(first);
    expect(await attempts()).toEqual([
      [1, "failed"],
      [2, "succeeded"],
    ]);
    expect(await cash()).toEqual({ paid: 11_900, credit: 0 });
  });

  test("is found before the card is charged again", async () => {
    await collect(services, { tenantId, invoiceId, number: 1 });
    await server.database.query(
      "insert into ledger_entries values ($1, gen_random_uuid(), now(), 'receivable', 'cash', 11900, null, $2)",
      [tenantId, invoiceId],
    );
    payAtStripe();
    await collect(services, { tenantId, invoiceId, number: 2 });
    expect([...stripe.intents.values()].filter(({ metadata }) => metadata["whoot_invoice"] === invoiceId)).toHaveLength(2);
  });
});

describe("a payment with unexpected metadata or currency", () => {
  test.each([
    ["with the attempt number 0", { number: "0" }],
    ["with an attempt number above the column's range", { number: "40000" }],
  ])("%s does not stop the nightly comparison", async (_, changes) => {
    payAtStripe(changes);
    const error = vi.spyOn(services.log, "error");
    await reconcile(services, {}, never);
    expect(error).not.toHaveBeenCalledWith(expect.anything(), expect.stringContaining("comparing a payment"));
    expect(await cash()).toEqual({ paid: 0, credit: 0 });
  });

  test("for another workspace's invoice changes neither workspace, and is named in the log", async () => {
    const other = waiting.at(0) ?? "";
    await furnishBilling({ admin: server.database, database: services.database }, other, runningNow());
    const theirs = await addInvoice(server.database, other);
    const error = vi.spyOn(services.log, "error");
    await tell(payAtStripe({ invoice: theirs }));
    await tell(payAtStripe({ invoice: theirs, tenant: other }));
    expect(error.mock.calls.filter(([, text]) => String(text).includes("came in of an invoice or a customer"))).toHaveLength(2);
    expect((await paymentsOf(server.database, theirs)).attempts).toEqual([]);
    expect(await cash()).toEqual({ paid: 0, credit: 0 });
  });

  test("for a credit note is not recorded", async () => {
    await server.database.query("update invoices set kind = 'credit note' where invoice_id = $1", [invoiceId]);
    await tell(payAtStripe());
    expect(await attempts()).toEqual([]);
    expect(await cash()).toEqual({ paid: 0, credit: 0 });
  });

  test("in another currency is parked with its amount and currency", async () => {
    await tell(payAtStripe({ amount: 11_900, currency: "jpy" }));
    const [row] = await server.database.query(
      "select state, received::int, received_currency from payment_attempts where invoice_id = $1",
      [invoiceId],
    );
    expect(row).toEqual({ state: "parked", received: 11_900, received_currency: "JPY" });
    expect(await cash()).toEqual({ paid: 0, credit: 0 });
  });
});

describe("a payment that is on its way and that the bank declines later", () => {
  const jobsOf = async (name: string) =>
    (
      await server.database.query(
        `select 1 from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
         where identifier = $1 and (payload ->> 'invoiceId' = $2 or payload ->> 'tenantId' = $3)`,
        [name, invoiceId, tenantId],
      )
    ).length;
  const failures = () =>
    server.database.query("select number, state, failure from payment_attempts where invoice_id = $1 order by number", [
      invoiceId,
    ]);
  const decline = (id: string) => {
    const error = { type: "card_error", code: "card_declined", decline_code: "insufficient_funds" } as const;
    Object.assign(stripe.move(id, "requires_payment_method"), { last_payment_error: error });
  };

  test("is cancelled at Stripe and fails, so that the invoice can be paid in another way", async () => {
    const [method] = [...stripe.methods.values()].slice(-1);
    if (method) method.kind = "slow";
    await collect(services, { tenantId, invoiceId, number: 1 });
    const intent = [...stripe.intents.values()].find(({ metadata }) => metadata["whoot_invoice"] === invoiceId);
    expect(await failures()).toEqual([{ number: 1, state: "processing", failure: null }]);
    await tell(intent?.id ?? "");
    expect(await jobsOf("collectPayment")).toBe(0);
    decline(intent?.id ?? "");
    await tell(intent?.id ?? "");
    expect(await jobsOf("collectPayment")).toBe(1);
    await collect(services, { tenantId, invoiceId, number: 1 });
    expect([await failures(), intent?.status]).toEqual([
      [{ number: 1, state: "failed", failure: "insufficient_funds" }],
      "canceled",
    ]);
    expect([...stripe.intents.values()].filter(({ metadata }) => metadata["whoot_invoice"] === invoiceId)).toHaveLength(1);
  });

  test("fails, too, if an older backup was restored meanwhile", async () => {
    const id = payAtStripe();
    stripe.move(id, "processing");
    await tell(id);
    decline(id);
    await tell(id);
    expect(await failures()).toEqual([{ number: 1, state: "failed", failure: "declined" }]);
  });
});

test("a refund that a slow job reports as succeeded after a faster one reported its failure changes nothing", async () => {
  await collect(services, { tenantId, invoiceId, number: 1 });
  const intent = [...stripe.intents.values()].find(({ metadata }) => metadata["whoot_invoice"] === invoiceId);
  if (!intent) throw new Error("nothing was charged");
  const made = refund(`re_slow_${invoiceId}`, intent, 11_900, now());
  for (const status of ["failed", "succeeded", "pending", "failed"]) {
    stripe.refunds.set(made.id, { ...made, status });
    await lookUp(services, { kind: "refund", id: made.id });
    const [row] = await server.database.query<{ paid: number }>(
      `select sum(amount * ((debit = 'cash')::int - (credit = 'cash')::int))::int as paid from ledger_entries where invoice_id = $1`,
      [invoiceId],
    );
    expect([status, row?.paid]).toEqual([status, 11_900]);
  }
});

describe("after the clock was years ahead", () => {
  test("a charge with an unknown outcome is requested again", async () => {
    await compareOnce();
    await server.database.query(
      `insert into payment_attempts select tenant_id, $2, 1, 'stripe', 'card', 'created', 11900, $3, method_id, null, null, null,
         now() + interval '5 years', now() + interval '5 years' from payment_accounts where tenant_id = $1`,
      [tenantId, invoiceId, customerId],
    );
    await reconcile(services, {}, never);
    const jobs = await server.database.query(
      `select 1 from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
       where identifier = 'collectPayment' and payload ->> 'invoiceId' = $1`,
      [invoiceId],
    );
    expect(jobs).toHaveLength(1);
  });

  test("the comparison looks back as far as the first one did", async () => {
    await server.database.query(
      `insert into billing_server (reconciled_at) values (now() + interval '5 years')
       on conflict (only_row) do update set reconciled_at = excluded.reconciled_at`,
    );
    const id = payAtStripe();
    const intent = stripe.intents.get(id);
    if (intent) intent.created = now() - 20 * 86_400;
    await reconcile(services, {}, never);
    expect(await cash()).toEqual({ paid: 11_900, credit: 0 });
  });
});

test("if Stripe refuses a list, pending attempts are still asked about, and the comparison is repeated", async () => {
  await compareOnce();
  await server.database.query("update billing_server set reconciled_at = null");
  await server.database.query(
    `insert into payment_attempts select tenant_id, $2, 1, 'stripe', 'card', 'created', 11900, $3, method_id, null, null, null,
       now() - interval '1 day', now() - interval '1 day' from payment_accounts where tenant_id = $1`,
    [tenantId, invoiceId, customerId],
  );
  stripe.refuseList = "disputes";
  await expect(reconcile(services, {}, never)).rejects.toThrow("payments_unavailable");
  stripe.refuseList = null;
  const jobs = await server.database.query(
    `select 1 from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     where identifier = 'collectPayment' and payload ->> 'invoiceId' = $1`,
    [invoiceId],
  );
  expect(jobs).toHaveLength(1);
  expect(await server.database.query("select reconciled_at from billing_server where reconciled_at is not null")).toEqual([]);
});
