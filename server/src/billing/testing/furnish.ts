/** A workspace with a subscription, a document and a ledger, stored as the server stores them. */
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { readFileSync } from "node:fs";
import type { Database } from "../../platform/db/pools.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { begin, type Step } from "../reckoning/subscription.ts";
import { openAccount, saveNew } from "../store.ts";
import type { HttpClient } from "../../testing/http.ts";
import { moment, TAX, team } from "./at.ts";

const SAMPLE = readFileSync(new URL("../sample-catalogue.json", import.meta.url), "utf8");

export const SELLER = BillingCatalogue.parse(JSON.parse(SAMPLE)).issuer;

export const terms = (now: number) => ({
  ...{ at: now, dueDays: 14, seller: SELLER, workspaceName: "Acme", sample: false },
  sharesSeries: false,
});

/** Ends the trial that a server with billing started, because a workspace has one running subscription. */
const END_TRIAL = "update subscriptions set ended = true where tenant_id = $1 and not ended";

/** A reminder, a quote, a card that was charged, and a due time in a year. */
const AND_MORE = `
  with reminded as (insert into billing_reminders select tenant_id, invoice_id, 1, now() from invoices where tenant_id = $1),
    quoted as (insert into billing_quotes
      select tenant_id, gen_random_uuid(), owner_member_id, 'licences', '{}', now(), '{}', null, null, 1, now() from tenants where tenant_id = $1),
    paying as (insert into payment_accounts (tenant_id, provider, customer_key, customer_id)
      select tenant_id, 'stripe', gen_random_uuid(), 'cus_' || tenant_id from tenants where tenant_id = $1 on conflict do nothing),
    tried as (insert into payment_attempts
      select tenant_id, invoice_id, 1, 'stripe', 'card', 'failed', gross, 'cus_' || tenant_id, 'pm_' || tenant_id, null, null, 'declined', now(), now()
      from invoices where tenant_id = $1),
    refunded as (insert into payment_incidents
      select tenant_id, invoice_id, 're_' || tenant_id, 'succeeded', 'refund', gross, now() from invoices where tenant_id = $1),
    known as (insert into directory_payments
      select 'stripe', 'cus_' || tenant_id, tenant_id from tenants where tenant_id = $1 on conflict do nothing)
  insert into directory_billing values ($1, now() + interval '1 year') on conflict (tenant_id) do update set due_at = excluded.due_at`;

/** A subscription that leaves the clock nothing to do: it starts now and has enough licences for every test. */
export const runningNow = () => begin(team(1_000), { now: Math.floor(Date.now() / 1_000), tax: TAX });

/** @param admin may add a version of the catalogue */
export async function furnishBilling(
  { admin, database }: { admin: Pick<TestDatabase, "query">; database: Database },
  tenantId: string,
  step: Step = begin(team(10), moment("2026-01-01T00:00:00Z")),
): Promise<void> {
  await admin.query(
    `insert into billing_catalogues (version, valid_from, content, sha256) values (1, now(), $1, '\\x00') on conflict do nothing`,
    [SAMPLE],
  );
  await admin.query(END_TRIAL, [tenantId]);
  const bought = { catalogueVersion: 1, currency: { code: "EUR", digits: 2 } };
  await database.withTenant(tenantId, async (tx) => {
    await openAccount(tx, false);
    await saveNew(tx, step, bought, terms(step.subscription.changedAt));
  });
  await admin.query(AND_MORE, [tenantId]);
}

/** Stores a card, as if it had been set up. */
export async function setUpCard(admin: Pick<TestDatabase, "query">, tenantId: string): Promise<void> {
  await admin.query(
    `update payment_accounts set customer_id = coalesce(customer_id, 'cus_' || tenant_id), method_id = 'pm_' || tenant_id, brand = 'visa',
      last4 = '4242', expires = '2040-05' where tenant_id = $1`,
    [tenantId],
  );
}

const PLAN = { change: "choose", plan: "business", interval: "year", licences: 1_000, addOns: [] };

/** Quotes another plan of the sample catalogue. @returns the quote's id */
export async function quotePlan(owner: HttpClient, { path }: { path: string }, wanted: object = PLAN): Promise<string> {
  return quoteOf(owner, `${path}/billing/subscription`, { wanted });
}

/** @param path of the change, such as …/billing/licences */
export async function quoteOf(person: HttpClient, path: string, body: object): Promise<string> {
  const { status, json, text } = await person.post(`${path}/quotes`, body);
  if (status !== 201) throw new Error(`no quote: ${text}`);
  return json.quoteId as string;
}

/** Makes the workspace's invoices overdue, with no postponement. */
export async function becomeOverdue(admin: Pick<TestDatabase, "query">, tenantId: string): Promise<void> {
  await admin.query(
    "update invoices set due_on = to_char((now() at time zone 'UTC')::date - 5, 'YYYY-MM-DD') where tenant_id = $1",
    [tenantId],
  );
  await admin.query("update billing_accounts set put_off_for = null, put_off_until = null where tenant_id = $1", [tenantId]);
}
