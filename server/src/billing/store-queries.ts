import { type Selectable, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { runPrepared, statement } from "../platform/db/statement.ts";
import type { TimeCursor } from "../platform/page.ts";
import type { BillingLines, SubscriptionItems, Subscriptions } from "../platform/db/schema.ts";
import type { Posting } from "./postings.ts";

export type SubscriptionRow = Selectable<Subscriptions>;
export type ItemRow = Selectable<SubscriptionItems>;
export type LineRow = Selectable<BillingLines>;

type NewLine = Omit<LineRow, "tenant_id" | "subscription_id" | "pending" | "invoice_id">;
type State = Omit<SubscriptionRow, "tenant_id" | "subscription_id" | "currency" | "digits">;

/** The running subscription, or the last one that ended. */
const theSubscription = sql<string>`(select subscription_id from subscriptions order by ended, subscription_id desc limit 1)`;

const subscriptions = statement<Record<string, never>, SubscriptionRow>("find the subscription", (db) =>
  db.selectFrom("subscriptions").selectAll().where("subscription_id", "=", theSubscription),
);

/** The running subscription, or the last one that ended. */
export async function findSubscription(db: Db): Promise<SubscriptionRow | undefined> {
  return (await subscriptions(db, {}))[0];
}

const items = statement<Record<string, never>, ItemRow>("list the items of the subscription", (db) =>
  db.selectFrom("subscription_items").selectAll().where("subscription_id", "=", theSubscription),
);

export function listItems(db: Db): Promise<ItemRow[]> {
  return items(db, {});
}

const liveLines = statement<Record<string, never>, LineRow>("list the live lines of the subscription", (db) => {
  const open = sql<number>`any(array(
    select open_line from subscription_items items where items.subscription_id = billing_lines.subscription_id))`;
  return db
    .selectFrom("billing_lines")
    .selectAll()
    .where("subscription_id", "=", theSubscription)
    .where((line) => line.or([line("pending", "=", true), line("number", "=", open)]))
    .orderBy("number");
});

/** Lines that wait for an invoice, and the open charges of items. */
export function listLiveLines(db: Db): Promise<LineRow[]> {
  return liveLines(db, {});
}

export interface Key {
  tenantId: string;
  subscriptionId: string;
}

const keyOf = ({ tenantId, subscriptionId }: Key) => ({ tenant_id: tenantId, subscription_id: subscriptionId });

export async function insertSubscription(
  db: Db,
  key: Key,
  row: State & Pick<SubscriptionRow, "currency" | "digits">,
): Promise<void> {
  await db
    .insertInto("subscriptions")
    .values({ ...keyOf(key), ...row })
    .execute();
}

/** @returns false if the subscription is no longer at this revision */
export async function updateSubscription(db: Db, { subscriptionId }: Key, revision: number, state: State): Promise<boolean> {
  const updated = await runPrepared(
    db,
    db
      .updateTable("subscriptions")
      .set(state)
      .where("subscription_id", "=", subscriptionId)
      .where("revision", "=", revision)
      .returning("subscription_id"),
  );
  return updated.length > 0;
}

export async function replaceItems(db: Db, key: Key, items: Omit<ItemRow, "tenant_id" | "subscription_id">[]): Promise<void> {
  const kept = items.map(({ item }) => item);
  const deleted = runPrepared(
    db,
    db
      .deleteFrom("subscription_items")
      .where("subscription_id", "=", key.subscriptionId)
      .where("item", "<>", sql<string>`all(${kept}::text[])`),
  );
  if (items.length === 0) return void (await deleted);
  const inserted = runPrepared(
    db,
    db
      .insertInto("subscription_items")
      .values(items.map((item) => ({ ...keyOf(key), ...item })))
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "subscription_id", "item"]).doUpdateSet((set) => ({
          quantity: set.ref("excluded.quantity"),
          unit_price: set.ref("excluded.unit_price"),
          open_line: set.ref("excluded.open_line"),
        })),
      ),
  );
  await Promise.all([deleted, inserted]);
}

