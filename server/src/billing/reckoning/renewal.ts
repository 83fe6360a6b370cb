/** What the clock does with a subscription: renews it, or ends it. */
import { indexAt, type Instant, periodAt } from "./calendar.ts";
import { type Draft, draftOf } from "./documents.ts";
import { chargeRest, type Line } from "./lines.ts";
import { Refusal } from "./refusal.ts";
import type { Tax } from "./tax.ts";
import { conclude, type Item, type Moment, momentFor, type Step, type Subscription } from "./subscription.ts";

/** A server that was off bills this many periods automatically. For more, it asks the operator. */
export const MAX_MISSED = 3;

/** Whether anything is due: a period to charge, or the end. */
export function isDue({ ended, period }: Subscription, now: Instant): boolean {
  return !ended && now >= period.to;
}

/** How many periods have begun but are not charged. */
export function missedPeriods(subscription: Subscription, now: Instant): number {
  if (!isDue(subscription, now)) return 0;
  return indexAt(subscription.schedule, now) - subscription.period.index;
}

function endsWithPeriod({ cancelled, plan }: Subscription): boolean {
  return cancelled || plan === null;
}

/**
 * Charges each period that has begun since the present one, all on one document that is issued now, or ends the subscription. Renewing
 * again changes nothing.
 * @param most how many periods it may charge; an operator may allow more
 * @throws Refusal `too_many_missed`
 */
export function renew(before: Subscription, moment: Moment, most = MAX_MISSED): Step {
  const { now, tax } = momentFor(before, moment);
  if (!isDue(before, now)) return { subscription: before, lines: [], issued: [] };
  if (endsWithPeriod(before)) return conclude({ ...before, ended: true, changedAt: now }, [], true);

  const missed = missedPeriods(before, now);
  if (missed > most) throw new Refusal("too_many_missed");
  let { period } = before;
  let items = before.items.filter(({ quantity }) => quantity > 0n);
  const lines: Line[] = [];
  for (let count = 0; count < missed; count++) {
    period = periodAt(before.schedule, period.index + 1);
    items = items.map((item): Item => {
      const open = chargeRest(item, period, tax, { number: before.lineCount + lines.length + 1, from: period.from });
      lines.push(open);
      return { ...item, open };
    });
  }
  return conclude({ ...before, period, items, changedAt: now }, lines, true);
}

/**
 * Continues with the period that contains the moment, and charges only that one. Periods missed before it are free. Like `renew`, it ends
 * a cancelled subscription.
 */
export function renewFromNow(before: Subscription, moment: Moment): Step {
  const missed = missedPeriods(before, momentFor(before, moment).now);
  const last = missed < 2 || endsWithPeriod(before) ? before.period : periodAt(before.schedule, before.period.index + missed - 1);
  return renew({ ...before, period: last }, moment);
}

/** The invoice at the end of the present period if nothing changes until then; null if there will be none. */
export function nextInvoice(subscription: Subscription, tax: Tax): Draft | null {
  if (subscription.ended) return null;
  return draftOf(renew(subscription, { now: subscription.period.to, tax }).issued);
}
