/**
 * A subscription as a value. A step takes a subscription, the moment and a change, and returns the next subscription with new lines. No
 * step reads a clock or a database, so the same function quotes a change and makes it.
 */
import { type Instant, type Interval, type Period, periodAt, type Schedule } from "./calendar.ts";
import { totalsOf } from "./documents.ts";
import { type Charge, chargeRest, creditRest, type Line, SEATS, type Terms } from "./lines.ts";
import type { Tax } from "./tax.ts";

export interface Item extends Terms {
  /** The charge of the present period; null in a trial. */
  open: Charge | null;
}

export interface Subscription {
  /** Null in a trial until somebody chooses a plan. */
  plan: string | null;
  ended: boolean;
  /** The subscription ends with its period. Only resuming undoes this. */
  cancelled: boolean;
  schedule: Schedule;
  /** The present period. Its index is −1 in a trial. */
  period: Period;
  items: readonly Item[];
  /** Lines that wait for the next invoice. Their sum is never a credit, and none wait if there will be no next invoice. */
  pending: readonly Line[];
  lineCount: number;
  /** When the last change was made. If the clock goes backwards, time stands still here. */
  changedAt: Instant;
  /** Rises with each step. */
  revision: number;
}

export interface Moment {
  now: Instant;
  /** The tax of new charges. */
  tax: Tax;
}

export interface Step {
  subscription: Subscription;
  /** Lines that this step added. */
  lines: readonly Line[];
  /** Lines that go on a document now: first those that waited, then those of this step. Often empty. */
  issued: readonly Line[];
}

export interface Choice {
  plan: string;
  interval: Interval;
  /** All items of the plan. Other items are dropped. */
  items: readonly Terms[];
}

export function seatsOf({ items }: Pick<Subscription, "items">): number {
  return Number(items.find(({ item }) => item === SEATS)?.quantity ?? 0n);
}

/** The ids of the subscription's add-ons. */
export function addOnsOf({ items }: Pick<Subscription, "items">): string[] {
  return items.flatMap(({ item, quantity }) => (item !== SEATS && quantity > 0n ? [item] : []));
}

export function isTrial({ period, ended }: Subscription): boolean {
  return period.index < 0 && !ended;
}

/** Starts a subscription. Its first period begins now and is invoiced now. */
export function begin({ plan, interval, items }: Choice, { now, tax }: Moment): Step {
  const schedule = { anchor: now, interval };
  const empty = { ...blank(now), plan, schedule, period: periodAt(schedule, 0) };
  return finish(empty, items, { now, tax }, true);
}

/** Starts a trial, which charges nothing. Its end is the anchor, no matter when somebody chooses a plan. */
export function beginTrial(items: readonly Terms[], end: Instant, { now, tax }: Moment): Step {
  if (end <= now) throw new RangeError("A trial ends after it begins.");
  const schedule = { anchor: end, interval: "month" as const };
  const empty = { ...blank(now), plan: null, schedule, period: { index: -1, from: now, to: end } };
  return finish(empty, items, { now, tax }, false);
}

function blank(now: Instant) {
  return { ended: false, cancelled: false, items: [], pending: [], lineCount: 0, changedAt: now, revision: 0 };
}

/** The moment, or that of the last change if the clock is behind it. */
export function momentFor({ changedAt }: Subscription, { now, tax }: Moment): Moment {
  return { now: Math.max(now, changedAt), tax };
}

/**
 * Finishes a step that sets these items from now on. Credits the rest of each item's charge, and charges the new terms for the rest of
 * the period. At the very end of a period nothing is left to charge, so the terms apply from the next one.
 */
export function finish(before: Subscription, items: readonly Terms[], { now, tax }: Moment, atOnce: boolean): Step {
  if (new Set(items.map(({ item }) => item)).size < items.length) throw new RangeError("An item is set twice in one step.");
  const { period } = before;
  const lines: Line[] = [];
  const charged = period.index >= 0 && now < period.to;
  const numbered = () => ({ number: before.lineCount + lines.length + 1, from: now });
  const set = items.map((terms): Item => {
    const open = before.items.find(({ item }) => item === terms.item)?.open ?? null;
    if (open && now < open.to) lines.push(creditRest(open, numbered()));
    if (!charged) return { ...terms, open };
    const charge = chargeRest(terms, period, tax, numbered());
    lines.push(charge);
    return { ...terms, open: charge };
  });
  const kept = before.items.filter(({ item }) => !set.some((one) => one.item === item));
  return conclude({ ...before, items: inOrder([...kept, ...set]), changedAt: now }, lines, atOnce);
}

/** Orders seats first, then add-ons by their ids. Renewals use this order, wherever the subscription was stored. */
export function inOrder(items: readonly Item[]): Item[] {
  const key = ({ item }: Item) => (item === SEATS ? "" : item);
  return items.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** Finishes a step that added these lines. They wait for the next invoice, or are issued together with the waiting ones. */
export function conclude(after: Subscription, lines: readonly Line[], atOnce: boolean): Step {
  const waiting = [...after.pending, ...lines];
  const issues = atOnce || after.cancelled || after.ended || totalsOf(waiting).gross < 0n;
  return {
    subscription: {
      ...after,
      pending: issues ? [] : waiting,
      lineCount: after.lineCount + lines.length,
      revision: after.revision + 1,
    },
    lines,
    issued: issues ? waiting : [],
  };
}
