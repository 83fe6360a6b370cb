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

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export const timeOfDay = (iso: string) => time.format(new Date(iso));
export const dayWords = (iso: string) => day.format(new Date(iso));
export const dateWords = (iso: string) => date.format(new Date(iso));
export const fullTime = (iso: string) => full.format(new Date(iso));

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** "in 6 days", "in 3 hours"; the exact time belongs in the title beside it. */
export function fromNow(iso: string, now = Date.now()): string {
  const hours = (new Date(iso).getTime() - now) / 3_600_000;
  return Math.abs(hours) >= 36 ? relative.format(Math.round(hours / 24), "day") : relative.format(Math.round(hours), "hour");
}
