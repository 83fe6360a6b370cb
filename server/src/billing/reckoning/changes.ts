/** Changes that people make to a subscription, and quotes for them. */
import { type Instant, periodAt } from "./calendar.ts";
import type { Terms } from "./lines.ts";
import { Refusal } from "./refusal.ts";
import { type Choice, conclude, finish, isTrial, type Moment, momentFor, type Step, type Subscription } from "./subscription.ts";

export type Change =
  /** More or fewer seats, or an add-on added or removed. Each of these items is credited and charged anew. */
  | { kind: "items"; items: readonly Terms[] }
  /** Another plan or interval. */
  | { kind: "plan"; choice: Choice }
  /** Ends the subscription with its period. */
  | { kind: "cancel" }
  | { kind: "resume" };

/** @throws Refusal */
export function change(before: Subscription, wanted: Change, moment: Moment): Step {
  const at = momentFor(before, moment);
  assertRuns(before, at.now);
  switch (wanted.kind) {
    case "items":
      if (wanted.items.length === 0) throw new Refusal("nothing_changes");
      return finish(before, wanted.items, at, false);
    case "plan":
      return changePlan(before, wanted.choice, at);
    case "cancel":
      if (before.cancelled) throw new Refusal("already_cancelled");
      return conclude({ ...before, cancelled: true, changedAt: at.now }, [], false);
    case "resume":
      if (!before.cancelled) throw new Refusal("not_cancelled");
      return conclude({ ...before, cancelled: false, changedAt: at.now }, [], false);
  }
}

/** The end of a period belongs to the next one, and a cancelled subscription has none. @throws Refusal */
function assertRuns({ ended, cancelled, period }: Subscription, now: Instant): void {
  if (ended || (cancelled && now >= period.to)) throw new Refusal("ended");
  if (now > period.to) throw new Refusal("period_over");
}

function changePlan(before: Subscription, { plan, interval, items }: Choice, moment: Moment): Step {
  const dropped = before.items
    .filter(({ item, quantity }) => quantity > 0n && !items.some((terms) => terms.item === item))
    .map(({ item, unitPrice }) => ({ item, quantity: 0n, unitPrice }));
  const schedule = { anchor: before.schedule.anchor, interval };
  if (isTrial(before)) return finish({ ...before, plan, schedule }, [...items, ...dropped], moment, false);
  if (interval !== before.schedule.interval) {
    const newSchedule = { anchor: moment.now, interval };
    return finish(
      { ...before, plan, schedule: newSchedule, period: periodAt(newSchedule, 0) },
      [...items, ...dropped],
      moment,
      true,
    );
  }
  const differing = items.filter((terms) =>
    isOther(
      terms,
      before.items.find(({ item }) => item === terms.item),
    ),
  );
  if (plan === before.plan && differing.length + dropped.length === 0) throw new Refusal("nothing_changes");
  return finish({ ...before, plan }, [...differing, ...dropped], moment, true);
}

/** Whether these terms change anything. With a quantity of 0, the price does not matter. */
function isOther({ quantity, unitPrice }: Terms, before: Terms | undefined): boolean {
  return quantity !== (before?.quantity ?? 0n) || (quantity > 0n && unitPrice !== before?.unitPrice);
}

/** How long a quote holds. */
export const QUOTE_SECONDS = 600;

/** The cost of a change. Valid for ten minutes, while the subscription is unchanged. */
export interface Quote {
  change: Change;
  /** The change takes effect at this moment, no matter when the quote is accepted. */
  moment: Moment;
  revision: number;
  validUntil: Instant;
  step: Step;
}

/** @throws Refusal */
export function quote(subscription: Subscription, wanted: Change, moment: Moment): Quote {
  const at = momentFor(subscription, moment);
  return {
    change: wanted,
    moment: at,
    revision: subscription.revision,
    validUntil: at.now + QUOTE_SECONDS,
    step: change(subscription, wanted, at),
  };
}

/** Makes the change as quoted. A quote works once, because the change raises the revision. @throws Refusal */
export function accept(subscription: Subscription, quoted: Omit<Quote, "step">, now: Instant): Step {
  if (subscription.revision !== quoted.revision) throw new Refusal("revision_moved");
  if (now > quoted.validUntil) throw new Refusal("quote_expired");
  return change(subscription, quoted.change, quoted.moment);
}
