import { sql } from "kysely";
import type { Db } from "../../platform/db/pools.ts";
import type { AttemptKey, ProviderMethod } from "../../services.ts";

export function findPaymentAccount(db: Db) {
  return db
    .selectFrom("payment_accounts")
    .select([
      "provider",
      "customer_key as customerKey",
      "customer_id as customerId",
      "method_id as methodId",
      "brand",
      "last4",
      "expires",
      "set_up_at as setUpAt",
      "expiry_told as expiryTold",
      "told_of_method as toldOfMethod",
      "told_failures as toldFailures",
      "told_invoices as toldInvoices",
    ])
    .executeTakeFirst();
}

/** Stores the key of the customer that is to be created. Replaces a customer that is gone. */
export async function openAccount(db: Db, tenantId: string, customerKey: string): Promise<void> {
  await db
    .insertInto("payment_accounts")
    .values({ tenant_id: tenantId, provider: "stripe", customer_key: customerKey })
    .onConflict((conflict) =>
      conflict.column("tenant_id").doUpdateSet({ customer_key: customerKey, customer_id: null, ...NO_METHOD }),
    )
    .execute();
}

const NO_METHOD = { method_id: null, brand: null, last4: null, expires: null, expiry_told: null };

export async function setCustomer(db: Db, tenantId: string, customerId: string): Promise<void> {
  await db.updateTable("payment_accounts").set({ customer_id: customerId }).execute();
  await enterDirectory(db, tenantId, customerId);
}