export async function insertLines(db: Db, key: Key, lines: NewLine[]): Promise<void> {
  if (lines.length === 0) return;
  await runPrepared(
    db,
    db.insertInto("billing_lines").values(
      lines.map((line) => ({
        ...keyOf(key),
        ...line,
        pending: true,
        // A credit has the catalogue version of the charge that it credits.
        catalogue_version: sql<number>`coalesce((select charged.catalogue_version from billing_lines charged
          where charged.subscription_id = ${key.subscriptionId} and charged.number = ${line.credits}), ${line.catalogue_version})`,
      })),
    ),
  );
}

/** @throws a unique violation for a period that was charged before */
export async function markPeriods(db: Db, key: Key, periods: { from_at: Date; to_at: Date }[]): Promise<void> {
  if (periods.length === 0) return;
  await runPrepared(db, db.insertInto("billed_periods").values(periods.map((period) => ({ ...keyOf(key), ...period }))));
}

/** @param invoiceId null for lines of 0, which are on no document */
export async function issueLines(db: Db, key: Key, numbers: number[], invoiceId: string | null): Promise<void> {
  if (numbers.length === 0) return;
  await runPrepared(
    db,
    db
      .updateTable("billing_lines")
      .set({ pending: false, invoice_id: invoiceId })
      .where("subscription_id", "=", key.subscriptionId)
      .where("number", "=", sql<number>`any(${numbers}::integer[])`),
  );
}

/** The invoices that contain these charges, the newest first. */
export async function listInvoicesOf(db: Db, key: Key, charges: number[]): Promise<{ invoiceId: string; number: string }[]> {
  if (charges.length === 0) return [];
  return db
    .selectFrom("billing_lines")
    .innerJoin("invoices", (join) =>
      join
        .onRef("invoices.tenant_id", "=", "billing_lines.tenant_id")
        .onRef("invoices.invoice_id", "=", "billing_lines.invoice_id"),
    )
    .select(["invoices.invoice_id as invoiceId", "invoices.number", "invoices.issued_at"])
    .distinct()
    .where("billing_lines.subscription_id", "=", key.subscriptionId)
    .where("billing_lines.number", "=", sql<number>`any(${charges}::integer[])`)
    .where("invoices.kind", "=", "invoice")
    .orderBy("invoices.issued_at", "desc")
    .orderBy("invoices.number", "desc")
    .execute();
}

export async function openAccount(db: Db, isShared: boolean): Promise<void> {
  await sql`select open_billing_account(${isShared})`.execute(db);
}

const accounts = statement("find the billing account", (db) =>
  db
    .selectFrom("billing_accounts")
    .select([
      "company",
      "address",
      "country",
      "tax_id",
      "tax_id_confirmed_at",
      "purchase_order",
      "recipients",
      "language",
      "put_off_for as putOffFor",
      "put_off_until as putOffUntil",
      "halted",
      "trial_refused_at as trialRefusedAt",
      "trial_told_at as trialToldAt",
    ]),
);

export async function findBillingAccount(db: Db) {
  return (await accounts(db, {}))[0];
}

/** Takes the next number of the workspace's series. The caller then writes only the document. */
export async function takeNumber(db: Db, at: Date): Promise<{ number: number; prefix: string; issuedAt: Date }> {
  const [taken] = await runPrepared(
    db,
    sql<{ number: number; prefix: string; issuedAt: Date }>`
    select number, prefix, issued_at as "issuedAt" from take_document_number(${at})`,
  );
  if (!taken) throw new Error("no document number was given");
  return taken;
}

interface NewInvoice {
  invoiceId: string;
  number: string;
  kind: string;
  issuedAt: Date;
  issuedOn: string;
  dueOn: string;
  currency: string;
  digits: number;
  net: bigint;
  tax: bigint;
  gross: bigint;
  taxes: unknown;
  seller: unknown;
  buyer: unknown;
  amends: string[];
  catalogueVersion: number;
  sample: boolean;
}

