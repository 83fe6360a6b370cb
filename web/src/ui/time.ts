import { knownZone } from "#contract/time-zone.ts";

import { wallNow } from "./clocks.ts";

/** m:ss, and h:mm:ss from an hour on. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const ss = String(s).padStart(2, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${ss}` : `${m}:${ss}`;
}

/** Length of a recording, rounded to seconds; at least 0:01 unless it is empty. */
export const lengthWords = (durationMs: number) =>
  clock(durationMs > 0 ? Math.max(1_000, Math.round(durationMs / 1_000) * 1_000) : 0);

export interface Times {
  /** 14:05 or 2:05 PM: the seconds are in fullTime */
  timeOfDay: (iso: string) => string;
  /** Tue, Nov 24 */
  dayWords: (iso: string) => string;
  /** Nov 24, 2026 */
  dateWords: (iso: string) => string;
  /** 14:05 today, otherwise "Tue, Nov 24, 14:05". */
  when: (iso: string) => string;
  /** Date, time and zone in full, for tooltips; for a person in another zone, their own time below. */
  fullTime: (iso: string) => string;
}

/** How a workspace shows times, the same for everybody in it. */
export interface TimeSettings {
  /** An IANA time zone. */
  timeZone: string;
  clock: "12h" | "24h";
}

/** The browser's own time zone. */
export const ownZone = knownZone(new Intl.DateTimeFormat().resolvedOptions().timeZone);

const cache = new Map<string, Times>();

/** Formatters for a workspace's times. Null: in the person's own zone, on pages outside any workspace. */
export function timesOf(settings: TimeSettings | null): Times {
  const key = JSON.stringify(settings);
  let times = cache.get(key);
  if (!times) cache.set(key, (times = makeTimes(settings)));
  return times;
}

function makeTimes(settings: TimeSettings | null): Times {
  const place = settings && { timeZone: knownZone(settings.timeZone), hourCycle: hourCycle(settings) };
  const format = (options: Intl.DateTimeFormatOptions, at = place) => {
    const formatter = new Intl.DateTimeFormat(undefined, { ...options, ...at });
    return (iso: string) => formatter.format(new Date(iso));
  };
  const exact = { dateStyle: "full", timeStyle: "long" } as const;
  const there = format(exact);
  const own = settings && format(exact, { timeZone: ownZone, hourCycle: hourCycle(settings) });
  const timeOfDay = format({ hour: settings?.clock === "24h" ? "2-digit" : "numeric", minute: "2-digit" });
  const dayWords = format({ weekday: "short", day: "numeric", month: "short" });
  return {
    timeOfDay,
    dayWords,
    when: (iso) => {
      const [day, today] = [dayWords(iso), dayWords(new Date(wallNow()).toISOString())];
      return day === today ? timeOfDay(iso) : `${day}, ${timeOfDay(iso)}`;
    },
    dateWords: format({ day: "numeric", month: "short", year: "numeric" }),
    fullTime: (iso) => {
      const [theirs, mine] = [there(iso), own?.(iso)];
      return mine === undefined || mine === theirs ? theirs : `${theirs}\nYour time: ${mine}`;
    },
  };
}

const hourCycle = ({ clock }: TimeSettings) => (clock === "12h" ? ("h12" as const) : ("h23" as const));

/** Times in the browser's own zone, for pages outside any workspace. Inside one: features/tenants/use-times.ts. */
export const { timeOfDay, fullTime } = timesOf(null);

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** "in 6 days", "3 hours ago", "4 minutes ago", "now". Put the exact time in the element's title. */
export function fromNow(iso: string, now = wallNow()): string {
  const minutes = (new Date(iso).getTime() - now) / 60_000;
  if (Math.abs(minutes) < 1) return relative.format(0, "second");
  if (Math.abs(minutes) < 60) return relative.format(Math.trunc(minutes), "minute");
  const hours = minutes / 60;
  return Math.abs(hours) >= 36 ? relative.format(Math.round(hours / 24), "day") : relative.format(Math.round(hours), "hour");
}
