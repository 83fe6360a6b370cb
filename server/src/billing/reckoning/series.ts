/** A series of document numbers: 1, 2, 3 … without a gap, with dates that never fall. */
import { dayOf, type Instant } from "./calendar.ts";

export interface Series {
  /** Chosen at random for each workspace, so that numbers do not tell how many invoices others get. */
  prefix: string;
  last: number;
  /** When the last document was issued. */
  lastAt: Instant;
}

export interface Numbered {
  series: Series;
  number: string;
  /** In UTC. */
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
