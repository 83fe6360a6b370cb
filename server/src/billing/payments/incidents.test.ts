/** Refunds and disputes, from events or from the nightly comparison, and their effect on the ledger. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { AttemptKey } from "../../services.ts";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { collect } from "./collecting.ts";
import { lookUp } from "./events.ts";
import { reconcile } from "./reconciling.ts";
import { waitingJobs } from "../../testing/jobs.ts";
import { addInvoice } from "./testing/invoices.ts";
import { giveCard, makeCustomer, makeTenants } from "./testing/payer.ts";
import { dispute, paymentIntent, refund } from "./testing/stripe-objects.ts";
import { useStripe } from "./testing/use-stripe.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
let services: Awaited<ReturnType<typeof openServices>>;
const waiting: string[] = [];
let tenantId: string;
let customerId: string;
const never = new AbortController().signal;
const DAY = 86_400;
const daysAgo = (days: number) => Math.floor(Date.now() / 1_000) - days * DAY;

beforeAll(async () => {
  waiting.push(...(await makeTenants(server, 16)));
  await server.stop();
  services = await openServices(server);
  return () => services.close();
});

/** Each test has a workspace of its own, with a card and no other invoice. */
beforeEach(async () => {
  tenantId = waiting.pop() ?? "";
  customerId = await makeCustomer({ server, services }, tenantId);
  await server.database.query("delete from payment_incidents where tenant_id = $1", [tenantId]);
  await giveCard({ server, services, stripe }, { tenantId, customerId }, "good");
});
afterEach(() => void vi.restoreAllMocks());

const keyOf = (invoiceId: string): AttemptKey => ({ tenantId, invoiceId, number: 1 });
const intentOf = (invoiceId: string) => {
  const intent = [...stripe.intents.values()].find(({ metadata }) => metadata["whoot_invoice"] === invoiceId);
  if (!intent) throw new Error("nothing was charged");
  return intent;
};

/** An invoice over 119.00 EUR that the card has paid. */
async function paidInvoice(): Promise<string> {
  const invoiceId = await addInvoice(server.database, tenantId);
  await collect(services, keyOf(invoiceId));
  return invoiceId;
}

/** The invoice's paid, written-off and due amounts; the workspace's credit and losses; and its cash since the invoice. */
async function books(invoiceId: string) {
  const [row] = await server.database.query(
    `select
       sum(amount * ((debit = 'cash')::int - (credit = 'cash')::int)) filter (where invoice_id = $2)::int as paid,
       coalesce(sum(amount * ((debit = 'loss')::int - (credit = 'loss')::int)) filter (where invoice_id = $2), 0)::int as written_off,
       sum(amount * ((debit = 'receivable')::int - (credit = 'receivable')::int)) filter (where invoice_id = $2)::int as due,
       coalesce(sum(amount * ((credit = 'balance')::int - (debit = 'balance')::int)), 0)::int as credit,
       coalesce(sum(amount * ((debit = 'loss')::int - (credit = 'loss')::int)) filter (where invoice_id is null), 0)::int as lost
     from ledger_entries where tenant_id = $1`,
    [tenantId, invoiceId],
  );
  return row;
}
const SETTLED = { paid: 11_900, written_off: 0, due: 0, credit: 0, lost: 0 };

const audited = async (invoiceId: string) => {
  const rows = await server.database.query<{ what: string }>(
    `select action || coalesce(' ' || (changes -> 'state' ->> 'to'), '') as what from audit_log
     where tenant_id = $1 and target_id = $2 and action like 'billing.%' order by sequence`,
    [tenantId, invoiceId],
  );
  return rows.map(({ what }) => what);
};
const jobsOf = async (name: string) => (await waitingJobs(server.database, name)).length;

function refunded(id: string, invoiceId: string, amount: number, created = daysAgo(0)) {
  stripe.refunds.set(id, refund(id, intentOf(invoiceId), amount, created));
  return lookUp(services, { kind: "refund", id });
}
function disputed(id: string, invoiceId: string, status: Parameters<typeof dispute>[2], created = daysAgo(0)) {
  stripe.disputes.set(id, dispute(id, intentOf(invoiceId), status, created));
  return lookUp(services, { kind: "dispute", id });
}

