import { OVERDUE_CHANGE_MS, REFRESH_RETRY_FIRST_MS, MAX_REFRESH_RETRY_MS } from "./limits.ts";

/** A part of a tenant's live state that can go stale. */
export type Part = "channels" | "members";

export interface Refresh {
  /** These parts changed: read them again now. */
  mark(parts: readonly Part[]): void;
  /** These parts may have changed: read them again as soon as a read works. Never overdue. */
  tryAgain(parts: readonly Part[]): void;
  close(): void;
}

/**
 * Reads again what changed, one pass at a time. Changes during a pass start another pass. A failed pass is repeated with
 * growing pauses until it succeeds, so no change is lost.
 * `onOverdue` is called once for each change that could not be read for OVERDUE_CHANGE_MS, also when a read hangs.
 */
export function makeRefresh(options: {
  /** Reads these parts and applies them. Rejects when any of them could not be read. */
  read: (parts: ReadonlySet<Part>) => Promise<void>;
  onOverdue: () => void;
  onError: (error: unknown) => void;
}): Refresh {
  const dirty = new Set<Part>();
  /** When the oldest change arrived that is neither read nor part of the running pass. */
  let dirtySince: number | null = null;
  /** When the oldest change arrived that the running pass reads. */
  let passSince: number | null = null;
  let running = false;
  let closed = false;
  let overdue: NodeJS.Timeout | undefined;
  let retry: { timer: NodeJS.Timeout; wake: () => void } | null = null;

  function watch(since: number): void {
    clearTimeout(overdue);
    overdue = setTimeout(options.onOverdue, Math.max(0, since + OVERDUE_CHANGE_MS - performance.now()));
  }

  function pause(ms: number): Promise<void> {
    return new Promise((wake) => {
      retry = { timer: setTimeout(wake, ms), wake };
    });
  }

  async function run(): Promise<void> {
    running = true;
    // Changes of one transaction arrive in one tick; wait, so that one pass reads them together.
    await Promise.resolve();
    let delay = REFRESH_RETRY_FIRST_MS;
    while (dirty.size > 0 && !closed) {
      const parts = new Set(dirty);
      passSince = dirtySince;
      dirty.clear();
      dirtySince = null;
      try {
        await options.read(parts);
        delay = REFRESH_RETRY_FIRST_MS;
        clearTimeout(overdue);
        passSince = null;
        // TypeScript narrows dirtySince to null here, but mark() may have set it during the read.
        const next = dirtySince as number | null;
        if (next !== null && !closed) watch(next);
      } catch (error) {
        options.onError(error);
        for (const part of parts) dirty.add(part);
        dirtySince = passSince ?? dirtySince;
        passSince = null;
        if (closed) break;
        await pause(delay);
        retry = null;
        delay = Math.min(delay * 2, MAX_REFRESH_RETRY_MS);
      }
    }
    running = false;
  }

  return {
    tryAgain(parts) {
      if (closed) return;
      for (const part of parts) dirty.add(part);
      if (!running) void run();
    },
    mark(parts) {
      if (closed) return;
      for (const part of parts) dirty.add(part);
      if (dirtySince === null) {
        dirtySince = performance.now();
        if (passSince === null) watch(dirtySince);
      }
      if (!running) void run();
    },
    close() {
      closed = true;
      clearTimeout(overdue);
      clearTimeout(retry?.timer);
      retry?.wake();
    },
  };
}
