/**
 * Instants and periods. Everything is UTC in whole seconds: no time zone, of the process or of a workspace, moves a period.
 * A period is half-open: its end is the start of the next.
 */

/** Whole seconds since 1970, UTC. */
export type Instant = number;

export interface Span {
  from: Instant;
  /** The first second that no longer belongs to it. */
  to: Instant;
}

export interface Period extends Span {
  /** 0 is the first period that is charged; −1 is a trial. */
  index: number;
}

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;
export type Interval = keyof typeof MONTHS;
export const INTERVALS = Object.keys(MONTHS) as Interval[];

export interface Schedule {
  /** Start of period 0. Every other start is computed from it, so that 31 January gives 28 February and then 31 March. */
  anchor: Instant;
  interval: Interval;
}

export const DAY = 86_400;
/** The year 10000, which ISO 8601 can't write with four digits. */
const END_OF_TIME: Instant = Date.UTC(10_000, 0) / 1_000;

/** @throws RangeError for anything but whole seconds of the years 1970 to 9999 */
export function assertInstant(at: Instant): void {
  if (!Number.isInteger(at) || at < 0 || at >= END_OF_TIME) {
    throw new RangeError("An instant must be a whole second in the years 1970 to 9999.");
  }
}

/** Months since January 1970. */
function monthOf(at: Instant): number {
  const date = new Date(at * 1_000);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** Start of the period with this index: the anchor and so many intervals, on the month's last day if the month is too short. */
export function startOf({ anchor, interval }: Schedule, index: number): Instant {
  assertInstant(anchor);
  if (!Number.isSafeInteger(index)) throw new RangeError("The index of a period must be an integer.");
  const month = monthOf(anchor) + index * MONTHS[interval];
  const lastDay = new Date(Date.UTC(1970, month + 1, 0)).getUTCDate();
  const day = Math.min(new Date(anchor * 1_000).getUTCDate(), lastDay);
  const start = Date.UTC(1970, month, day) / 1_000 + (anchor % DAY);
  assertInstant(start);
  return start;
}

export function periodAt(schedule: Schedule, index: number): Period {
  return { index, from: startOf(schedule, index), to: startOf(schedule, index + 1) };
}

/** Index of the period that an instant belongs to; negative before the anchor. */
export function indexAt(schedule: Schedule, at: Instant): number {
  assertInstant(at);
  // The start of a period lies in the month that its index says, so only the start within the month of `at` can be too late.
  const index = Math.floor((monthOf(at) - monthOf(schedule.anchor)) / MONTHS[schedule.interval]);
  return startOf(schedule, index) > at ? index - 1 : index;
}

/** A trial lasts days of 86,400 s each, whatever the clocks of a place do. */
export function trialEnd(start: Instant, days: number): Instant {
  const end = start + days * DAY;
  assertInstant(end);
  return end;
}

/** Such as 2026-02-28T09:00:00Z. */
export function instantText(at: Instant): string {
  assertInstant(at);
  return new Date(at * 1_000).toISOString().replace(".000Z", "Z");
}

/** The day in UTC, such as 2026-02-28: the date on a document. */
export function dayOf(at: Instant): string {
  return instantText(at).slice(0, 10);
}
