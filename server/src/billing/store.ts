/**
 * Stores subscriptions, documents and the ledger. A caller that writes has locked the roster, so a workspace's billing changes one step
 * at a time. Everything that a step writes is in the caller's transaction.
 */
import { v7 as uuidv7 } from "uuid";
import type { Currency } from "#contract/currencies.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Billing } from "../services.ts";
import {
  cashLost,
  paidAfterAll,
  type Posting,
  postDocument,
  postCredited,
  postReceipt,
  postReversed,
  refunded,
  writtenOff,
} from "./postings.ts";
import { type Account, dueOf, type Receivable, smaller } from "./reckoning/account.ts";
import { DAY, dayOf, type Instant } from "./reckoning/calendar.ts";
import { type Draft, draftOf } from "./reckoning/documents.ts";
import type { Line } from "./reckoning/lines.ts";
import { Refusal } from "./reckoning/refusal.ts";
import type { Step, Subscription } from "./reckoning/subscription.ts";
import { numberText } from "./reckoning/series.ts";
import { lineRow, type Stored, storedOf, subscriptionRow, toDate, toInstant } from "./rows.ts";
import * as queries from "./store-queries.ts";

/** The running subscription, or the last one that ended. */
export async function findSubscription(tx: TenantTx): Promise<Stored | null> {
  const [row, items, lines] = await Promise.all([
    queries.findSubscription(tx.db),
    queries.listItems(tx.db),
    queries.listLiveLines(tx.db),
  ]);
  return row ? storedOf(row, items, lines) : null;
}

/** Whether the operator wants one series of document numbers for all workspaces. */
export function sharesSeries({ sale }: Pick<Billing, "sale">): boolean {
  return sale?.catalogue.series === "issuer";
}

/** Opens the workspace's account with a series of document numbers. @param isShared whether all workspaces share the series */
export function openAccount(tx: TenantTx, isShared: boolean): Promise<void> {
  return queries.openAccount(tx.db, isShared);
}

/** The account: open invoices with what was paid and credited, and the balance. */
export async function findReceivables(tx: TenantTx): Promise<Account> {
  const [rows, balance] = await Promise.all([queries.listOpenInvoices(tx.db), queries.findBalance(tx.db)]);
  return { balance, receivables: rows.map(receivableOf) };
}

type Sums = Record<"invoiceId" | "gross" | "paid" | "credited", string>;

/** Reads an invoice's sums from a row. */
export function receivableOf({ invoiceId, gross, paid, credited }: Sums): Receivable {
  return { invoice: invoiceId, gross: BigInt(gross), paid: BigInt(paid), credited: BigInt(credited) };
}

/** The parts of a document other than its lines. */
export interface Terms {
  at: Instant;
  dueDays: number;
  /** The issuer, as in the catalogue. */
  seller: unknown;
  /** The buyer's name if the profile has no company. */
  workspaceName: string;
  /** Sample documents show the layout and charge nothing. */
  sample: boolean;
  /** Whether all workspaces share one series of numbers. */
  sharesSeries: boolean;
}

/** An invoice or a credit note that was just issued. */
export interface Issued {
  invoiceId: string;
  number: string;
  /** The parts of the number. */
  series: { prefix: string; number: number };
  kind: Draft["kind"];
  /** As the document shows it, so never negative. */
  gross: bigint;
  /** The amount left to pay after credits. */
  due: bigint;
  /** A day in UTC. */
  dueOn: string;
}

/** Stores a new subscription. */
export async function saveNew(
  tx: TenantTx,
  { subscription, ...step }: Step,
  bought: { catalogueVersion: number; currency: Currency },
  terms: Terms,
): Promise<{ stored: Stored; issued: Issued | null }> {
  const key = keyOf(tx, uuidv7());
  const row = {
    ...subscriptionRow(subscription),
    catalogue_version: bought.catalogueVersion,
    currency: bought.currency.code,
    digits: bought.currency.digits,
  };
  tx.awaitAtCommit(queries.insertSubscription(tx.db, key, row));
  const paper = await preparePaper(tx, key, step.issued, terms);
  const stored = { subscriptionId: key.subscriptionId, ...bought, subscription };
  return { stored, issued: await saveLines(tx, stored, { ...step, subscription, before: null }, paper) };
}

