/** Finds the schedule of a period from its start and end. */
import {
  DAY,
  type Instant,
  type Interval,
  type Period,
  periodAt,
  type Schedule,
  type Span,
  startOf,
} from "../reckoning/calendar.ts";

/** How many periods back the anchor may be. A yearly period of 29 February needs eight. */
const MAX_BACK = 8;

/** This day in an instant's month, at the same time of day; null if the month is too short. */
function onDay(at: Instant, day: number): Instant | null {
  const found = at + (day - new Date(at * 1_000).getUTCDate()) * DAY;
  return new Date(found * 1_000).getUTCDate() === day ? found : null;
}

/** @returns null if no schedule of this interval has the period */
export function scheduleOf({ from, to }: Span, interval: Interval): { schedule: Schedule; period: Period } | null {
  // A period that begins on a month's last day may stem from a later day of a longer month: 28 February to 31 March.
  const days = [from, to].map((at) => new Date(at * 1_000).getUTCDate()).sort((one, other) => other - one);
  for (const day of days) {
    for (let index = 0; index <= MAX_BACK; index++) {
      const anchor = onDay(startOf({ anchor: from, interval }, -index), day);
      if (anchor === null || anchor < 0) continue;
      const schedule = { anchor, interval };
      const period = periodAt(schedule, index);
      if (period.from === from && period.to === to) return { schedule, period };
    }
  }
  return null;
}
