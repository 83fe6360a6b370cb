/** Subscriptions as rows, and back. */
import type { Currency } from "#contract/currencies.ts";
import type { Instant, Interval } from "./reckoning/calendar.ts";
import type { Charge, Line } from "./reckoning/lines.ts";
import { inOrder, type Item, type Subscription } from "./reckoning/subscription.ts";
import type { TaxCategory } from "./reckoning/tax.ts";
import type * as queries from "./store-queries.ts";

/** A subscription with what the database stores beside it. */
export interface Stored {
  subscriptionId: string;
  catalogueVersion: number;
  currency: Currency;
  subscription: Subscription;
}

/** The subscription if it is running; null if it has ended, or there is none. */
export function runningOf(stored: Stored | null): Stored | null {
  return stored && !stored.subscription.ended ? stored : null;
}

export function toInstant(date: Date): Instant {
  return date.getTime() / 1_000;
}

export function toDate(instant: Instant): Date {
  return new Date(instant * 1_000);
}

export function lineOf(row: queries.LineRow): Line {
  const common = {
    number: row.number,
    item: row.item,
    quantity: BigInt(row.quantity),
    unitPrice: BigInt(row.unit_price),
    from: toInstant(row.from_at),
    to: toInstant(row.to_at),
    amount: BigInt(row.amount),
    tax: { category: row.tax_category as TaxCategory, rate: row.tax_rate, reason: row.tax_reason },
  };
  return row.credits === null ? { kind: "charge", ...common } : { kind: "credit", ...common, credits: row.credits };
}

export function lineRow(line: Line) {
  return {
    number: line.number,
    kind: line.kind,
    item: line.item,
    quantity: String(line.quantity),
    unit_price: String(line.unitPrice),
    from_at: toDate(line.from),
    to_at: toDate(line.to),
    amount: String(line.amount),
    tax_category: line.tax.category,
    tax_rate: line.tax.rate,
    tax_reason: line.tax.reason,
    credits: line.kind === "credit" ? line.credits : null,
  };
}

function chargeOf(lines: ReadonlyMap<number, Line>, number: number | null): Charge | null {
  if (number === null) return null;
  const line = lines.get(number);
  if (line?.kind !== "charge") throw new Error(`line ${number} of the subscription is no charge`);
  return line;
}

/** @param lineRows the lines that wait, and the open charges of the items */
export function storedOf(row: queries.SubscriptionRow, itemRows: queries.ItemRow[], lineRows: queries.LineRow[]): Stored {
  const lines = new Map(lineRows.map((line) => [line.number, lineOf(line)]));
  const items = itemRows.map((item): Item => ({
    item: item.item,
    quantity: BigInt(item.quantity),
    unitPrice: BigInt(item.unit_price),
    open: chargeOf(lines, item.open_line),
  }));
  return {
    subscriptionId: row.subscription_id,
    catalogueVersion: row.catalogue_version,
    currency: { code: row.currency, digits: row.digits },
    subscription: {
      plan: row.plan,
      ended: row.ended,
      cancelled: row.cancelled,
      schedule: { anchor: toInstant(row.anchor), interval: row.billing_interval as Interval },
      period: { index: row.period_index, from: toInstant(row.period_from), to: toInstant(row.period_to) },
      items: inOrder(items),
      pending: lineRows.filter(({ pending }) => pending).map(lineOf),
      lineCount: row.line_count,
      changedAt: toInstant(row.changed_at),
      revision: row.revision,
    },
  };
}

export function subscriptionRow({ plan, ended, cancelled, schedule, period, ...rest }: Subscription) {
  return {
    plan,
    ended,
    cancelled,
    billing_interval: schedule.interval,
    anchor: toDate(schedule.anchor),
    period_index: period.index,
    period_from: toDate(period.from),
    period_to: toDate(period.to),
    line_count: rest.lineCount,
    changed_at: toDate(rest.changedAt),
    revision: rest.revision,
  };
}
