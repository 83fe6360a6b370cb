/** Cases about time: anchors, trials, and a server that was off. */
import { DAY, dayOf, indexAt, instantText, periodAt, startOf, trialEnd } from "../reckoning/calendar.ts";
import { draftOf } from "../reckoning/documents.ts";
import { SEATS } from "../reckoning/lines.ts";
import { Refusal } from "../reckoning/refusal.ts";
import { missedPeriods, renew } from "../reckoning/renewal.ts";
import { begin, beginTrial, type Choice, type Step, type Subscription } from "../reckoning/subscription.ts";
import { type Answers, lineList } from "./answers.ts";
import { CaseError, type Fields, toInstant, toInteger } from "./fields.ts";
import { openHistory } from "./history.ts";
import { openHistoryIn, taxOf, UNTAXED } from "./inputs.ts";
import type { Case } from "./case.ts";

/** Computes starts of periods from their index, and back. */
export function ofAnchor({ input }: Case): Answers {
  const schedule = { anchor: input.instant(["anchor", "trialEnd"]), interval: input.interval(["interval"], "month") };
  const indices = () =>
    input.list(["indices"]).map((value) => {
      const index = toInteger(value);
      if (index === null) throw new CaseError("input.indices must be whole numbers.");
      return Number(index);
    });
  return {
    starts: () => indices().map((index) => instantText(startOf(schedule, index))),
    ends: () => indices().map((index) => instantText(startOf(schedule, index + 1))),
    lengths: () => indices().map((index) => BigInt(startOf(schedule, index + 1) - startOf(schedule, index))),
    indices: () =>
      input.list(["instants"]).map((value) => {
        const at = toInstant(value);
        if (at === null) throw new CaseError("input.instants must be times such as 2026-01-31T09:00:00Z.");
        return BigInt(indexAt(schedule, at));
      }),
  };
}

const TRIAL_DAYS = 14n;
const MAX_TRIAL_DAYS = 36_500n;

function trialDays(input: Fields): number {
  const days = input.integer(["days", "trialDays"], TRIAL_DAYS);
  if (days < 0n || days > MAX_TRIAL_DAYS) throw new CaseError(`A trial lasts 0 to ${MAX_TRIAL_DAYS} days.`);
  return Number(days);
}

export function ofTrialEnd({ input }: Case): Answers {
  const end = trialEnd(input.instant(["trialStart"]), trialDays(input));
  return { trialEnd: () => instantText(end), anchor: () => instantText(end) };
}

/** A trial during which a plan is chosen, after which one is bought, or neither. */
export function ofTrial({ input }: Case): Answers {
  const start = input.instant(["trialStart"]);
  const end = input.instant(["trialEnd"], trialEnd(start, trialDays(input)));
  const tax = taxOf(input, UNTAXED);
  const plan = input.object(["plan"]);
  const terms = { item: SEATS, quantity: plan.integer(["quantity", "seats"]), unitPrice: plan.integer(["unitPrice"]) };
  const choice: Choice = { plan: "plan", interval: plan.interval(["interval"], "month"), items: [terms] };
  const chosenAt = input.has("chosenAt") && input.raw(["chosenAt"]) !== null ? input.instant(["chosenAt"]) : null;
  if (chosenAt !== null && chosenAt < start) throw new CaseError("input.chosenAt must not be before input.trialStart.");

  const trial = openHistory({
    subscription: beginTrial([{ ...terms, unitPrice: 0n }], end, { now: start, tax }).subscription,
    tax,
  });
  if (chosenAt !== null && chosenAt <= end) trial.change({ kind: "plan", choice }, { now: chosenAt, tax });
  const inTrial = trial.lines.map(({ line }) => line);
  trial.renewOnce();
  const bought = trial.subscription.ended && chosenAt !== null ? begin(choice, { now: chosenAt, tax }) : null;
  const subscription = bought?.subscription ?? trial.subscription;
  const first = bought ? draftOf(bought.issued) : trial.documents[0]?.draft;
  const { from, to } = subscription.period;
  return {
    linesInTrial: (expected) => lineList(inTrial, expected),
    trialEnd: () => instantText(end),
    ended: () => subscription.ended,
    anchor: () => (subscription.ended ? null : instantText(subscription.schedule.anchor)),
    firstInvoice: (expected) =>
      first && {
        at: instantText(from),
        lines: lineList(first.lines, (expected as { lines?: unknown } | null)?.lines),
        ...{ net: first.totals.net, tax: first.totals.tax, total: first.totals.gross },
        ...{ periodStart: instantText(from), periodEnd: instantText(to) },
      },
  };
}

const DUE_DAYS = 14n;

/** What a server bills when it starts again; null if it asks the operator. */
function wake(subscription: Subscription, now: number, input: Fields): Step | null {
  try {
    return renew(subscription, { now, tax: taxOf(input, UNTAXED) });
  } catch (error) {
    if (error instanceof Refusal && error.reason === "too_many_missed") return null;
    throw error;
  }
}

/** A server that was off while periods began. */
export function ofSleep({ input, text }: Case): Answers {
  const schedule = { anchor: input.instant(["anchor"]), interval: input.interval(["interval"], "month") };
  const invoicedTo = input.instant(["lastInvoicedTo"]);
  const period = periodAt(schedule, indexAt(schedule, invoicedTo) - 1);
  if (period.to !== invoicedTo) throw new CaseError("input.lastInvoicedTo must be the start of a period.");
  const now = input.instant(["startsAgainAt"]);
  const opening = {
    quantity: input.integer(["quantity", "seats"]),
    unitPrice: input.integer(["unitPrice"]),
    tax: taxOf(input, UNTAXED),
  };
  const { subscription } = openHistoryIn({ schedule, period }, opening);
  const step = wake(subscription, now, input);
  const draft = step && draftOf(step.issued);
  const dueDays = Number(input.integer(["dueInDays", "paymentDays"], DUE_DAYS));
  const stops = () => step === null;
  return {
    documents: () => (draft ? 1n : 0n),
    lines: (expected) => lineList(step?.lines ?? [], expected),
    issueDate: () => (draft ? dayOf(now) : null),
    dueInDays: () => (draft ? BigInt(dueDays) : null),
    dueDate: () => (draft ? dayOf(now + dueDays * DAY) : null),
    total: () => draft?.totals.gross ?? 0n,
    total_text: () => text(draft?.totals.gross ?? 0n),
    net: () => draft?.totals.net ?? 0n,
    tax: () => draft?.totals.tax ?? 0n,
    missedPeriods: () => BigInt(missedPeriods(subscription, now)),
    missed: () => BigInt(missedPeriods(subscription, now)),
    ...{ stopped: stops, stops, asksOperator: stops, askOperator: stops, needsOperator: stops },
  };
}