/**
 * Stores a step of a subscription.
 * @param before holds the version of the catalogue that the subscription has after the step
 * @throws Refusal revision_moved, if another step was stored since the subscription was read
 */
export async function saveStep(
  tx: TenantTx,
  before: Stored,
  step: Step,
  terms: Terms,
): Promise<{ stored: Stored; issued: Issued | null }> {
  const key = keyOf(tx, before.subscriptionId);
  const { revision } = before.subscription;
  const state = { ...subscriptionRow(step.subscription), catalogue_version: before.catalogueVersion };
  const [isUpdated, paper] = await Promise.all([
    queries.updateSubscription(tx.db, key, revision, state),
    preparePaper(tx, key, step.issued, terms),
  ]);
  if (!isUpdated) throw new Refusal("revision_moved");
  const stored = { ...before, subscription: step.subscription };
  return { stored, issued: await saveLines(tx, stored, { ...step, before: before.subscription }, paper) };
}

function keyOf({ tenantId }: TenantTx, subscriptionId: string) {
  return { tenantId, subscriptionId };
}

/** What issuing a document needs. */
interface Paper {
  draft: Draft;
  terms: Terms;
  /** The invoices whose charges the document takes back, the newest first. */
  amends: { invoiceId: string; number: string }[];
  buyer: Awaited<ReturnType<typeof buyerOf>>;
  account: Account;
}

/** Returns null if the lines are all 0. */
async function preparePaper(tx: TenantTx, key: queries.Key, lines: readonly Line[], terms: Terms): Promise<Paper | null> {
  const draft = draftOf(lines);
  if (!draft) return null;
  const credited = draft.lines.flatMap((line) => (line.kind === "credit" ? [line.credits] : []));
  const [amends, buyer, account] = await Promise.all([
    draft.kind === "credit note" ? queries.listInvoicesOf(tx.db, key, credited) : [],
    buyerOf(tx, terms),
    findReceivables(tx),
  ]);
  return { draft, terms, amends, buyer, account };
}

/** The periods that a step began, if it moved the subscription on. Each period of its charges is listed once. */
function begunPeriods({ lines, subscription: { period } }: Step, periodBefore: Instant | null): { from_at: Date; to_at: Date }[] {
  if (period.index < 0 || period.from === periodBefore) return [];
  const charges = lines.filter(({ kind }) => kind === "charge");
  const ends = new Map([[period.from, period.to], ...charges.map(({ from, to }) => [from, to] as const)]);
  return [...ends].map(([from, to]) => ({ from_at: toDate(from), to_at: toDate(to) }));
}

/** Stores the lines of a step, and issues those that are due: on a document, unless they are all 0. */
async function saveLines(
  tx: TenantTx,
  stored: Stored,
  { before, ...step }: Step & { before: Subscription | null },
  paper: Paper | null,
): Promise<Issued | null> {
  const key = keyOf(tx, stored.subscriptionId);
  // A credit has the plan that was charged, even in a step that begins another plan.
  const planOf = ({ kind }: Line) => (kind === "credit" && before ? before.plan : step.subscription.plan);
  const rows = step.lines.map((line) => ({ ...lineRow(line), plan: planOf(line), catalogue_version: stored.catalogueVersion }));
  const items = step.subscription.items.map(({ item, quantity, unitPrice, open }) => ({
    item,
    quantity: String(quantity),
    unit_price: String(unitPrice),
    open_line: open?.number ?? null,
  }));
  const shown = new Set(paper?.draft.lines.map(({ number }) => number));
  const others = step.issued.map(({ number }) => number).filter((number) => !shown.has(number));
  tx.awaitAtCommit(queries.markPeriods(tx.db, key, begunPeriods(step, before?.period.from ?? null)));
  tx.awaitAtCommit(queries.insertLines(tx.db, key, rows));
  tx.awaitAtCommit(queries.replaceItems(tx.db, key, items));
  tx.awaitAtCommit(queries.issueLines(tx.db, key, others, null));
  return paper && issueDocument(tx, stored, paper);
}

