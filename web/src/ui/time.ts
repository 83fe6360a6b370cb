/** m:ss, and h:mm:ss from an hour on. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const ss = String(s).padStart(2, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${ss}` : `${m}:${ss}`;
}

/** A recording that lasts any time at all lasts at least 0:01. */
export const lengthWords = (durationMs: number) =>
  clock(durationMs > 0 ? Math.max(1_000, Math.round(durationMs / 1_000) * 1_000) : 0);

export interface Times {
  /** 14:05:03 */
  timeOfDay: (iso: string) => string;
  /** Tue, Nov 24 */
  dayWords: (iso: string) => string;
  /** Nov 24, 2026 */
  dateWords: (iso: string) => string;
  /** Everything, for the title of what says less; where the person is elsewhere, their own time below it. */
  fullTime: (iso: string) => string;
}

/** Where and how times are told: a workspace's, which everybody in it shares. */
export interface TimeSettings {
  /** IANA. */
  timeZone: string;
  clock: "12h" | "24h";
}

const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const made = new Map<string, Times>();

/** Formatters for a workspace's times. Null: the person's own, where no workspace is open. */
export function timesOf(settings: TimeSettings | null): Times {
  const key = JSON.stringify(settings);
  let times = made.get(key);
  if (!times) made.set(key, (times = makeTimes(settings)));
  return times;
}

function makeTimes(settings: TimeSettings | null): Times {
  const place = settings && { timeZone: known(settings.timeZone), hourCycle: hourCycle(settings) };
  const format = (options: Intl.DateTimeFormatOptions, at = place) => {
    const formatter = new Intl.DateTimeFormat(undefined, { ...options, ...at });
    return (iso: string) => formatter.format(new Date(iso));
  };
  const exact = { dateStyle: "full", timeStyle: "long" } as const;
  const there = format(exact);
  const own = settings && format(exact, { timeZone: here, hourCycle: hourCycle(settings) });
  return {
    timeOfDay: format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    dayWords: format({ weekday: "short", day: "numeric", month: "short" }),
    dateWords: format({ day: "numeric", month: "short", year: "numeric" }),
    fullTime: (iso) => {
      const [theirs, mine] = [there(iso), own?.(iso)];
      return mine === undefined || mine === theirs ? theirs : `${theirs}\nYour time: ${mine}`;
    },
  };
}

const hourCycle = ({ clock }: TimeSettings) => (clock === "12h" ? ("h12" as const) : ("h23" as const));

/** A browser may know fewer zones than the server that the workspace chose it on. */
function known(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat(undefined, { timeZone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

/** As the browser tells times, on pages outside of any workspace. In one: features/tenants/use-times.ts. */
export const { timeOfDay, fullTime } = timesOf(null);

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** "in 6 days", "3 hours ago", "4 minutes ago", "now"; the exact time belongs in the title beside it. */
export function fromNow(iso: string, now = Date.now()): string {
  const minutes = (new Date(iso).getTime() - now) / 60_000;
  if (Math.abs(minutes) < 1) return relative.format(0, "second");
  if (Math.abs(minutes) < 60) return relative.format(Math.trunc(minutes), "minute");
  const hours = minutes / 60;
  return Math.abs(hours) >= 36 ? relative.format(Math.round(hours / 24), "day") : relative.format(Math.round(hours), "hour");
}
