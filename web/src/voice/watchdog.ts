/** How often `check` must be called, in milliseconds. */
export const WATCH_EVERY_MS = 1_000;

/** A longer time between two checks means that the computer slept, the page was frozen, or the clock was set. */
const LEAP_MS = 5_000;

/** How long a connection may take to answer a probe. */
const PROBE_TIMEOUT_MS = 2_000;

interface Clocks {
  /** Milliseconds on the monotonic clock. */
  monotonic: () => number;
  /** Milliseconds on the computer's clock, which goes on during sleep and jumps when it is set. */
  wall: () => number;
}

export interface Watchdog {
  /** Starts watching a new connection. @param silenceMs how long it may be silent */
  watch: (silenceMs: number) => void;
  /** The connection received something. @param silenceMs how long it may be silent from now on */
  heard: (silenceMs: number) => void;
  /** Stops watching. */
  rest: () => void;
  /** Asks the connection for an answer, unless it was asked already. */
  probe: () => void;
  /** Call it every `WATCH_EVERY_MS`. */
  check: () => void;
}

/**
 * Notices a connection that died silently. Silence is measured by the monotonic clock. A leap of either clock only causes a probe,
 * because the connection may be dead after sleep, but is healthy when the clock was merely set.
 * @param actions `ask` sends a message that the server answers at once, `lost` gives the connection up, `woke` is called after a leap
 */
export function makeWatchdog(clocks: Clocks, actions: { ask: () => void; lost: () => void; woke: () => void }): Watchdog {
  let deadline = Infinity;
  let asked = false;
  let lastCheck = { monotonic: clocks.monotonic(), wall: clocks.wall() };

  function heard(silenceMs: number): void {
    asked = false;
    deadline = clocks.monotonic() + silenceMs;
  }

  function probe(): void {
    if (deadline === Infinity || asked) return;
    asked = true;
    deadline = clocks.monotonic() + PROBE_TIMEOUT_MS;
    actions.ask();
  }

  function leapt(): boolean {
    const check = { monotonic: clocks.monotonic(), wall: clocks.wall() };
    const [passed, shown] = [check.monotonic - lastCheck.monotonic, check.wall - lastCheck.wall];
    lastCheck = check;
    return passed > LEAP_MS || shown > LEAP_MS;
  }

  return {
    watch: heard,
    heard,
    probe,
    rest() {
      asked = false;
      deadline = Infinity;
    },
    check() {
      // After a leap, messages may be waiting to be read: probe the connection before giving it up.
      if (leapt() && !asked) {
        probe();
        actions.woke();
      } else if (clocks.monotonic() >= deadline) {
        actions.lost();
      }
    },
  };
}
