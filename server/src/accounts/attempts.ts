/**
 * Limits guesses of passwords and codes; counts are kept in this process. Strangers have two counts: by mailbox and IP address, and by mailbox alone.
 * A browser that signed in before (device-cookie.ts) has its own count, so strangers cannot make it wait.
 * The key of a password is the email address as typed, not the account, so that a refusal does not reveal whether the address has one.
 */
import { LRUCache } from "lru-cache";
import { Refusal } from "../platform/refusal.ts";

interface Pace {
  /** Wrong guesses before the first wait. */
  free: number;
  /** The first wait, in milliseconds. It doubles with each further guess. */
  first: number;
  /** The longest wait, in milliseconds. */
  most: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** For one mailbox from one IP address: 10 guesses without a wait, then about 40 a day. */
const BY_CALLER: Pace = { free: 10, first: 30 * SECOND, most: 60 * MINUTE };
/** For one mailbox by all strangers: 50 guesses without a wait, then at most 290 a day. */
const BY_MAILBOX: Pace = { free: 50, first: MINUTE, most: 5 * MINUTE };
/** For one mailbox from a browser that signed in to it before. */
const BY_DEVICE: Pace = { free: 10, first: 10 * SECOND, most: 15 * MINUTE };

/** Counters kept for each pace. The least recently used one is evicted. */
const MAX_COUNTERS = 50_000;

interface Counter {
  guesses: number;
  /** Time of the last guess, in milliseconds of the given clock. */
  last: number;
}

function makeCounters({ free, first, most }: Pace, now: () => number) {
  // Not `max`, which reserves memory for all counters: two megabytes for each pace.
  const bounds = { maxSize: MAX_COUNTERS, sizeCalculation: () => 1 };
  const counters = new LRUCache<string, Counter>({ ...bounds, ttl: DAY, perf: { now } });
  return {
    /** Milliseconds until the next guess is accepted. */
    wait(key: string): number {
      const counter = counters.get(key);
      if (!counter || counter.guesses < free) return 0;
      const pause = Math.min(most, first * 2 ** Math.min(30, counter.guesses - free));
      return Math.max(0, counter.last + pause - now());
    },
    count(key: string): void {
      counters.set(key, { guesses: (counters.get(key)?.guesses ?? 0) + 1, last: now() });
    },
    takeBack(key: string): void {
      const counter = counters.get(key);
      if (counter) counters.set(key, { ...counter, guesses: counter.guesses - 1 });
    },
    forget(key: string): void {
      counters.delete(key);
    },
  };
}

export interface Attempt {
  /** The password was right. */
  succeeded(): void;
  /** No password was compared. */
  cancelled(): void;
}

export interface Attempts {
  /**
   * Counts an attempt before its password or code is compared, so that concurrent attempts are all counted.
   * @param key whose secret is guessed: an email address as typed, or an account
   * @param from the id of a known browser, or a stranger's IP address
   * @throws Refusal rate_limited, with the seconds to wait
   */
  begin(key: string, from: { deviceId: string } | { address: string }): Attempt;
}

interface Options {
  /** The end of the sentence "Try again in 30 seconds, …", with another way to go on. */
  advice?: string;
  /** A clock in milliseconds, always above 0. */
  now?: () => number;
}

export function makeAttempts({ advice = "or reset your password", now = () => performance.now() }: Options = {}): Attempts {
  const byCaller = makeCounters(BY_CALLER, now);
  const byMailbox = makeCounters(BY_MAILBOX, now);
  const byDevice = makeCounters(BY_DEVICE, now);

  function refuse(milliseconds: number): void {
    if (milliseconds === 0) return;
    const retryAfter = Math.ceil(milliseconds / SECOND);
    const detail = `Too many attempts. Try again in ${retryAfter} seconds, ${advice}.`;
    throw new Refusal("rate_limited", { detail, retryAfter });
  }

  return {
    begin(key, from) {
      if ("deviceId" in from) {
        const { deviceId } = from;
        refuse(byDevice.wait(deviceId));
        byDevice.count(deviceId);
        return { succeeded: () => byDevice.forget(deviceId), cancelled: () => byDevice.takeBack(deviceId) };
      }
      const caller = `${key} ${from.address}`;
      // Check both limits before counting: a refused guess must not lengthen either wait.
      refuse(byCaller.wait(caller));
      refuse(byMailbox.wait(key));
      byCaller.count(caller);
      byMailbox.count(key);
      return {
        succeeded() {
          byCaller.forget(caller);
          byMailbox.takeBack(key);
        },
        cancelled() {
          byCaller.takeBack(caller);
          byMailbox.takeBack(key);
        },
      };
    },
  };
}
