/** Mails about failed payments: one for each reason and card, whatever happens between the failure and the mail. */
import { beforeAll, beforeEach, expect, test } from "vitest";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { collect } from "./collecting.ts";
import { lookUp } from "./events.ts";
import { inviteToPay } from "./paying.ts";
import { addInvoice } from "./testing/invoices.ts";
import { giveCard, makeCustomer, makeTenants, payFirstInvoice } from "./testing/payer.ts";
import type { CardKind } from "./testing/stand-in.ts";
import { useStripe } from "./testing/use-stripe.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
let services: Awaited<ReturnType<typeof openServices>>;
const waiting: string[] = [];
let tenantId: string;
let customerId: string;
let invoiceId: string;

beforeAll(async () => {
  waiting.push(...(await makeTenants(server, 8)));
  await server.stop();
  services = await openServices(server);
  return () => services.close();
});

/** Each test has a workspace of its own, with one open invoice. */
beforeEach(async () => {
  tenantId = waiting.pop() ?? "";
  customerId = await makeCustomer({ server, services }, tenantId);
  await payFirstInvoice({ server }, tenantId);
  invoiceId = await addInvoice(server.database, tenantId);
});

/** @returns its id at Stripe */
const useCard = (kind: CardKind) => giveCard({ server, services, stripe }, { tenantId, customerId }, kind);

const charge = (number: number) => collect(services, { tenantId, invoiceId, number });
const invite = () => inviteToPay(services, { tenantId, invoiceId });
const jobsOf = (name: string) =>
  server.database.query(
    `select 1 from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     where identifier = $1`,
    [name],
  );
/** Counts the mails that `work` queues. */
async function mailsOf(work: () => Promise<void>): Promise<number> {
  const before = (await jobsOf("sendMail")).length;
  await work();
  return (await jobsOf("sendMail")).length - before;
}
/** Runs the job if it was queued, and only once. */
async function inviteIfAsked(): Promise<void> {
  const asked = await server.database.query(
    `delete from graphile_worker._private_jobs job using graphile_worker._private_tasks task
     where task.id = job.task_id and identifier = 'inviteToPay' and payload ->> 'invoiceId' = $1 returning 1`,
    [invoiceId],
  );
  if (asked.length > 0) await invite();
}

/** A page that can be paid. */
async function openPage(number: number): Promise<string> {
  await server.database.query(
    `insert into payment_attempts values ($1, $2, $4, 'stripe', 'page', 'created', 11900, $3, null, null, null, null, now(), now())`,
    [tenantId, invoiceId, customerId, number],
  );
  const attempt = {
    ...{ tenantId, invoiceId, number, kind: "page" as const, amount: 11_900n, currency: { code: "EUR", digits: 2 } },
    ...{ document: "PAID", customerId, methodId: null, pageId: null },
  };
  const page = await services.payments.openPage(attempt, "https://whoot");
  await server.database.query("update payment_attempts set page_id = $2 where invoice_id = $1 and number = $3", [
    ...[invoiceId, page?.pageId, number],
  ]);
  return page?.url ?? "";
}

test("an invitation to confirm that waited for another payment is mailed once, when that payment fails", async () => {
  await useCard("authentication_required");
  expect(await mailsOf(() => charge(1))).toBe(0);
  await server.database.query(
    `insert into payment_attempts select tenant_id, $1, 2, 'stripe', 'card', 'created', 11900, $2, method_id, null, null, null, now(), now()
     from payment_accounts where tenant_id = $3`,
    [invoiceId, customerId, tenantId],
  );
  expect(await mailsOf(inviteIfAsked)).toBe(0);
  await charge(2);
  // The job is repeated if its worker dies.
  expect([await mailsOf(inviteIfAsked), await mailsOf(invite)]).toEqual([1, 0]);
  await charge(3);
  expect(await mailsOf(inviteIfAsked)).toBe(0);
});

test("an invitation to confirm links to a page that somebody opened before, and is mailed once", async () => {
  await useCard("authentication_required");
  await charge(1);
  await openPage(2);
  expect([await mailsOf(invite), await mailsOf(invite)]).toEqual([1, 0]);
});

test("an invitation to confirm whose page can't be opened is followed by the mail without one", async () => {
  await useCard("authentication_required");
  await charge(1);
  await server.database.query(
    "update invoices set currency = 'KWD', digits = 3, gross = 11899, net = 11899 where invoice_id = $1",
    [invoiceId],
  );
  await server.database.query("update ledger_entries set amount = 11899 where invoice_id = $1", [invoiceId]);
  expect([await mailsOf(invite), await mailsOf(invite)]).toEqual([1, 0]);
});

test("if the bank wants a second invoice confirmed before the first one's page opens, one mail names both instead of the page", async () => {
  await useCard("authentication_required");
  await charge(1);
  const first = invoiceId;
  invoiceId = await addInvoice(server.database, tenantId);
  expect(await mailsOf(() => charge(1))).toBe(1);
  invoiceId = first;
  expect(await mailsOf(invite)).toBe(0);
});

test("an invoice that is issued before the other one's page is mailed has a mail of its own when its payment fails", async () => {
  await useCard("authentication_required");
  await charge(1);
  const first = invoiceId;
  const second = await addInvoice(server.database, tenantId);
  expect(await mailsOf(invite)).toBe(1);
  invoiceId = second;
  expect(await mailsOf(() => charge(1))).toBe(1);
  invoiceId = first;
  expect(await mailsOf(invite)).toBe(0);
});

test("a failed payment on a page is mailed, and the card's failure is not mailed again", async () => {
  await useCard("declined");
  expect(await mailsOf(() => charge(1))).toBe(1);
  const page = stripe.payPage(await openPage(2), "processing");
  await lookUp(services, { kind: "page", id: page.id });
  if (typeof page.payment_intent === "object" && page.payment_intent) page.payment_intent.status = "requires_payment_method";
  expect(await mailsOf(() => lookUp(services, { kind: "page", id: page.id }))).toBe(1);
  expect(await mailsOf(() => charge(3))).toBe(0);
});

test("an expired page on which a card was declined sends no mail", async () => {
  const page = stripe.payPage(await openPage(1), "processing");
  const intent = typeof page.payment_intent === "object" ? page.payment_intent : null;
  if (!intent) throw new Error("nobody paid");
  const error = { type: "card_error", code: "card_declined", decline_code: "generic_decline" } as const;
  Object.assign(page, { status: "expired", url: null });
  Object.assign(intent, { status: "canceled", last_payment_error: error });
  for (const subject of [{ kind: "payment", id: intent.id } as const, { kind: "page", id: page.id } as const]) {
    expect(await mailsOf(() => lookUp(services, subject))).toBe(0);
  }
  const [attempt] = await server.database.query("select state, failure from payment_attempts where invoice_id = $1", [invoiceId]);
  expect(attempt).toEqual({ state: "failed", failure: "page_expired" });
});

test("a card that fails after another one was set up sends no mail, because the other one is charged", async () => {
  const old = await useCard("declined");
  stripe.fail("payment_intents", "before", "before", "before");
  await charge(1).catch(() => {});
  stripe.fail("none");
  stripe.methods.delete(old);
  await useCard("good");
  expect(await mailsOf(() => charge(1))).toBe(0);
  await charge(2);
  const attempts = await server.database.query(
    "select state, failure from payment_attempts where invoice_id = $1 order by number",
    [invoiceId],
  );
  expect(attempts).toEqual([
    { state: "failed", failure: "method_gone" },
    { state: "succeeded", failure: null },
  ]);
});
