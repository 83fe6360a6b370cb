/** The exact price of a history: quantity × price integrated over time, with another library's rationals and a separate calendar. */
import { Fraction } from "fraction.js";
import type { Interval } from "../reckoning/calendar.ts";
import type { Line } from "../reckoning/lines.ts";

/** The quantity and price that somebody wanted from a moment on. */
export interface Wish {
  at: number;
  /** Periods count from here. */
  anchor: number;
  interval: Interval;
  items: Readonly<Record<string, { quantity: bigint; unitPrice: bigint }>>;
}

const MONTHS: Record<Interval, number> = { month: 1, quarter: 3, year: 12 };
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 1 && leap ? 29 : (DAYS[month] ?? 0);
}

function monthsAfter(anchor: number, months: number): number {
  const [date = "", time = ""] = new Date(anchor * 1_000).toISOString().split("T");
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  const then = year * 12 + month - 1 + months;
  const [newYear, newMonth] = [Math.floor(then / 12), then % 12];
  const newDay = Math.min(day, daysIn(newYear, newMonth));
  const padded = [String(newMonth + 1), String(newDay)].map((part) => part.padStart(2, "0"));
  return Date.parse(`${newYear}-${padded.join("-")}T${time}`) / 1_000;
}

/** The period of this schedule that contains an instant; null before the anchor. */
export function modelPeriod(anchor: number, interval: Interval, at: number): [from: number, to: number] {
  let count = 0;
  while (monthsAfter(anchor, (count + 1) * MONTHS[interval]) <= at) count += 1;
  return [monthsAfter(anchor, count * MONTHS[interval]), monthsAfter(anchor, (count + 1) * MONTHS[interval])];
}

export function roundedHalfUp(value: Fraction): bigint {
  const magnitude = value.abs().add(1, 2).floor();
  return magnitude.n * value.s;
}

/** The exact price of this item until the end of its charges. */
export function integral(wishes: readonly Wish[], item: string, chargedTo: number): Fraction {
  let total = new Fraction(0);
  for (const [position, { at, anchor, interval, items }] of wishes.entries()) {
    const { quantity, unitPrice } = items[item] ?? { quantity: 0n, unitPrice: 0n };
    const until = Math.min(wishes[position + 1]?.at ?? chargedTo, chargedTo);
    let now = Math.max(at, anchor);
    while (now < until) {
      const [from, to] = modelPeriod(anchor, interval, now);
      const end = Math.min(to, until);
      total = total.add(new Fraction(quantity * unitPrice).mul(BigInt(end - now), BigInt(to - from)));
      now = end;
    }
  }
  return total;
}

/** The exact amount of a line, from its own fields and those of the line that it credits. */
export function exactAmount(line: Line, credited: Line | undefined, period: [number, number]): Fraction {
  if (line.kind === "credit" && credited) {
    return new Fraction(credited.amount).mul(BigInt(line.to - line.from), BigInt(credited.to - credited.from));
  }
  return new Fraction(line.quantity * line.unitPrice).mul(BigInt(line.to - line.from), BigInt(period[1] - period[0]));
}