export async function insertInvoice(db: Db, key: Key, invoice: NewInvoice): Promise<void> {
  const { invoiceId, issuedAt, issuedOn, dueOn, taxes, seller, buyer, catalogueVersion, ...same } = invoice;
  const inserted = runPrepared(
    db,
    db.insertInto("invoices").values({
      ...keyOf(key),
      ...same,
      invoice_id: invoiceId,
      catalogue_version: catalogueVersion,
      issued_at: issuedAt,
      issued_on: issuedOn,
      due_on: dueOn,
      taxes: JSON.stringify(taxes),
      seller: JSON.stringify(seller),
      buyer: JSON.stringify(buyer),
    }),
  );
  const numbered = runPrepared(
    db,
    db.insertInto("directory_invoices").values({ number: invoice.number, tenant_id: key.tenantId }),
  );
  await Promise.all([inserted, numbered]);
}

/** Above tenants: the tenant whose document has this number. */
export async function findTenantOfDocument(db: Db, number: string): Promise<string | undefined> {
  const found = await db.selectFrom("directory_invoices").select("tenant_id").where("number", "=", number).executeTakeFirst();
  return found?.tenant_id;
}

export function findInvoiceByNumber(db: Db, number: string) {
  return db
    .selectFrom("invoices")
    .select(["invoice_id as invoiceId", "kind", "currency", "digits"])
    .where("number", "=", number)
    .executeTakeFirst();
}

export function findInvoice(db: Db, invoiceId: string) {
  return db.selectFrom("invoices").select(["number", "kind"]).where("invoice_id", "=", invoiceId).executeTakeFirst();
}

export async function insertPostings(
  db: Db,
  { tenantId, at, documentId }: { tenantId: string; at: Date; documentId: string | null },
  postings: (Posting & { entryId: string })[],
): Promise<void> {
  if (postings.length === 0) return;
  await runPrepared(
    db,
    db.insertInto("ledger_entries").values(
      postings.map(({ entryId, debit, credit, amount, invoiceId }) => ({
        tenant_id: tenantId,
        entry_id: entryId,
        at,
        debit,
        credit,
        amount: String(amount),
        document_id: documentId,
        invoice_id: invoiceId,
      })),
    ),
  );
}

const moved = (debit: string, credit: string) =>
  sql<string>`coalesce(sum(ledger_entries.amount) filter (where debit = ${debit} and credit = ${credit}), 0)`;

/** The payments of an invoice, less those that were taken back. */
const paid = sql<string>`${moved("cash", "receivable")} - ${moved("receivable", "cash")}`;
const credited = moved("balance", "receivable");
/** Written-off amounts, less those that were paid later. */
const writtenOff = sql<string>`${moved("loss", "receivable")} - ${moved("receivable", "loss")}`;

/** Documents, each joined with its ledger entries. */
function withEntries(db: Db) {
  return db
    .selectFrom("invoices")
    .leftJoin("ledger_entries", (join) =>
      join
        .onRef("ledger_entries.tenant_id", "=", "invoices.tenant_id")
        .onRef("ledger_entries.invoice_id", "=", "invoices.invoice_id"),
    )
    .groupBy(["invoices.tenant_id", "invoices.invoice_id"]);
}

const openInvoices = statement(
  "list open invoices",
  (db) =>
    withEntries(db)
      .select([
        "invoices.invoice_id as invoiceId",
        "invoices.number",
        "invoices.due_on as dueOn",
        "invoices.gross",
        paid.as("paid"),
        sql<string>`${credited} + ${writtenOff}`.as("credited"),
        sql<number[]>`array(select day from billing_reminders reminders where reminders.invoice_id = invoices.invoice_id)`.as(
          "reminded",
        ),
      ])
      .where("invoices.kind", "=", "invoice")
      .having(sql<boolean>`gross > ${paid} + ${credited} + ${writtenOff}`)
      .orderBy("invoices.issued_at")
      .orderBy("invoices.number"),
  { byIndex: true },
);

/** Invoices with an amount due, the oldest first, with their sums and the days of sent reminders. Written-off amounts are not due. */
export const listOpenInvoices = (db: Db) => openInvoices(db, {});

