/** Results of a case in which a subscription changes. */
import { DAY, dayOf, type Instant, instantText } from "../reckoning/calendar.ts";
import { totalsOf } from "../reckoning/documents.ts";
import { type Line, sum } from "../reckoning/lines.ts";
import { type Answers, lineList, totalsAnswers } from "./answers.ts";
import { toInstant, toInteger } from "./fields.ts";
import type { History, NotedDocument, NotedLine } from "./history.ts";

function invoiceAnswer({ draft, creditUsed, due, balanceAfter }: NotedDocument, expected: unknown) {
  const { lines } = (expected ?? {}) as { lines?: unknown };
  const { net, tax, gross } = draft.totals;
  return {
    total: gross,
    net,
    tax,
    gross,
    creditUsed,
    due,
    creditBalanceAfter: balanceAfter,
    lines: lineList(draft.lines, lines),
  };
}

const EMPTY_INVOICE = { total: 0n, net: 0n, tax: 0n, gross: 0n, creditUsed: 0n, due: 0n, lines: [] };

/** The next invoices if nothing changes any more, as many as the case expects; null for one that never comes. */
function nextInvoices(history: History, expected: unknown[]): unknown[] {
  const ahead = history.fork();
  return expected.map((one) => {
    const before = ahead.documents.length;
    if (ahead.subscription.ended) return null;
    ahead.renewOnce();
    if (ahead.subscription.ended) return null;
    const document = ahead.documents[before];
    return document ? invoiceAnswer(document, one) : { ...EMPTY_INVOICE, creditBalanceAfter: ahead.account.balance };
  });
}

/** All lines if the case expects their sum or as many lines; otherwise only the lines of changes. */
function listed(lines: readonly NotedLine[], wanted: unknown, expected: Record<string, unknown>): Line[] {
  const all = lines.map(({ line }) => line);
  if (Object.hasOwn(expected, "sum") || (Array.isArray(wanted) && wanted.length === all.length)) return all;
  return lines.filter(({ fromChange }) => fromChange).map(({ line }) => line);
}

/** Lines of 0 are on no document, so a case may list them or not. Adds or removes them as the case does. */
function alignZeros(lines: readonly Line[], expected: unknown): unknown[] {
  if (!Array.isArray(expected) || expected.length === lines.length) return lineList(lines, expected);
  const isZero = (one: unknown) => toInteger((one as Partial<Line> | null)?.amount ?? one) === 0n;
  const rest = lineList(
    lines.filter(({ amount }) => amount > 0n),
    expected,
  );
  if (expected.filter((one) => !isZero(one)).length !== rest.length) return lineList(lines, expected);
  return expected.map((one) => (isZero(one) ? one : rest.shift()));
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** Lines of the next period that begins in this month. */
function linesInMonth(history: History, month: number): Line[] {
  const ahead = history.fork();
  const begins = ({ periodStart }: NotedLine) => new Date(periodStart * 1_000).getUTCMonth() === month;
  for (let left = MONTHS.length; left > 0 && !ahead.lines.some(begins) && !ahead.subscription.ended; left--) ahead.renewOnce();
  const start = ahead.lines.find(begins)?.periodStart;
  return ahead.lines.filter(({ periodStart }) => periodStart === start).map(({ line }) => line);
}

/** Sum of the invoices of a day; null if there are none. */
function invoiceOn(history: History, at: Instant): bigint | null {
  const ahead = history.fork();
  ahead.renewBefore(at - (at % DAY) + DAY);
  const found = ahead.documents.filter(({ issuedAt, draft }) => draft.kind === "invoice" && dayOf(issuedAt) === dayOf(at));
  return found.length === 0 ? null : found.reduce((total, { draft }) => total + draft.totals.gross, 0n);
}

/** Names of results that contain a month or a day: `linesInFebruary`, `invoiceAt2026-02-01`. */
function datedAnswer(history: History, name: string): ((expected: unknown) => unknown) | undefined {
  const month = MONTHS.findIndex((one) => name === `linesIn${one}`);
  if (month >= 0) return (expected) => lineList(linesInMonth(history, month), expected);
  const at = name.startsWith("invoiceAt") ? toInstant(name.slice("invoiceAt".length)) : null;
  return at === null ? undefined : () => invoiceOn(history, at);
}

interface HistoryCase {
  history: History;
  text: (minor: bigint) => string;
  /** Names that the case expects. */
  expected: Record<string, unknown>;
}

export function historyAnswers({ history, text, expected }: HistoryCase): Answers {
  const ofChanges = history.lines.filter(({ fromChange }) => fromChange).map(({ line }) => line);
  const all = history.lines.map(({ line }) => line);
  const { subscription, documents, account } = history;
  const next = (count: unknown) => nextInvoices(history, Array.isArray(count) ? count : [count]);
  const linesAnswer = (wanted: unknown) => alignZeros(listed(history.lines, wanted, expected), wanted);
  const dated = Object.keys(expected).flatMap((name) => {
    const answer = datedAnswer(history, name);
    return answer ? [[name, answer] as const] : [];
  });
  return {
    ...totalsAnswers(totalsOf(ofChanges), text),
    lines: linesAnswer,
    prorationLines: (wanted) => alignZeros(ofChanges, wanted),
    net_proration: () => sum(ofChanges),
    sum: () => sum(all),
    sum_text: () => text(sum(all)),
    document: () => documents.at(-1)?.draft.kind ?? null,
    documents: () => BigInt(documents.length),
    creditBalance: () => account.balance,
    // Measured after the next invoice if the case expects just that one, otherwise after the changes.
    creditBalanceAfter: () => (Object.hasOwn(expected, "nextInvoice") ? balanceAfterNext(history) : account.balance),
    nextInvoice: (wanted) => next(wanted)[0],
    nextInvoices: (wanted) => next(wanted),
    anchor: () => instantText(subscription.schedule.anchor),
    newAnchor: () => instantText(subscription.schedule.anchor),
    newPeriodStart: () => instantText(subscription.period.from),
    newPeriodEnd: () => instantText(subscription.period.to),
    stillCancelled: () => subscription.cancelled,
    cancelled: () => subscription.cancelled,
    ended: () => subscription.ended,
    ...Object.fromEntries(dated),
  };
}

function balanceAfterNext(history: History): bigint {
  const ahead = history.fork();
  ahead.renewOnce();
  return ahead.account.balance;
}