describe("a refund", () => {
  test("beyond the credit writes off its part of the invoice, which stays settled, and charges nothing again", async () => {
    const invoiceId = await paidInvoice();
    const charges = await jobsOf("collectPayment");
    await refunded("re_plain", invoiceId, 900);
    await refunded("re_plain", invoiceId, 900);
    expect(await books(invoiceId)).toEqual({ ...SETTLED, paid: 11_000, written_off: 900 });
    expect((await audited(invoiceId)).filter((what) => what.startsWith("billing.payment_"))).toEqual([
      "billing.payment_refunded succeeded",
    ]);
    expect(await jobsOf("collectPayment")).toBe(charges);
  });

  test("takes credit first", async () => {
    const invoiceId = await paidInvoice();
    await server.database.query(
      "insert into ledger_entries values ($1, gen_random_uuid(), now(), 'cash', 'balance', 1000, null, null)",
      [tenantId],
    );
    await refunded("re_credit", invoiceId, 1_500);
    expect(await books(invoiceId)).toEqual({ ...SETTLED, paid: 11_400, written_off: 500 });
  });

  test("that fails after it succeeded brings the money back", async () => {
    const invoiceId = await paidInvoice();
    await refunded("re_fails", invoiceId, 11_900);
    expect(await books(invoiceId)).toEqual({ ...SETTLED, paid: 0, written_off: 11_900 });
    const made = stripe.refunds.get("re_fails");
    if (made) made.status = "failed";
    await lookUp(services, { kind: "refund", id: "re_fails" });
    expect(await books(invoiceId)).toEqual(SETTLED);
  });

  /** The sums of the workspace's ledger: each account, and each invoice's receivable, cash and losses. */
  const ledger = () =>
    server.database.query(
      `select account, invoice_id, sum(amount)::int as sum from (
         select debit as account, invoice_id, amount, tenant_id from ledger_entries
         union all select credit, invoice_id, -amount, tenant_id from ledger_entries
       ) moved where tenant_id = $1 group by account, invoice_id having sum(amount) <> 0 order by account, invoice_id`,
      [tenantId],
    );
  const enter = (debit: string, credit: string, amount: number, invoiceId: string | null) =>
    server.database.query("insert into ledger_entries values ($1, gen_random_uuid(), now(), $2, $3, $4, null, $5)", [
      ...[tenantId, debit, credit, amount, invoiceId],
    ]);

  test.each([
    [
      "whose invoice was paid in part",
      async () => {
        const invoiceId = await addInvoice(server.database, tenantId, 6_000);
        await collect(services, keyOf(invoiceId));
        // As if the invoice had been larger.
        await enter("receivable", "revenue", 5_900, invoiceId);
        await server.database.query("update invoices set gross = 11900, net = 11900 where invoice_id = $1", [invoiceId]);
        return { invoiceId, amount: 6_000 };
      },
    ],
    [
      "whose surplus had paid another invoice",
      async () => {
        const [invoiceId, other] = [
          await addInvoice(server.database, tenantId, 900),
          await addInvoice(server.database, tenantId, 700),
        ];
        await collect(services, keyOf(invoiceId));
        await enter("cash", "balance", 700, null);
        await enter("balance", "receivable", 700, other);
        const intent = intentOf(invoiceId);
        Object.assign(intent, { amount: 1_600, amount_received: 1_600 });
        return { invoiceId, amount: 1_600 };
      },
    ],
    [
      "whose surplus is a credit still, beside an invoice of which a part is written off",
      async () => {
        const invoiceId = await paidInvoice();
        await enter("receivable", "cash", 5_900, invoiceId);
        await enter("loss", "receivable", 5_900, invoiceId);
        await enter("cash", "balance", 1_000, null);
        return { invoiceId, amount: 1_500 };
      },
    ],
    [
      "after another refund that was a loss",
      async () => {
        const invoiceId = await paidInvoice();
        const other = await addInvoice(server.database, tenantId, 900);
        await collect(services, keyOf(other));
        await refunded("re_loss", other, 1_000);
        await enter("cash", "balance", 500, null);
        return { invoiceId, amount: 700 };
      },
    ],
  ])("%s and that fails later leaves the ledger as it was", async (_, prepare) => {
    // Credit would pay open invoices, so pay them first.
    const [open] = await server.database.query<{ id: string; gross: number }>(
      "select invoice_id as id, gross::int from invoices where tenant_id = $1",
      [tenantId],
    );
    await enter("cash", "receivable", open?.gross ?? 0, open?.id ?? null);
    const { invoiceId, amount } = await prepare();
    const before = await ledger();
    const id = `re_mirror_${invoiceId}`;
    await refunded(id, invoiceId, amount);
    expect(await ledger()).not.toEqual(before);
    Object.assign(stripe.refunds.get(id) ?? {}, { status: "failed" });
    await lookUp(services, { kind: "refund", id });
    await lookUp(services, { kind: "refund", id });
    expect(await ledger()).toEqual(before);
  });

  test("that is reported before its payment has the same result", async () => {
    const invoiceId = await addInvoice(server.database, tenantId);
    stripe.fail("payment_intents", "after", "after", "after");
    await collect(services, keyOf(invoiceId)).catch(() => {});
    stripe.fail("none");
    await refunded("re_early", invoiceId, 11_900);
    expect(await books(invoiceId)).toEqual({ ...SETTLED, paid: 0, written_off: 11_900 });
  });

  test("of a payment whose surplus settled another invoice is a loss beyond the payments of its own", async () => {
    const invoiceId = await addInvoice(server.database, tenantId, 900);
    await collect(services, keyOf(invoiceId));
    // As if more had been paid and used since.
    stripe.refunds.set("re_more", refund("re_more", { ...intentOf(invoiceId) }, 1_000, daysAgo(0)));
    await lookUp(services, { kind: "refund", id: "re_more" });
    expect(await books(invoiceId)).toEqual({ ...SETTLED, paid: 0, written_off: 900, lost: 100 });
  });

  test("takes and makes no credit if more went back than came in", async () => {
    const first = await addInvoice(server.database, tenantId, 900);
    await collect(services, keyOf(first));
    stripe.refunds.set("re_twice", refund("re_twice", { ...intentOf(first) }, 1_000, daysAgo(0)));
    await lookUp(services, { kind: "refund", id: "re_twice" });
    const second = await addInvoice(server.database, tenantId, 60);
    await collect(services, keyOf(second));
    await refunded("re_second", second, 60);
    expect(await books(second)).toEqual({ ...SETTLED, paid: 0, written_off: 60, lost: 100 });
  });

  test("of a parked payment changes no ledger, and frees the invoice once all of it went back", async () => {
    const invoiceId = await addInvoice(server.database, tenantId);
    const metadata = { whoot_tenant: tenantId, whoot_invoice: invoiceId, whoot_attempt: "1", whoot_kind: "page" };
    const intent = paymentIntent({
      ...{ id: `pi_parked_${invoiceId}`, amount: 700, currency: "eur", metadata, status: "succeeded" },
      ...{ customer: customerId, payment_method: null, created: daysAgo(0) },
    });
    stripe.intents.set(intent.id, intent);
    await server.database.query(
      `insert into payment_attempts values ($1, $2, 1, 'stripe', 'page', 'created', 11900, $3, null, null, 'cs', null, now(), now())`,
      [tenantId, invoiceId, customerId],
    );
    const attempt = async () =>
      (
        await server.database.query("select state, failure, received::int from payment_attempts where invoice_id = $1", [
          invoiceId,
        ])
      )[0];
    await lookUp(services, { kind: "payment", id: intent.id });
    expect(await attempt()).toEqual({ state: "parked", failure: null, received: 700 });
    await refunded("re_part", invoiceId, 300);
    expect(await attempt()).toEqual({ state: "parked", failure: null, received: 400 });
    await refunded("re_rest", invoiceId, 400);
    expect(await attempt()).toMatchObject({ state: "failed", failure: "not_taken" });
    // The provider goes on reporting both.
    await lookUp(services, { kind: "refund", id: "re_rest" });
    await lookUp(services, { kind: "payment", id: intent.id });
    expect(await attempt()).toMatchObject({ state: "failed", failure: "not_taken" });
    expect(await books(invoiceId)).toEqual({ ...SETTLED, paid: 0, due: 11_900 });
  });

  test("of a payment that this database doesn't have is named in the log", async () => {
    const error = vi.spyOn(services.log, "error");
    const metadata = { whoot_tenant: tenantId, whoot_invoice: tenantId, whoot_attempt: "1", whoot_kind: "page" };
    const intent = paymentIntent({
      ...{ id: `pi_unknown_${tenantId}`, amount: 700, currency: "eur", metadata, status: "succeeded" },
      ...{ customer: customerId, payment_method: null, created: daysAgo(0) },
    });
    stripe.refunds.set("re_unknown", refund("re_unknown", intent, 700, daysAgo(0)));
    await lookUp(services, { kind: "refund", id: "re_unknown" });
    expect(error).toHaveBeenCalledWith(
      expect.objectContaining({ refund: "re_unknown" }),
      expect.stringContaining("it is in no ledger"),
    );
  });
});

