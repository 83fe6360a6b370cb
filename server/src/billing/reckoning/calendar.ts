/**
 * Instants and periods. Everything is UTC in whole seconds, so no time zone of the process or a workspace moves a period. A period is
 * half-open: its end is the start of the next.
 */

/** Whole seconds since 1970, UTC. */
export type Instant = number;

export interface Span {
  from: Instant;
  /** The first second after it. */
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
  /** Start of period 0. Every other start is computed from this one, so 31 January is followed by 28 February and then 31 March. */
  anchor: Instant;
  interval: Interval;
}

export const DAY = 86_400;
/** The year 10000. ISO 8601 can't write it with four digits. */
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

/** Start of the period with this index: the anchor plus that many intervals. If the month is too short, its last day. */
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

/** Index of the period that contains an instant; negative before the anchor. */
export function indexAt(schedule: Schedule, at: Instant): number {
  assertInstant(at);
  // A period starts in the month that its index gives, so only a start later in this same month can be too late.
  const index = Math.floor((monthOf(at) - monthOf(schedule.anchor)) / MONTHS[schedule.interval]);
  return startOf(schedule, index) > at ? index - 1 : index;
}

/** Each day of a trial has 86,400 s, so daylight saving time does not matter. */
export function trialEnd(start: Instant, days: number): Instant {
  const end = start + days * DAY;
  assertInstant(end);
  return end;
}

/** Formats an instant, such as 2026-02-28T09:00:00Z. */
export function instantText(at: Instant): string {
  assertInstant(at);
  return new Date(at * 1_000).toISOString().replace(".000Z", "Z");
}

/** The day in UTC, such as 2026-02-28, as documents show it. */
export function dayOf(at: Instant): string {
  return instantText(at).slice(0, 10);
}
