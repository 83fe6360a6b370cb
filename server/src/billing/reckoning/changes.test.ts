import { expect, test } from "vitest";
import { at, moment, seats, team } from "../testing/at.ts";
import { refusalOf } from "../testing/world.ts";
import { instantText } from "./calendar.ts";
import { accept, type Change, change, quote } from "./changes.ts";
import { draftOf } from "./documents.ts";
import { signed, sum } from "./lines.ts";
import { nextInvoice, renew } from "./renewal.ts";
import { begin, beginTrial, type Step, type Subscription } from "./subscription.ts";

const JANUARY = "2026-01-01T00:00:00Z";
const ten = begin(team(10), moment(JANUARY)).subscription;
const take = (quantity: number): Change => ({ kind: "items", items: [seats(quantity)] });
const amounts = ({ lines }: Pick<Step, "lines">) => lines.map(signed);

function through(start: Subscription, steps: [time: string, change: Change][]): Step {
  let step: Step = { subscription: start, lines: [], issued: [] };
  for (const [time, wanted] of steps) step = change(step.subscription, wanted, moment(time));
  return step;
}

test("a purchase is invoiced at once, for a whole period", () => {
  const step = begin(team(10), moment(JANUARY));
  expect(draftOf(step.issued)).toMatchObject({ kind: "invoice", totals: { net: 8000n, tax: 1520n, gross: 9520n } });
  expect(step.subscription).toMatchObject({ pending: [], revision: 1, period: { index: 0, to: at("2026-02-01T00:00:00Z") } });
});

test("ten changes in a month make one invoice, at the end of the month", () => {
  let step: Step = { subscription: ten, lines: [], issued: [] };
  for (let day = 2; day <= 11; day++) {
    step = change(step.subscription, take(10 + day), moment(`2026-01-${String(day).padStart(2, "0")}T12:00:00Z`));
    expect(step.issued).toEqual([]);
  }
  expect(step.subscription.pending).toHaveLength(20);
  const renewal = renew(step.subscription, moment("2026-02-01T00:00:00Z"));
  expect(renewal.issued).toHaveLength(21);
  expect(renewal.subscription.pending).toEqual([]);
});

test("fewer seats are a credit note at once if more is credited than waits", () => {
  const step = change(ten, take(9), moment("2026-01-16T12:00:00Z"));
  expect(draftOf(step.issued)).toMatchObject({ kind: "credit note", totals: { net: -400n, tax: -76n } });
  expect(step.subscription.pending).toEqual([]);
});

test("fewer seats after more seats wait as long as together they are no credit", () => {
  const step = through(ten, [
    ["2026-01-11T06:00:00Z", take(13)],
    ["2026-01-20T12:34:56Z", take(12)],
  ]);
  expect(step.issued).toEqual([]);
  expect(sum(step.subscription.pending)).toBeGreaterThan(0n);
});

test("another plan is invoiced at once, with what waited, and leaves alone what stays as it is", () => {
  const recording = { item: "recording", quantity: 1n, unitPrice: 500n };
  const start = begin({ ...team(10), items: [seats(10), recording] }, moment(JANUARY)).subscription;
  const waiting = change(start, take(12), moment("2026-01-11T06:00:00Z")).subscription;
  const choice = { plan: "business", interval: "month" as const, items: [seats(12, 1200), recording] };
  const step = change(waiting, { kind: "plan", choice }, moment("2026-01-16T12:00:00Z"));
  expect(step.lines.map(({ item }) => item)).toEqual(["seats", "seats"]);
  expect(step.issued).toHaveLength(4);
  expect(step.subscription).toMatchObject({ plan: "business", schedule: ten.schedule, pending: [] });
});

test("another interval credits every item, moves the anchor, and charges a whole period", () => {
  const recording = { item: "recording", quantity: 1n, unitPrice: 500n };
  const start = begin({ ...team(10), items: [seats(10), recording] }, moment(JANUARY)).subscription;
  const choice = { plan: "team", interval: "year" as const, items: [seats(10, 8000)] };
  const step = change(start, { kind: "plan", choice }, moment("2026-01-16T12:00:00Z"));
  expect(amounts(step)).toEqual([-4000n, 80_000n, -250n, 0n]);
  expect(instantText(step.subscription.period.to)).toBe("2027-01-16T12:00:00Z");
});

test("a plan that changes nothing is refused", () => {
  expect(refusalOf(() => change(ten, { kind: "plan", choice: team(10) }, moment(JANUARY)))).toBe("nothing_changes");
  expect(refusalOf(() => change(ten, { kind: "items", items: [] }, moment(JANUARY)))).toBe("nothing_changes");
});

test("a change never takes back a cancellation, and is invoiced at once because no invoice will come", () => {
  const step = through(ten, [
    ["2026-01-20T00:00:00Z", { kind: "cancel" }],
    ["2026-01-22T00:00:00Z", take(12)],
  ]);
  expect(amounts(step)).toEqual([-2581n, 3097n]);
  expect(draftOf(step.issued)).toMatchObject({ kind: "invoice", totals: { net: 516n } });
  expect(step.subscription.cancelled).toBe(true);
  expect(nextInvoice(step.subscription, moment(JANUARY).tax)).toBe(null);
});

test("cancelling invoices what waits, because no invoice will come", () => {
  const step = through(ten, [
    ["2026-01-11T06:00:00Z", take(13)],
    ["2026-01-20T00:00:00Z", { kind: "cancel" }],
  ]);
  expect(step.lines).toEqual([]);
  expect(draftOf(step.issued)).toMatchObject({ totals: { net: 1606n } });
});