test("a dispute changes the ledger when it is lost: the invoice is due again, and the card is removed, at Stripe too", async () => {
  const invoiceId = await paidInvoice();
  const error = vi.spyOn(services.log, "error");
  const methodId = [...stripe.methods.keys()].at(-1);
  await disputed("dp_lost", invoiceId, "needs_response");
  expect(await books(invoiceId)).toEqual(SETTLED);
  await server.database.query("update invoices set due_on = '2026-01-01' where invoice_id = $1", [invoiceId]);
  const [mails, charges] = [await jobsOf("sendMail"), await jobsOf("collectPayment")];
  await disputed("dp_lost", invoiceId, "lost");
  await disputed("dp_lost", invoiceId, "lost");
  expect(await books(invoiceId)).toEqual({ ...SETTLED, paid: 0, due: 11_900 });
  expect(await audited(invoiceId)).toEqual(
    expect.arrayContaining(["billing.payment_disputed needs_response", "billing.payment_disputed lost"]),
  );
  expect(error).toHaveBeenCalledWith(
    expect.objectContaining({ dispute: "dp_lost", dueAgain: "119.00 EUR" }),
    expect.stringContaining("a dispute is lost"),
  );
  expect(await server.database.query("select method_id from payment_accounts where tenant_id = $1", [tenantId])).toEqual([
    { method_id: null },
  ]);
  expect(await waitingJobs(server.database, "detachCard")).toEqual([{ methodId }]);
  // Two mails: the payment was taken back, and talk stops. No reminder is sent as well.
  expect([(await jobsOf("sendMail")) - mails, (await jobsOf("collectPayment")) - charges]).toEqual([2, 0]);
});

