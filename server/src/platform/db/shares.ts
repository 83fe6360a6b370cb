/**
 * Shares connections fairly: a holder may have no more connections than are free. A holder that wants all of them gets half, the next one
 * half of the rest, and a holder that wants one or two gets them at once (Choudhury and Hahne, "Dynamic queue length thresholds for
 * shared-memory packet switches", 1998, with α = 1). A holder of weight ten may have a tenth of the free ones.
 *
 * Six holders that want everything still take the last connection. A connection must therefore come back before those in line give up
 * (LOCK_MS in pools.ts), and then goes to the holder that has least.
 */

export interface Shares {
  /**
   * Waits for a connection, in line behind others of the same holders.
   * @param holders who holds it, one or several: none of them may hold more than they leave free
   * @param gone emits "close" when nobody waits for the result any more. The place in the line is then given up.
   * @returns a function that gives the connection back. Call it once.
   * @throws Busy after `patienceMs`, and when `gone` closes
   */
  take(holders: string | readonly string[], gone?: Gone): Promise<() => void>;
}

export interface Gone {
  readonly destroyed: boolean;
  once(event: "close", leave: () => void): unknown;
  off(event: "close", leave: () => void): unknown;
}

/** No connection was free in time. */
export class Busy extends Error {
  override name = "Busy";
}

interface Holder {
  /** Connections held, multiplied by the weight. */
  held: number;
  weight: number;
  /** Places in lines. */
  waits: number;
}

interface Place {
  since: number;
  admit: () => void;
}

/** The queue of requests with the same holders. */
interface Line {
  holders: readonly Holder[];
  places: Place[];
}

/** @param weigh the weight of a holder: how many connections must be free for each one that it holds */
export function makeShares(size: number, patienceMs: number, weigh: (holder: string) => number = () => 1): Shares {
  let free = size;
  let arrivals = 0;
  /** Holders that have a connection or wait for one. */
  const byName = new Map<string, Holder>();
  const lines = new Map<string, Line>();

  const mostHeld = (holders: readonly Holder[]) => Math.max(...holders.map(({ held }) => held));

  /** The place that gets the next connection: its holders may have one more, and hold least. Among equals, the one that has waited longest. */
  function nextInLine(): Place | undefined {
    let next: { place: Place; held: number } | undefined;
    for (const line of lines.values()) {
      const [place] = line.places;
      const held = mostHeld(line.holders);
      if (!place || held >= free) continue;
      if (!next || held < next.held || (held === next.held && place.since < next.place.since)) next = { place, held };
    }
    return next?.place;
  }

  function holderOf(name: string): Holder {
    const holder = byName.get(name) ?? { held: 0, weight: weigh(name), waits: 0 };
    byName.set(name, holder);
    return holder;
  }

  function forgetIdle(names: readonly string[]): void {
    for (const name of names) {
      const holder = byName.get(name);
      if (holder && holder.held === 0 && holder.waits === 0) byName.delete(name);
    }
  }

  function hold(holders: readonly Holder[], count: 1 | -1): void {
    for (const holder of holders) holder.held += count * holder.weight;
    free -= count;
  }

  function giverOf(names: readonly string[], holders: readonly Holder[]): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      hold(holders, -1);
      forgetIdle(names);
      for (let next = nextInLine(); next; next = nextInLine()) next.admit();
    };
  }

  function wait(names: readonly string[], holders: readonly Holder[], gone?: Gone): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const key = names.join(" ");
    const line = lines.get(key) ?? { holders, places: [] };
    const place = { since: (arrivals += 1), admit };
    const timer = setTimeout(leave, patienceMs);
    function end(): void {
      clearTimeout(timer);
      gone?.off("close", leave);
      line.places.splice(line.places.indexOf(place), 1);
      if (line.places.length === 0) lines.delete(key);
      for (const holder of holders) holder.waits -= 1;
    }
    function admit(): void {
      end();
      // Counted now, because other requests could come before the waiting code runs.
      hold(holders, 1);
      resolve();
    }
    function leave(): void {
      end();
      forgetIdle(names);
      reject(new Busy());
    }
    lines.set(key, line);
    line.places.push(place);
    for (const holder of holders) holder.waits += 1;
    if (gone?.destroyed) leave();
    else gone?.once("close", leave);
    return promise;
  }

  return {
    async take(given, gone) {
      const names = typeof given === "string" ? [given] : given;
      const holders = names.map(holderOf);
      // Those in line have used up their share, so this request overtakes none of them.
      if (mostHeld(holders) < free) hold(holders, 1);
      else await wait(names, holders, gone);
      return giverOf(names, holders);
    },
  };
}
