/** Input that several kinds of cases share: money, tax, the period, and a subscription in the middle of it. */
import { CURRENCY_DIGITS, type Currency, moneyText } from "#contract/currencies.ts";
import {
  indexAt,
  type Instant,
  type Interval,
  INTERVALS,
  type Period,
  periodAt,
  type Schedule,
  type Span,
} from "../reckoning/calendar.ts";
import { chargeRest, SEATS } from "../reckoning/lines.ts";
import { type Tax, TAX_CATEGORIES, toRate } from "../reckoning/tax.ts";
import { CaseError, type Fields, shown } from "./fields.ts";
import { type History, openHistory } from "./history.ts";
import { scheduleOf } from "./schedule-of.ts";

const MAX_DIGITS = 4;

/** The currency of a case. A number of digits other than ISO 4217's is a mistake in the case. */
function currencyOf(input: Fields): Currency | null {
  if (!input.has("currency")) return null;
  const code = input.text(["currency"]);
  const known = CURRENCY_DIGITS.get(code);
  const digits = Number(input.integer(["minorUnitDigits", "digits"], known === undefined ? undefined : BigInt(known)));
  if (digits < 0 || digits > MAX_DIGITS || (known !== undefined && digits !== known)) {
    throw new CaseError(`${shown(code)} has ${known ?? `0 to ${MAX_DIGITS}`} digits, not ${digits}.`);
  }
  return { code, digits };
}

/** Returns a function that formats amounts in the currency of a case. */
export function textIn(input: Fields): (minor: bigint) => string {
  const currency = currencyOf(input);
  return (minor) => {
    if (!currency) throw new CaseError("The case names no currency, so an amount can't be written.");
    return moneyText(minor, currency);
  };
}

const REVERSE_CHARGE: Tax = { category: "AE", rate: 0, reason: "Reverse charge" };
export const UNTAXED: Tax = { category: "O", rate: 0, reason: null };
const RATE_NAMES = ["taxRatePercent", "taxRate", "ratePercent", "rate"];
const CATEGORY_NAMES = ["taxCategory", "category"];

/** The tax that an object names, or the fallback. Under reverse charge the rate does not matter, because the buyer owes the tax. */
export function taxOf(fields: Fields, fallback: Tax): Tax {
  const typed = fields.raw(RATE_NAMES);
  const rate = typed === undefined ? fallback.rate : toRate(typeof typed === "number" ? typed : shown(typed).replaceAll('"', ""));
  if (fields.flag(["reverseCharge"], false)) return REVERSE_CHARGE;
  if (!fields.has(...CATEGORY_NAMES)) {
    if (typed === undefined) return fallback;
    return { category: rate > 0 ? "S" : "Z", rate, reason: null };
  }
  const named = fields.text(CATEGORY_NAMES);
  const category = TAX_CATEGORIES.find((one) => one === named);
  if (!category) throw new CaseError(`A tax category is one of ${TAX_CATEGORIES.join(", ")}, not ${shown(named)}.`);
  if (category === "AE") return REVERSE_CHARGE;
  const reason = fields.has("reason", "exemptionReason") ? fields.text(["reason", "exemptionReason"]) : null;
  return { category, rate, reason };
}

export interface Present {
  schedule: Schedule;
  period: Period;
}

/** The period of a case, with its schedule. A span other than a month, quarter or year allows changes but no renewal. */
export function presentOf(input: Fields, named?: Interval): Present {
  const from = input.instant(["periodStart"]);
  const to = input.instant(["periodEnd"]);
  if (to <= from) throw new CaseError("input.periodEnd must be after input.periodStart.");
  const interval = named ?? (input.has("interval") ? input.interval(["interval"]) : undefined);
  if (input.has("anchor")) return anchored(input, { from, to }, interval);
  for (const candidate of interval ? [interval] : INTERVALS) {
    const found = scheduleOf({ from, to }, candidate);
    if (found) return found;
  }
  return { schedule: { anchor: from, interval: interval ?? "month" }, period: { index: 0, from, to } };
}

function anchored(input: Fields, { from, to }: Span, interval: Interval | undefined): Present {
  const anchor = input.instant(["anchor"]);
  for (const candidate of interval ? [interval] : INTERVALS) {
    const schedule = { anchor, interval: candidate };
    const period = periodAt(schedule, indexAt(schedule, from));
    if (period.from === from && period.to === to) return { schedule, period };
  }
  throw new CaseError("The period from input.periodStart to input.periodEnd does not follow from input.anchor.");
}

interface Opening {
  quantity: bigint;
  unitPrice: bigint;
  tax: Tax;
  /** The amount that was charged; by default the price. */
  charged?: bigint;
  /** The start of the charge; by default the period's start. */
  since?: Instant;
}

/** A subscription as the database would hold it: in the middle of a period that is charged. */
export function openHistoryIn({ schedule, period }: Present, opening: Opening): History {
  const { quantity, unitPrice, tax, charged, since = period.from } = opening;
  const terms = { item: SEATS, quantity, unitPrice };
  const charge = chargeRest(terms, period, tax, { number: 1, from: since });
  const open = { ...charge, amount: charged ?? charge.amount };
  const subscription = {
    ...{ plan: "plan", ended: false, cancelled: false, schedule, period, items: [{ ...terms, open }] },
    ...{ pending: [], lineCount: 1, changedAt: since, revision: 1 },
  };
  const lines = [{ line: open, fromChange: false, periodStart: period.from }];
  return openHistory({ subscription, lines, tax });
}