describe("a server that was off", () => {
  const comparedAt = async () => {
    const [row] = await server.database.query<{ at: Date | null }>("select reconciled_at as at from billing_server");
    return row?.at?.getTime() ?? 0;
  };
  const setComparedAt = (seconds: number) =>
    server.database.query(
      "insert into billing_server (reconciled_at) values (to_timestamp($1)) on conflict (only_row) do update set reconciled_at = excluded.reconciled_at",
      [seconds],
    );

  test("for weeks finds the refunds and disputes of all that time, and next time compares from now on", async () => {
    const [returned, lost, dated] = [await paidInvoice(), await paidInvoice(), await paidInvoice()];
    // The dispute was open when the server stopped, and was decided since. No list of new objects has it.
    await disputed("dp_known", dated, "needs_response", daysAgo(90));
    stripe.disputes.set("dp_known", dispute("dp_known", intentOf(dated), "lost", daysAgo(90)));
    stripe.refunds.set("re_off", refund("re_off", intentOf(returned), 11_900, daysAgo(40)));
    stripe.disputes.set("dp_off", dispute("dp_off", intentOf(lost), "lost", daysAgo(20)));
    await setComparedAt(daysAgo(45));
    const before = Date.now();
    await reconcile(services, {}, never);
    expect(await books(returned)).toMatchObject({ paid: 0, written_off: 11_900 });
    expect(await books(lost)).toMatchObject({ paid: 0, due: 11_900 });
    const [job] = await server.database.query<{ payload: { kind: "dispute"; id: string } }>(
      `select payload from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
       where identifier = 'lookUpPayment' and payload ->> 'id' = 'dp_known'`,
    );
    expect(job?.payload).toEqual({ kind: "dispute", id: "dp_known" });
    if (job) await lookUp(services, job.payload);
    expect(await books(dated)).toMatchObject({ paid: 0, due: 11_900 });
    expect(await comparedAt()).toBeGreaterThanOrEqual(Math.floor(before / 1_000) * 1_000 - 1_000);
  });

  test("compares the same time again if something could not be recorded", async () => {
    const invoiceId = await paidInvoice();
    stripe.refunds.set("re_again", refund("re_again", intentOf(invoiceId), 11_900, daysAgo(10)));
    await setComparedAt(daysAgo(12));
    const before = await comparedAt();
    const failing = {
      ...services,
      database: { ...services.database, withTenant: () => Promise.reject(new Error("no database")) },
    };
    await reconcile(failing, {}, never);
    expect([await comparedAt(), await books(invoiceId)]).toEqual([before, SETTLED]);
    await reconcile(services, {}, never);
    expect(await books(invoiceId)).toMatchObject({ paid: 0, written_off: 11_900 });
    expect(await comparedAt()).toBeGreaterThan(before);
  });
});
