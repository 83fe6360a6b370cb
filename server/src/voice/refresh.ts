import { OVERDUE_CHANGE_MS, REFRESH_RETRY_FIRST_MS, REFRESH_RETRY_MOST_MS } from "./limits.ts";

/** What of a tenant can go stale. */
export type Part = "channels" | "members";

export interface Refresh {
  /** This part changed: read it again, now. */
  mark(parts: readonly Part[]): void;
  close(): void;
}

/**
 * Reads again what changed: one pass at a time, changes that arrive during a pass make another one, a pass that fails is
 * repeated with growing pauses until it succeeds. A change is never lost.
 * `onOverdue` is called once for each change that could not be read for OVERDUE_CHANGE_MS, also when a read just hangs.
 */
export function makeRefresh(options: {
  /** Reads these parts and applies them. Rejects when any of it could not be read. */
  read: (parts: ReadonlySet<Part>) => Promise<void>;
  onOverdue: () => void;
  onError: (error: unknown) => void;
}): Refresh {
  const dirty = new Set<Part>();
  /** When the oldest change was told that no successful pass has begun after. */
  let dirtySince: number | null = null;
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
    // Changes of one transaction are told in one tick and are read together.
    await Promise.resolve();
    let delay = REFRESH_RETRY_FIRST_MS;
    while (dirty.size > 0 && !closed) {
      const parts = new Set(dirty);
      const since = dirtySince;
      dirty.clear();
      dirtySince = null;
      try {
        await options.read(parts);
        delay = REFRESH_RETRY_FIRST_MS;
        clearTimeout(overdue);
        // TypeScript thinks that this is still null; mark() may have set it during the read.
        const next = dirtySince as number | null;
        if (next !== null && !closed) watch(next);
      } catch (error) {
        options.onError(error);
        for (const part of parts) dirty.add(part);
        dirtySince = since;
        if (closed) break;
        await pause(delay);
        retry = null;
        delay = Math.min(delay * 2, REFRESH_RETRY_MOST_MS);
      }
    }
    running = false;
  }

  return {
    mark(parts) {
      if (closed) return;
      for (const part of parts) dirty.add(part);
      if (dirtySince === null) {
        dirtySince = performance.now();
        if (!running) watch(dirtySince);
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
