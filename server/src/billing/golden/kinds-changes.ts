/** Cases in which a subscription changes: once, several times, or with a cancellation. */
import type { Instant } from "../reckoning/calendar.ts";
import type { Change } from "../reckoning/changes.ts";
import { SEATS, sum } from "../reckoning/lines.ts";
import type { Answers } from "./answers.ts";
import { CaseError, type Fields, shown, toInstant, toInteger } from "./fields.ts";
import type { History } from "./history.ts";
import { historyAnswers } from "./history-answers.ts";
import { openHistoryIn, presentOf, taxOf, UNTAXED } from "./inputs.ts";
import type { Case } from "./case.ts";

const AT = ["at", "changeAt", "instant"];
const QUANTITY = ["quantity", "seats", "start", "startQuantity"];

interface TimedChange {
  at: Instant;
  change: Change;
}

function seats(quantity: bigint, unitPrice: bigint): Change {
  return { kind: "items", items: [{ item: SEATS, quantity, unitPrice }] };
}

function play(history: History, { at, change }: TimedChange, input: Fields): void {
  if (at < history.lines[0]!.line.from) throw new CaseError("A change lies before the beginning of what is charged.");
  history.renewBefore(at);
  history.change(change, { now: at, tax: taxOf(input, UNTAXED) });
}

/** One change of quantity, price or interval. */
export function ofChange({ input, expected, text }: Case): Answers {
  const [before, after] = [input.object(["before"]), input.object(["after"])];
  const present = presentOf(input, before.has("interval") ? before.interval(["interval"]) : undefined);
  const tax = taxOf(input, UNTAXED);
  const unitPrice = before.integer(["unitPrice"]);
  const history = openHistoryIn(present, {
    quantity: before.integer(QUANTITY),
    unitPrice,
    tax: taxOf(before, tax),
    ...(before.has("charged") ? { charged: before.integer(["charged"]) } : {}),
    ...(before.has("from", "since") ? { since: before.instant(["from", "since"]) } : {}),
  });
  const terms = { item: SEATS, quantity: after.integer(QUANTITY), unitPrice: after.integer(["unitPrice"], unitPrice) };
  const interval = after.interval(["interval"], present.schedule.interval);
  const isPlan = interval !== present.schedule.interval || terms.unitPrice !== unitPrice;
  const change: Change = isPlan
    ? { kind: "plan", choice: { plan: "other plan", interval, items: [terms] } }
    : { kind: "items", items: [terms] };
  const at = input.instant(["changeAt"]);
  if (at < present.period.from) throw new CaseError("input.changeAt must not be before input.periodStart.");
  history.renewBefore(at);
  history.change(change, { now: at, tax: taxOf(after, tax) });
  return historyAnswers({ history, text, expected });
}

/** Reads `[time, quantity]` or `[time, quantity, new price]`, or an object with the same fields. */
function readChange(entry: unknown, unitPrice: bigint, input: Fields, path: string): TimedChange {
  const [at0, quantity0, ...price0] = Array.isArray(entry) ? (entry as unknown[]) : [];
  const listed = { at: at0, quantity: quantity0, ...(price0.length > 0 ? { unitPrice: price0[0] } : {}) };
  const fields = input.entry(Array.isArray(entry) ? listed : entry, path);
  const price = fields.integer(["unitPrice"], unitPrice);
  const quantity = fields.integer(QUANTITY);
  const at = fields.instant(AT);
  if (price === unitPrice) return { at, change: seats(quantity, price) };
  const items = [{ item: SEATS, quantity, unitPrice: price }];
  return { at, change: { kind: "plan", choice: { plan: `at ${price}`, interval: "month", items } } };
}

/** Several changes of quantity. */
export function ofChanges({ input, expected, text }: Case): Answers {
  const present = presentOf(input);
  const unitPrice = input.integer(["unitPrice"]);
  const opening = { quantity: input.integer(QUANTITY), unitPrice, tax: taxOf(input, UNTAXED) };
  const changes = input.list(["changes"]).map((entry, at) => readChange(entry, unitPrice, input, `input.changes[${at}]`));
  const history = openHistoryIn(present, opening);
  for (const timed of changes) play(history, timed, input);
  return {
    ...historyAnswers({ history, text, expected }),
    netOfOneChange() {
      const once = openHistoryIn(present, opening);
      const last = changes.at(-1);
      if (last) play(once, last, input);
      return sum(once.lines.filter(({ fromChange }) => fromChange).map(({ line }) => line));
    },
  };
}

/** Reads an event in words: "cancel at period end", "resume", "12 seats". */
function readEvent(entry: unknown, unitPrice: bigint, path: string): TimedChange {
  const [time, words] = Array.isArray(entry) ? (entry as unknown[]) : [];
  const at = toInstant(time);
  if (at === null || typeof words !== "string") throw new CaseError(`${path} must be a time and a text, not ${shown(entry)}.`);
  if (/^cancel(?: at (?:the )?period(?:'s)? end)?$/i.test(words)) return { at, change: { kind: "cancel" } };
  if (/^resume$/i.test(words)) return { at, change: { kind: "resume" } };
  const quantity = toInteger(/^(\d{1,18}) seats?$/i.exec(words)?.[1]);
  if (quantity === null) throw new CaseError(`${path} is no event that is known: ${shown(words)}.`);
  return { at, change: seats(quantity, unitPrice) };
}

/** The number of seats before the events. Some cases only give it in their name, as in "10 -> 12 on 22 January". */
function quantityBefore({ name, input }: Case): bigint {
  if (input.has(...QUANTITY)) return input.integer(QUANTITY);
  const named = toInteger(/(\d[\d,]{0,20}) ?(?:->|→) ?\d/.exec(name)?.[1]?.replaceAll(",", ""));
  if (named === null) throw new CaseError("input.quantity is missing.");
  return named;
}

/** Cancelling, resuming, and changes of quantity between them. */
export function ofEvents(goldenCase: Case): Answers {
  const { input, expected, text } = goldenCase;
  const unitPrice = input.integer(["unitPrice"]);
  const changes = input.list(["events"]).map((entry, at) => readEvent(entry, unitPrice, `input.events[${at}]`));
  const history = openHistoryIn(presentOf(input), {
    quantity: quantityBefore(goldenCase),
    unitPrice,
    tax: taxOf(input, UNTAXED),
  });
  for (const timed of changes) play(history, timed, input);
  return historyAnswers({ history, text, expected });
}