/** Issues a document and posts it to the account. Takes the number last, so that the series' row is locked briefly. */
async function issueDocument(
  tx: TenantTx,
  stored: Stored,
  { draft, terms, amends, buyer, account: before }: Paper,
): Promise<Issued> {
  const key = keyOf(tx, stored.subscriptionId);
  const invoiceId = uuidv7();
  const amended = amends.map((invoice) => invoice.invoiceId);
  const { account, postings } = postDocument(before, invoiceId, draft.totals, amended);
  // The account may be older than the operator's wish for one series.
  if (terms.sharesSeries) tx.awaitAtCommit(openAccount(tx, true));
  const taken = await queries.takeNumber(tx.db, toDate(terms.at));
  const at = toInstant(taken.issuedAt);
  const dueOn = dayOf(at + terms.dueDays * DAY);
  const number = numberText(taken.prefix, taken.number);
  const sign = draft.kind === "credit note" ? -1n : 1n;
  const { net, tax, gross, taxes } = draft.totals;
  const invoice = {
    invoiceId,
    number,
    kind: draft.kind,
    issuedAt: taken.issuedAt,
    issuedOn: dayOf(at),
    dueOn,
    currency: stored.currency.code,
    digits: stored.currency.digits,
    ...{ net: sign * net, tax: sign * tax, gross: sign * gross },
    taxes: taxes.map((total) => ({ ...total, base: Number(sign * total.base), tax: Number(sign * total.tax) })),
    seller: terms.seller,
    buyer,
    amends: amends.map((amendedInvoice) => amendedInvoice.number).toSorted(),
    catalogueVersion: stored.catalogueVersion,
    sample: terms.sample,
  };
  const numbers = draft.lines.map((line) => line.number);
  const rows = postings.map((posting) => ({ ...posting, entryId: uuidv7() }));
  // The order matters, because lines and entries refer to the invoice.
  tx.awaitAtCommit(queries.insertInvoice(tx.db, key, invoice));
  tx.awaitAtCommit(queries.issueLines(tx.db, key, numbers, invoiceId));
  tx.awaitAtCommit(queries.insertPostings(tx.db, { tenantId: tx.tenantId, at: taken.issuedAt, documentId: invoiceId }, rows));
  const receivable = account.receivables.find((one) => one.invoice === invoiceId);
  const series = { prefix: taken.prefix, number: taken.number };
  return { invoiceId, number, series, kind: draft.kind, gross: sign * gross, due: receivable ? dueOf(receivable) : 0n, dueOn };
}

async function buyerOf(tx: TenantTx, { workspaceName }: Terms) {
  const account = await queries.findBillingAccount(tx.db);
  return {
    name: account?.company ?? workspaceName,
    address: account?.address ?? null,
    country: account?.country ?? null,
    taxId: account?.tax_id ?? null,
    purchaseOrder: account?.purchase_order ?? null,
    language: account?.language ?? "en",
  };
}

/** Records a payment of an invoice. It also pays what was written off of the invoice. A surplus becomes balance. @returns the surplus */
export async function recordPayment(tx: TenantTx, invoiceId: string, amount: bigint, at: Instant): Promise<bigint> {
  const sums = await queries.findSums(tx.db, invoiceId);
  const due = BigInt(sums.gross) - BigInt(sums.paid) - BigInt(sums.credited);
  const lost = BigInt(sums.writtenOff);
  const late = amount - due < lost ? amount - due : lost;
  if (late > 0n) await enter(tx, paidAfterAll(invoiceId, late), at);
  const { balance, receivables } = await findReceivables(tx);
  const isOpen = receivables.some(({ invoice }) => invoice === invoiceId);
  const settled = { invoice: invoiceId, gross: 0n, paid: 0n, credited: 0n };
  const account = { balance, receivables: isOpen ? receivables : [...receivables, settled] };
  await enter(tx, postReceipt(account, invoiceId, amount).postings, at);
  return amount > due + lost ? amount - due - lost : 0n;
}

