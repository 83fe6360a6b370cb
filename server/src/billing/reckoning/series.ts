/** A series of document numbers: 1, 2, 3 … without a gap, whose dates never go back. */
import { dayOf, type Instant } from "./calendar.ts";

export interface Series {
  /** Random for each workspace, so that a number does not reveal how many invoices others get. */
  prefix: string;
  last: number;
  /** When the last document was issued. */
  lastAt: Instant;
}

export interface Numbered {
  series: Series;
  number: string;
  /** A day in UTC. */
  issuedOn: string;
}

const DIGITS = 6;

export function numberText(prefix: string, number: number): string {
  return `${prefix}-${String(number).padStart(DIGITS, "0")}`;
}

export function takeNumber({ prefix, last, lastAt }: Series, now: Instant): Numbered {
  const at = Math.max(now, lastAt);
  const next = last + 1;
  return {
    series: { prefix, last: next, lastAt: at },
    number: numberText(prefix, next),
    issuedOn: dayOf(at),
  };
}
