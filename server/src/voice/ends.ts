import { END_CHECK_MS, MAX_END_TIMER_MS, MIN_END_TIMER_MS } from "./limits.ts";
import type { VoiceMember } from "./ports.ts";

/**
 * When an access ends by time, on the monotonic clock: the wall clock may be set. A computer that slept is noticed by the regular recheck.
 * @param readAt when the read of the member began, so that no end is late by the time that the read took
 */
export const endOf = ({ endsInMs }: VoiceMember, readAt: number): number => readAt + endsInMs;

/** One timer for the earliest end among the sessions of a room. */
export interface Ends {
  /** Call it after the ends of sessions were read. */
  arm(): void;
  close(): void;
}

/** @param onDue gets the sessions whose access ended, as far as was read; it may have been renewed meanwhile */
export function makeEnds<Session extends { readonly endsAt: number }>(
  sessions: () => Iterable<Session>,
  onDue: (due: Session[]) => Promise<void>,
): Ends {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let checking = false;

  function arm(): void {
    clearTimeout(timer);
    if (closed || checking) return;
    let earliest = Infinity;
    for (const { endsAt } of sessions()) earliest = Math.min(earliest, endsAt);
    if (earliest === Infinity) return;
    const wait = Math.max(MIN_END_TIMER_MS, earliest - performance.now());
    // Node fires timers of more than 2^31 ms at once, so a later end is checked again after MAX_END_TIMER_MS.
    timer = setTimeout(fire, Math.min(wait, MAX_END_TIMER_MS));
  }

  function fire(): void {
    const now = performance.now();
    const due = [...sessions()].filter(({ endsAt }) => endsAt <= now);
    if (due.length === 0) return arm();
    checking = true;
    void onDue(due).then(() => {
      checking = false;
      arm();
    });
  }

  return {
    arm,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** The result of the read; null when it fails or takes longer than END_CHECK_MS. */
export async function inTime<T>(read: () => Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), END_CHECK_MS);
  });
  try {
    return await Promise.race([read().catch(() => null), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