/** Posts entries that no document caused. */
async function enter(tx: TenantTx, postings: readonly Posting[], at: Instant): Promise<void> {
  const rows = postings.map((posting) => ({ ...posting, entryId: uuidv7() }));
  await queries.insertPostings(tx.db, { tenantId: tx.tenantId, at: toDate(at), documentId: null }, rows);
}

/** Takes back a payment that was entered by mistake. @throws RangeError for more than was paid */
export async function reversePayment(tx: TenantTx, invoiceId: string, amount: bigint, at: Instant): Promise<void> {
  const { balance, receivables } = await findReceivables(tx);
  const sums = await queries.findSums(tx.db, invoiceId);
  const own = { invoice: invoiceId, gross: BigInt(sums.gross), paid: BigInt(sums.paid), credited: BigInt(sums.credited) };
  const account = { balance, receivables: [own, ...receivables.filter(({ invoice }) => invoice !== invoiceId)] };
  await enter(tx, postReversed(account, invoiceId, amount).postings, at);
}

/** Records that credit was paid out. @throws RangeError for more than the credit, or than was ever paid */
export async function recordRefund(tx: TenantTx, amount: bigint, at: Instant): Promise<void> {
  const most = await queries.findRefundable(tx.db);
  if (amount <= 0n || amount > most) throw new RangeError("That is more than can be paid out.");
  await enter(tx, refunded(amount), at);
}

/** What had been done with money that went back at the provider. */
export interface Origin {
  credit: bigint;
  /** The part that had paid the invoice. */
  paid: bigint;
  /** The rest: it had paid other invoices, which stay paid. */
  lost: bigint;
}

/**
 * Records that money paid for an invoice went back at the provider, even if nobody agreed to that. It takes credit first, then the
 * invoice's payments, which are due again. The rest is a loss.
 */
export async function recordReturn(tx: TenantTx, invoiceId: string, amount: bigint, at: Instant): Promise<Origin> {
  const credit = smaller(amount, await queries.findRefundable(tx.db));
  const sums = await queries.findSums(tx.db, invoiceId);
  const paid = smaller(amount - credit, BigInt(sums.paid));
  const lost = amount - credit - paid;
  await enter(tx, [...refunded(credit), ...cashLost(lost)], at);
  if (paid > 0n) await reversePayment(tx, invoiceId, paid, at);
  return { credit, paid, lost };
}

/**
 * Records that money which went back came in again, and puts it where it came from.
 * @param isWrittenOff whether the paid part was written off, so that it is not due
 */
export async function recordReturnFailed(
  tx: TenantTx,
  invoiceId: string,
  { credit, paid, lost, isWrittenOff }: Origin & { isWrittenOff: boolean },
  at: Instant,
): Promise<void> {
  await enter(tx, cashLost(-lost), at);
  if (paid > 0n && isWrittenOff) {
    const { writtenOff } = await queries.findSums(tx.db, invoiceId);
    await enter(tx, paidAfterAll(invoiceId, smaller(paid, BigInt(writtenOff))), at);
  }
  if (paid > 0n) await recordPayment(tx, invoiceId, paid, at);
  if (credit > 0n) await enter(tx, postCredited(await findReceivables(tx), credit).postings, at);
}

/** Writes off the amount due on an invoice. */
export function recordWriteOff(tx: TenantTx, invoiceId: string, due: bigint, at: Instant): Promise<void> {
  return enter(tx, writtenOff(invoiceId, due), at);
}