async function enterDirectory(db: Db, tenantId: string, providerId: string): Promise<void> {
  await db
    .insertInto("directory_payments")
    .values({ provider: "stripe", provider_id: providerId, tenant_id: tenantId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Stores the card unless a newer one was set up. @returns false if nothing changed */
export async function setMethod(db: Db, method: ProviderMethod): Promise<boolean> {
  const { customerId, methodId, brand, last4, expires, setUpAt } = method;
  const changed = await db
    .updateTable("payment_accounts")
    .set({ method_id: methodId, brand, last4, expires, set_up_at: setUpAt, expiry_told: null })
    .where("customer_id", "=", customerId)
    .where(sql<boolean>`(set_up_at is null or set_up_at <= ${setUpAt}) and set_up_at is distinct from ${setUpAt}`)
    .returning("tenant_id")
    .executeTakeFirst();
  return changed !== undefined;
}

/** The bank has renewed the card. @returns false if the card is not the stored one, or nothing changed */
export async function updateCard(
  db: Db,
  methodId: string,
  { brand, last4, expires }: Pick<ProviderMethod, "brand" | "last4" | "expires">,
): Promise<boolean> {
  const changed = await db
    .updateTable("payment_accounts")
    .set({ brand, last4, expires, expiry_told: null })
    .where("method_id", "=", methodId)
    .where(sql<boolean>`(brand, last4, expires) is distinct from (${brand}::text, ${last4}::text, ${expires}::text)`)
    .returning("tenant_id")
    .executeTakeFirst();
  return changed !== undefined;
}

/** Forgets the customer. The key is for the next one, which is created when it is needed. */
export async function removeCustomer(db: Db, customerId: string, customerKey: string): Promise<boolean> {
  const changed = await db
    .updateTable("payment_accounts")
    .set({ customer_key: customerKey, customer_id: null, ...NO_METHOD })
    .where("customer_id", "=", customerId)
    .returning("tenant_id")
    .executeTakeFirst();
  return changed !== undefined;
}

export async function setExpiryTold(db: Db, days: number): Promise<void> {
  await db.updateTable("payment_accounts").set({ expiry_told: days }).execute();
}

/** Records that a mail reported these failures of the card and named these invoices. */
export async function setTold(
  db: Db,
  { methodId, failures, invoiceIds }: { methodId: string | null; failures: string[]; invoiceIds: string[] },
): Promise<void> {
  await db
    .updateTable("payment_accounts")
    .set({ told_of_method: methodId, told_failures: failures, told_invoices: invoiceIds })
    .execute();
}

/** The card works again, so its next failure is mailed. */
export async function forgetTold(db: Db, methodId: string): Promise<void> {
  await db
    .updateTable("payment_accounts")
    .set({ told_failures: [], told_invoices: [] })
    .where("told_of_method", "=", methodId)
    .execute();
}

/** Keeps the time of the set-up, so that a late event does not bring the card back. @returns whether there was a card */
export async function removeMethod(db: Db, methodId: string): Promise<boolean> {
  const changed = await db
    .updateTable("payment_accounts")
    .set(NO_METHOD)
    .where("method_id", "=", methodId)
    .returning("tenant_id")
    .executeTakeFirst();
  return changed !== undefined;
}

/** Above tenants. */
export async function findTenantOf(db: Db, providerId: string): Promise<string | undefined> {
  const found = await db
    .selectFrom("directory_payments")
    .select("tenant_id")
    .where("provider", "=", "stripe")
    .where("provider_id", "=", providerId)
    .executeTakeFirst();
  return found?.tenant_id;
}

/** Above tenants: the tenants that have a customer at the provider, in pages. */
export async function listTenants(db: Db, after: string, most: number): Promise<string[]> {
  const rows = await db
    .selectFrom("directory_payments")
    .select("tenant_id")
    .distinct()
    .where("tenant_id", ">", after)
    .orderBy("tenant_id")
    .limit(most)
    .execute();
  return rows.map((row) => row.tenant_id);
}

/** Above tenants. @returns false if the event was received before */
export async function takeEvent(db: Db, eventId: string): Promise<boolean> {
  const taken = await db
    .insertInto("payment_events")
    .values({ provider: "stripe", event_id: eventId })
    .onConflict((conflict) => conflict.doNothing())
    .returning("event_id")
    .executeTakeFirst();
  return taken !== undefined;
}

/** Above tenants: forgets events that the provider no longer repeats. */
export async function pruneEvents(db: Db): Promise<void> {
  await db
    .deleteFrom("payment_events")
    .where("received_at", "<", sql<Date>`now() - interval '30 days'`)
    .execute();
}

const ATTEMPT = [
  "payment_attempts.invoice_id as invoiceId",
  "payment_attempts.number",
  "payment_attempts.kind",
  "payment_attempts.state",
  "payment_attempts.amount",
  "payment_attempts.customer_id as customerId",
  "payment_attempts.method_id as methodId",
  "payment_attempts.payment_id as paymentId",
  "payment_attempts.page_id as pageId",
  "payment_attempts.failure",
  "payment_attempts.received",
  "payment_attempts.received_currency as receivedCurrency",
  "payment_attempts.changed_at as changedAt",
  "invoices.number as document",
  "invoices.currency",
  "invoices.digits",
] as const;

function attempts(db: Db) {
  return db
    .selectFrom("payment_attempts")
    .innerJoin("invoices", (join) =>
      join
        .onRef("invoices.tenant_id", "=", "payment_attempts.tenant_id")
        .onRef("invoices.invoice_id", "=", "payment_attempts.invoice_id"),
    )
    .select(ATTEMPT);
}

export type AttemptRow = Awaited<ReturnType<typeof listAttempts>>[number];

/** The attempts of these invoices, the first attempt of each invoice first. */
export function listAttempts(db: Db, invoiceIds: readonly string[]) {
  return attempts(db)
    .where("payment_attempts.invoice_id", "=", sql<string>`any(${invoiceIds}::uuid[])`)
    .orderBy("payment_attempts.invoice_id")
    .orderBy("payment_attempts.number")
    .execute();
}

/** Parked attempts, the oldest first. */
export function listParked(db: Db, invoiceId?: string) {
  return attempts(db)
    .where("payment_attempts.state", "=", "parked")
    .$if(invoiceId !== undefined, (query) => query.where("payment_attempts.invoice_id", "=", invoiceId ?? ""))
    .orderBy("payment_attempts.invoice_id")
    .orderBy("payment_attempts.number")
    .execute();
}

export function findAttempt(db: Db, { invoiceId, number }: Pick<AttemptKey, "invoiceId" | "number">) {
  return attempts(db)
    .where("payment_attempts.invoice_id", "=", invoiceId)
    .where("payment_attempts.number", "=", number)
    .executeTakeFirst();
}

export function findAttemptByPayment(db: Db, paymentId: string) {
  return attempts(db).where("payment_attempts.payment_id", "=", paymentId).limit(1).executeTakeFirst();
}

/** Those of the provider's payments that belong to an attempt. */
export async function listKnown(db: Db, paymentIds: readonly (string | null)[]): Promise<(string | null)[]> {
  const rows = await db
    .selectFrom("payment_attempts")
    .select("payment_id")
    .where("payment_id", "=", sql<string>`any(${paymentIds}::text[])`)
    .execute();
  return rows.map((row) => row.payment_id);
}

/** Pages that can still be paid. */
export function listOpenPages(db: Db) {
  return db
    .selectFrom("payment_attempts")
    .select(["invoice_id as invoiceId", "page_id as pageId", "amount"])
    .where("state", "=", "created")
    .where("page_id", "is not", null)
    .execute();
}

/** Attempts without an outcome that have not changed lately. A time in the future is of a clock that was ahead, so it counts, too. */
export function listPending(db: Db, before: Date, now: Date) {
  return attempts(db)
    .where("payment_attempts.state", "in", ["created", "processing"])
    .where((attempt) =>
      attempt.or([attempt("payment_attempts.changed_at", "<=", before), attempt("payment_attempts.changed_at", ">", now)]),
    )
    .execute();
}

interface NewAttempt extends AttemptKey {
  kind: "card" | "page";
  amount: bigint;
  customerId: string;
  methodId: string | null;
  at: Date;
}

export async function insertAttempt(db: Db, attempt: NewAttempt): Promise<void> {
  const { tenantId, invoiceId, number, kind, amount, customerId, methodId, at } = attempt;
  await db
    .insertInto("payment_attempts")
    .values({
      ...{ tenant_id: tenantId, invoice_id: invoiceId, number, provider: "stripe", kind, state: "created" },
      ...{ amount: String(amount), customer_id: customerId, method_id: methodId, created_at: at, changed_at: at },
    })
    .execute();
}

interface Incident {
  tenantId: string;
  invoiceId: string;
  incidentId: string;
  state: string;
  kind: string;
  amount: bigint;
  /** The amount that this state moves in the ledger, and the parts of it that are credit and loss. */
  booked: bigint;
  credit: bigint;
  lost: bigint;
  at: Date;
}

export async function noteIncident(db: Db, incident: Incident): Promise<void> {
  const { tenantId, invoiceId, incidentId, state, kind, amount, booked, credit, lost, at } = incident;
  await db
    .insertInto("payment_incidents")
    .values({
      ...{ tenant_id: tenantId, invoice_id: invoiceId, incident_id: incidentId, state, kind },
      ...{ amount: String(amount), booked: String(booked), noted_at: at },
      ...{ booked_credit: String(credit), booked_loss: String(lost) },
    })
    .execute();
}

/** The recorded states of an incident, and the amounts that each moved in the ledger. */
export function listNoted(db: Db, incidentId: string) {
  return db
    .selectFrom("payment_incidents")
    .select(["state", "booked", "booked_credit as credit", "booked_loss as lost"])
    .where("incident_id", "=", incidentId)
    .execute();
}

/** The last refund of this amount at the provider that is in the ledger. */
export function findRefundOf(db: Db, amount: bigint) {
  return db
    .selectFrom("payment_incidents")
    .innerJoin("invoices", (join) =>
      join
        .onRef("invoices.tenant_id", "=", "payment_incidents.tenant_id")
        .onRef("invoices.invoice_id", "=", "payment_incidents.invoice_id"),
    )
    .select(["incident_id as incidentId", "invoices.number as document"])
    .where("payment_incidents.kind", "=", "refund")
    .where("amount", "=", String(amount))
    .groupBy(["incident_id", "invoices.number"])
    .having(sql<boolean>`sum(booked) > 0`)
    .orderBy(sql`max(noted_at)`, "desc")
    .limit(1)
    .executeTakeFirst();
}

/** The last payment through the provider that is in the ledger. */
export function findLastPaid(db: Db) {
  return attempts(db).where("state", "=", "succeeded").orderBy("payment_attempts.changed_at", "desc").limit(1).executeTakeFirst();
}

/** The provider changes nothing after these states. A refund that succeeded can still fail. */
export const LAST_STATES = ["failed", "canceled", "won", "lost", "warning_closed", "prevented"];

/** Incidents that may still change: open disputes, and refunds recorded since then. */
export function listOpenIncidents(db: Db, since: Date) {
  return db
    .selectFrom("payment_incidents")
    .select(["incident_id as incidentId", "kind"])
    .groupBy(["incident_id", "kind"])
    .having(sql<boolean>`not bool_or(state = any(${LAST_STATES}::text[])) and (kind = 'dispute' or min(noted_at) >= ${since})`)
    .execute();
}

/** Above tenants: when the last comparison with the provider began; null before the first one. */
export async function findReconciledAt(db: Db): Promise<Date | null> {
  return (await db.selectFrom("billing_server").select("reconciled_at").executeTakeFirst())?.reconciled_at ?? null;
}

export async function setReconciledAt(db: Db, at: Date): Promise<void> {
  await db
    .insertInto("billing_server")
    .values({ reconciled_at: at })
    .onConflict((conflict) => conflict.column("only_row").doUpdateSet({ reconciled_at: at }))
    .execute();
}

interface Outcome {
  state: string;
  paymentId: string | null;
  failure: string | null;
  at: Date;
  /** The money that came in; null if there is none, or a fraction of a minor unit. */
  received: { amount: bigint; currency: string } | null;
}

export async function moveAttempt(
  db: Db,
  { invoiceId, number }: Pick<AttemptKey, "invoiceId" | "number">,
  { state, paymentId, failure, at, received }: Outcome,
): Promise<void> {
  await db
    .updateTable("payment_attempts")
    .set({
      ...{ state, failure, changed_at: at },
      ...(paymentId !== null && { payment_id: paymentId }),
      ...(received !== null && { received: String(received.amount), received_currency: received.currency }),
    })
    .where("invoice_id", "=", invoiceId)
    .where("number", "=", number)
    .execute();
}

/** Records whether the operator entered a parked payment into the ledger. */
export async function decideParked(
  db: Db,
  { invoiceId, number }: Pick<AttemptKey, "invoiceId" | "number">,
  outcome: { state: "succeeded" | "failed"; failure: string | null },
): Promise<void> {
  await db
    .updateTable("payment_attempts")
    .set(outcome)
    .where("invoice_id", "=", invoiceId)
    .where("number", "=", number)
    .where("state", "=", "parked")
    .execute();
}

/** Stores how much of a parked payment is left after a part of it went back or came in again. */
export async function parkAgain(
  db: Db,
  { invoiceId, number }: Pick<AttemptKey, "invoiceId" | "number">,
  received: bigint,
): Promise<void> {
  await db
    .updateTable("payment_attempts")
    .set({ state: "parked", failure: null, received: String(received) })
    .where("invoice_id", "=", invoiceId)
    .where("number", "=", number)
    .execute();
}

/** Stores the page on which the attempt is paid. */
export async function setPage(
  db: Db,
  { invoiceId, number }: Pick<AttemptKey, "invoiceId" | "number">,
  pageId: string,
): Promise<void> {
  await db
    .updateTable("payment_attempts")
    .set({ page_id: pageId })
    .where("invoice_id", "=", invoiceId)
    .where("number", "=", number)
    .where("page_id", "is", null)
    .execute();
}