/** Invoices and credit notes, newest first. Reads one more than `limit`, to see whether another page follows. */
export function listInvoices(db: Db, after: TimeCursor | null, limit: number) {
  return withEntries(db)
    .select([
      "invoices.invoice_id as invoiceId",
      "number",
      "kind",
      "issued_at as issuedAt",
      "issued_on as issuedOn",
      "due_on as dueOn",
      "currency",
      "digits",
      "net",
      "tax",
      "gross",
      paid.as("paid"),
      credited.as("credited"),
      writtenOff.as("writtenOff"),
    ])
    .$if(after !== null, (query) => query.where(sql<boolean>`(issued_at, invoices.invoice_id) < (${after?.at}, ${after?.id})`))
    .orderBy("issued_at", "desc")
    .orderBy("invoices.invoice_id", "desc")
    .limit(limit + 1)
    .execute();
}

export async function insertReminder(
  db: Db,
  { tenantId, sentAt, invoiceId, day }: { tenantId: string; sentAt: Date; invoiceId: string; day: number },
): Promise<void> {
  await db
    .insertInto("billing_reminders")
    .values({ tenant_id: tenantId, invoice_id: invoiceId, day, sent_at: sentAt })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

const standings = statement("find the standing", (db) =>
  db.selectFrom("tenants").select(["billing_state as state", "billing_until as until", "licences", "add_ons as addOns"]),
);

export async function findStanding(db: Db): Promise<Standing> {
  const [standing] = await standings(db, {});
  if (!standing) throw new Error("the tenant is gone");
  return standing;
}

export interface Standing {
  state: string | null;
  until: Date | null;
  licences: number | null;
  addOns: string[] | null;
}

/** Stores what the tenant may do. */
export async function saveStanding(db: Db, { state, until, licences, addOns }: Standing): Promise<void> {
  const columns = { billing_state: state, billing_until: until, licences, add_ons: addOns };
  await runPrepared(db, db.updateTable("tenants").set(columns));
}

/** Sets when the clock must process the tenant; null if nothing happens automatically. */
export async function setDueAt(db: Db, at: Date | null): Promise<void> {
  await runPrepared(db, sql`select look_at_billing(${at}::timestamptz)`);
}

/** @param reason null ends the halt */
export async function halt(db: Db, reason: string | null): Promise<void> {
  await runPrepared(
    db,
    db
      .updateTable("billing_accounts")
      .set({ halted: reason })
      .where(sql<boolean>`halted is distinct from ${reason}::text`),
  );
}

export async function noteTrialTold(db: Db, at: Date): Promise<void> {
  await db.updateTable("billing_accounts").set({ trial_told_at: at }).execute();
}

export async function putOff(db: Db, invoiceId: string, until: Date): Promise<void> {
  await db.updateTable("billing_accounts").set({ put_off_for: invoiceId, put_off_until: until }).execute();
}

const balances = statement(
  "find the balance",
  (db) =>
    db
      .selectFrom("ledger_entries")
      .select(
        sql<string>`coalesce(sum(case when credit = 'balance' then amount when debit = 'balance' then -amount end), 0)`.as(
          "balance",
        ),
      ),
  { byIndex: true },
);

export async function findBalance(db: Db): Promise<bigint> {
  const [sum] = await balances(db, {});
  return BigInt(sum?.balance ?? 0);
}

/** The sums of an invoice. `credited` includes written-off amounts. */
export function findSums(
  db: Db,
  invoiceId: string,
): Promise<{ gross: string; paid: string; credited: string; writtenOff: string }> {
  return withEntries(db)
    .select([
      "invoices.gross",
      paid.as("paid"),
      sql<string>`${credited} + ${writtenOff}`.as("credited"),
      writtenOff.as("writtenOff"),
    ])
    .where("invoices.invoice_id", "=", invoiceId)
    .executeTakeFirstOrThrow();
}

/** Credit that can be paid out. Never more than came in, and never below 0, even if more went back than came in. */
export async function findRefundable(db: Db): Promise<bigint> {
  const { received } = await db
    .selectFrom("ledger_entries")
    .select(
      sql<string>`coalesce(sum(case when debit = 'cash' then amount when credit = 'cash' then -amount end), 0)`.as("received"),
    )
    .executeTakeFirstOrThrow();
  const balance = await findBalance(db);
  const most = BigInt(received) < balance ? BigInt(received) : balance;
  return most > 0n ? most : 0n;
}
