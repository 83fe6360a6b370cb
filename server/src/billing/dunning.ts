/** When an overdue invoice is reminded of, and when it stops talk. Pure. */
import type { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { DAY, type Instant } from "./reckoning/calendar.ts";

export type Dunning = BillingCatalogue["dunning"];

/** An invoice with an amount due. */
export interface OpenInvoice {
  invoiceId: string;
  /** A day in UTC. */
  dueOn: string;
  /** The days after the due date for which a reminder was sent. */
  reminded: readonly number[];
}

/** The owner's postponement of the stop of talk. It is possible once for each overdue invoice. */
export interface PutOff {
  invoiceId: string;
  until: Instant;
}

/** The first second of a day. */
function startOfDay(day: string): Instant {
  return Date.parse(`${day}T00:00:00Z`) / 1_000;
}

/** An invoice can be paid until its due date ends, so day 1 begins after the due date. */
function dayAfter({ dueOn }: OpenInvoice, days: number): Instant {
  return startOfDay(dueOn) + days * DAY;
}

/** The invoice that has been due for longest; null if none is past its due date. */
export function oldestOverdue(open: readonly OpenInvoice[], now: Instant): OpenInvoice | null {
  const overdue = open.filter((invoice) => dayAfter(invoice, 1) <= now);
  return overdue.toSorted((one, other) => (one.dueOn < other.dueOn ? -1 : 1))[0] ?? null;
}

export interface Reminder {
  invoiceId: string;
  day: number;
}

/** At most one reminder per invoice: a server that was off sends the last one it missed. */
export function remindersDue(open: readonly OpenInvoice[], { remindAfterDays }: Dunning, now: Instant): Reminder[] {
  return open.flatMap((invoice) => {
    const day = remindAfterDays.findLast((days) => dayAfter(invoice, days) <= now);
    const isSent = day !== undefined && invoice.reminded.some((sent) => sent >= day);
    return day === undefined || isSent ? [] : [{ invoiceId: invoice.invoiceId, day }];
  });
}

/** When this invoice stops talk, without a postponement. */
export function stopsFor(invoice: OpenInvoice, { restrictAfterDays }: Dunning): Instant {
  return dayAfter(invoice, restrictAfterDays);
}

/** When talk stops, so that nobody can begin to talk; null while nothing is overdue. */
export function talkStopsAt(open: readonly OpenInvoice[], dunning: Dunning, putOff: PutOff | null, now: Instant): Instant | null {
  const oldest = oldestOverdue(open, now);
  if (!oldest) return null;
  const stops = stopsFor(oldest, dunning);
  return putOff?.invoiceId === oldest.invoiceId ? Math.max(stops, putOff.until) : stops;
}

/** The next moment after `now` at which one of these invoices is overdue or needs a reminder. */
export function nextDunning(open: readonly OpenInvoice[], { remindAfterDays }: Dunning, now: Instant): Instant | null {
  const moments = open.flatMap((invoice) => [1, ...remindAfterDays].map((days) => dayAfter(invoice, days)));
  const later = moments.filter((moment) => moment > now);
  return later.length === 0 ? null : Math.min(...later);
}