test("cancelling and resuming make no line, and the anchor and the prices stay", () => {
  const step = through(ten, [
    ["2026-01-20T00:00:00Z", { kind: "cancel" }],
    ["2026-01-25T00:00:00Z", { kind: "resume" }],
  ]);
  expect(step.subscription).toEqual({ ...ten, changedAt: at("2026-01-25T00:00:00Z"), revision: 3 });
});

test("what cannot be is refused, each with its reason", () => {
  const cancelled = change(ten, { kind: "cancel" }, moment("2026-01-20T00:00:00Z")).subscription;
  const ended = renew(cancelled, moment("2026-02-01T00:00:00Z")).subscription;
  const asked: [Subscription, Change, string][] = [
    [cancelled, { kind: "cancel" }, "2026-01-21T00:00:00Z"],
    [ten, { kind: "resume" }, "2026-01-21T00:00:00Z"],
    [cancelled, { kind: "resume" }, "2026-02-01T00:00:00Z"],
    [ended, take(11), "2026-02-02T00:00:00Z"],
    [ten, take(11), "2026-02-01T00:00:01Z"],
  ];
  expect(asked.map(([subscription, wanted, time]) => refusalOf(() => change(subscription, wanted, moment(time))))).toEqual([
    ...["already_cancelled", "not_cancelled", "ended", "ended", "period_over"],
  ]);
});

test("a change at the end of a period costs the same before and after the renewal", () => {
  const end = "2026-02-01T00:00:00Z";
  const first = change(ten, take(13), moment(end));
  expect(first.lines).toEqual([]);
  const renewed = renew(first.subscription, moment(end));
  expect(amounts(renewed)).toEqual([10_400n]);
  const second = change(renew(ten, moment(end)).subscription, take(13), moment(end));
  expect(amounts(second)).toEqual([-8000n, 10_400n]);
});

test("a clock that was set back counts as standing at the last change", () => {
  const once = change(ten, take(13), moment("2026-01-20T00:00:00Z")).subscription;
  const back = change(once, take(9), moment("2026-01-05T00:00:00Z"));
  expect(back).toEqual(change(once, take(9), moment("2026-01-20T00:00:00Z")));
});

test("an item that is set twice in one change, a negative quantity and a negative price are refused", () => {
  for (const items of [[seats(1), seats(2)], [seats(-1)], [seats(1, -1)]]) {
    expect(() => change(ten, { kind: "items", items }, moment(JANUARY))).toThrow(RangeError);
  }
});

test("nothing is charged in a trial, whatever changes, and its end is the anchor", () => {
  const end = at("2026-02-03T10:00:00Z");
  const trial = beginTrial([seats(5, 1200)], end, moment("2026-01-20T10:00:00Z"));
  expect(trial).toMatchObject({ lines: [], issued: [] });
  const step = through(trial.subscription, [
    ["2026-01-21T00:00:00Z", { kind: "items", items: [seats(8, 1200)] }],
    ["2026-01-25T15:00:00Z", { kind: "plan", choice: { plan: "team", interval: "year", items: [seats(8, 12_000)] } }],
  ]);
  expect(step).toMatchObject({ lines: [], issued: [] });
  const first = renew(step.subscription, moment("2026-02-03T10:00:00Z"));
  expect(amounts(first)).toEqual([96_000n]);
  expect(first.subscription).toMatchObject({ schedule: { anchor: end }, period: { index: 0, from: end } });
});

test("a trial in which nobody chooses ends without a document, and so does one that is cancelled", () => {
  const end = at("2026-02-03T10:00:00Z");
  const trial = beginTrial([seats(5)], end, moment("2026-01-20T10:00:00Z")).subscription;
  const chosen = change(trial, { kind: "plan", choice: team(5) }, moment("2026-01-21T00:00:00Z")).subscription;
  const cancelled = change(chosen, { kind: "cancel" }, moment("2026-01-22T00:00:00Z")).subscription;
  for (const subscription of [trial, cancelled]) {
    const step = renew(subscription, moment("2026-03-01T00:00:00Z"));
    expect(step).toMatchObject({ lines: [], issued: [], subscription: { ended: true } });
  }
  expect(() => beginTrial([], at(JANUARY), moment(JANUARY))).toThrow("after it begins");
});

test("a quote holds for ten minutes, and the change happens at its instant", () => {
  const quoted = quote(ten, take(13), moment("2026-01-11T06:00:00Z"));
  expect(amounts(quoted.step)).toEqual([-5355n, 6961n]);
  expect(accept(ten, quoted, at("2026-01-11T06:10:00Z"))).toEqual(quoted.step);
  expect(refusalOf(() => accept(ten, quoted, at("2026-01-11T06:10:01Z")))).toBe("quote_expired");
});

test("a quote is refused the second time, and after any other change", () => {
  const quoted = quote(ten, take(13), moment("2026-01-11T06:00:00Z"));
  const { subscription } = accept(ten, quoted, at("2026-01-11T06:01:00Z"));
  expect(refusalOf(() => accept(subscription, quoted, at("2026-01-11T06:02:00Z")))).toBe("revision_moved");
  const cancelled = change(ten, { kind: "cancel" }, moment("2026-01-11T06:00:30Z")).subscription;
  expect(refusalOf(() => accept(cancelled, quoted, at("2026-01-11T06:01:00Z")))).toBe("revision_moved");
});
