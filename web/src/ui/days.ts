import { knownZone } from "#contract/time-zone.ts";

/** Days as a workspace counts them: they begin at midnight of its time zone. */

/** The day in the zone as YYYY-MM-DD. @param at milliseconds since 1970 */
export function dayIn(timeZone: string, at: number): string {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat("sv-SE", { timeZone: knownZone(timeZone), dateStyle: "short" }).format(at);
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Milliseconds by which the zone's clocks are ahead of UTC at a moment. */
function offset(timeZone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: knownZone(timeZone),
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((candidate) => candidate.type === type)?.value);
  return (
    Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) -
    Math.floor(at / 1_000) * 1_000
  );
}

/** The moment at which a day begins, ISO 8601. When clocks skip midnight, that is the first moment after it. */
export function startOfDay(timeZone: string, day: string): string {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const guess = midnight - offset(timeZone, midnight);
  const exact = midnight - offset(timeZone, guess);
  const later = Math.max(guess, exact);
  return new Date(dayIn(timeZone, exact) === day ? exact : later).toISOString();
}

/** The last second of a day, ISO 8601. */
export function endOfDay(timeZone: string, day: string): string {
  return new Date(Date.parse(startOfDay(timeZone, addDays(day, 1))) - 1_000).toISOString();
}
