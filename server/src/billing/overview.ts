/** What a workspace sees of its billing. */
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import type { Ctx } from "../access/ctx.ts";
import type { Database } from "../platform/db/pools.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import { postDocument } from "./postings.ts";
import { instantText } from "./reckoning/calendar.ts";
import { nextInvoice } from "./reckoning/renewal.ts";
import { isTrial, type Subscription } from "./reckoning/subscription.ts";
import { percentOf, type Tax } from "./reckoning/tax.ts";
import type { Stored } from "./rows.ts";
import { findAccount, findSubscription } from "./store.ts";
import * as queries from "./store-queries.ts";
import { taxFor } from "./terms.ts";

/** JSON carries amounts as integers. The catalogue keeps them below 2^53. */
function amountOf(minor: bigint): number {
  const amount = Number(minor);
  if (!Number.isSafeInteger(amount)) throw new Error("an amount is too large for JSON");
  return amount;
}

function stateOf(subscription: Subscription) {
  if (subscription.ended) return "ended" as const;
  return isTrial(subscription) ? ("trial" as const) : ("active" as const);
}

/** The subscription that runs, or the last one that ended. */
export async function getSubscription(ctx: Ctx) {
  const stored = await findSubscription(ctx);
  return { subscription: stored && present(stored) };
}

function present({ currency, subscription }: Stored) {
  const { plan, schedule, period, cancelled, revision, items } = subscription;
  return {
    plan,
    interval: schedule.interval,
    state: stateOf(subscription),
    cancelled,
    periodFrom: instantText(period.from),
    periodTo: instantText(period.to),
    currency,
    items: items.map(({ item, quantity, unitPrice }) => ({
      item,
      quantity: amountOf(quantity),
      unitPrice: amountOf(unitPrice),
    })),
    revision,
  };
}

/** Versions never change, so each is read once. */
const catalogues = new WeakMap<Database, Map<number, BillingCatalogue>>();

async function catalogueOf(database: Database, version: number): Promise<BillingCatalogue> {
  const known = catalogues.get(database) ?? new Map<number, BillingCatalogue>();
  catalogues.set(database, known);
  const found = known.get(version);
  if (found) return found;
  const content = await database.asPlatformStatement("a version of the billing catalogue", (db) =>
    queries.findCatalogue(db, version),
  );
  const catalogue = BillingCatalogue.parse(content);
  known.set(version, catalogue);
  return catalogue;
}

/** What a new charge is taxed with. A workspace that has not said where it is counts as the issuer's neighbour. */
async function taxNow(ctx: Ctx, { catalogueVersion }: Stored): Promise<Tax> {
  const catalogue = await catalogueOf(ctx.services.database, catalogueVersion);
  const account = await queries.findAccount(ctx.db);
  const country = account?.country ?? catalogue.issuer?.address.country ?? "";
  return taxFor(catalogue, { country, isBusiness: (account?.tax_id_confirmed_at ?? null) !== null });
}

/** @param minor as PostgreSQL writes it */
const read = (minor: string) => amountOf(BigInt(minor));

/** Invoices and credit notes, newest first. */
export async function listInvoices(ctx: Ctx, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
  const rows = await queries.listInvoices(ctx.db, parseTimeCursor(cursor), limit);
  const { items, nextCursor } = toPage(rows, limit, ({ issuedAt, invoiceId }) => ({ at: issuedAt, id: invoiceId }));
  return {
    items: items.map(({ invoiceId, number, kind, issuedOn, dueOn, currency, digits, net, tax, gross, paid, credited }) => ({
      invoiceId,
      number,
      kind: kind as "invoice" | "credit note",
      issuedOn,
      dueOn,
      currency: { code: currency, digits },
      ...{ net: read(net), tax: read(tax), gross: read(gross), paid: read(paid), credited: read(credited) },
      due: kind === "invoice" ? amountOf(BigInt(gross) - BigInt(paid) - BigInt(credited)) : 0,
    })),
    nextCursor,
  };
}

/** The invoice that comes at the end of the present period if nothing changes until then; null if none will. */
export async function getNextInvoice(ctx: Ctx) {
  const stored = await findSubscription(ctx);
  if (!stored) return { invoice: null };
  const draft = nextInvoice(stored.subscription, await taxNow(ctx, stored));
  if (!draft) return { invoice: null };
  const { net, tax, gross, taxes } = draft.totals;
  const id = "next";
  const { receivables } = postDocument(await findAccount(ctx), id, draft.totals).account;
  const creditUsed = receivables.find(({ invoice }) => invoice === id)?.credited ?? 0n;
  return {
    invoice: {
      at: instantText(stored.subscription.period.to),
      currency: stored.currency,
      lines: draft.lines.map(({ kind, item, quantity, unitPrice, from, to, amount }) => ({
        kind,
        item,
        quantity: amountOf(quantity),
        unitPrice: amountOf(unitPrice),
        from: instantText(from),
        to: instantText(to),
        amount: amountOf(amount),
      })),
      taxes: taxes.map(({ category, reason, base, tax: charged, ...rate }) => ({
        category,
        percent: percentOf(rate),
        reason,
        base: amountOf(base),
        tax: amountOf(charged),
      })),
      ...{ net: amountOf(net), tax: amountOf(tax), gross: amountOf(gross) },
      ...{ creditUsed: amountOf(creditUsed), due: amountOf(gross - creditUsed) },
    },
  };
}
