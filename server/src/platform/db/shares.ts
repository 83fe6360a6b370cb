/**
 * Connections among those who want them: nobody may hold more than they leave free. One who wants all gets half, the next who does half
 * of the rest, and whoever wants one or two gets them at once. Nothing to tune, and it grows with the pool (Choudhury and Hahne, "Dynamic
 * queue length thresholds for shared-memory packet switches", 1998, with α = 1).
 *
 * That is fair to whoever comes while a few hold for long. Six who want all take the last one, and then no rule about who may take helps, only
 * one about how long: whoever holds must give back before those in line lose patience (pools.ts, LOCK_MS), and what comes back goes to who
 * holds least.
 */

export interface Shares {
  /**
   * Waits for one, behind others of the same holder.
   * @param gone emits "close" when nobody waits for the answer any more; then the place in the line is free.
   * @returns what gives it back, to be called once.
   * @throws Busy after `patienceMs`, and when nobody waits any more
   */
  take(holder: string, gone?: Gone): Promise<() => void>;
}

export interface Gone {
  readonly destroyed: boolean;
  once(event: "close", leave: () => void): unknown;
  off(event: "close", leave: () => void): unknown;
}

/** None came free in time. */
export class Busy extends Error {
  override name = "Busy";
}

interface Holder {
  held: number;
  line: Array<{ since: number; admit: () => void }>;
}

export function makeShares(size: number, patienceMs: number): Shares {
  let free = size;
  let arrivals = 0;
  /** Those that hold one or wait for one. */
  const holders = new Map<string, Holder>();

  /** Of those who may have one and wait, who holds least; of these, who has waited longest. */
  function nextInLine(): Holder | undefined {
    let next: Holder | undefined;
    for (const holder of holders.values()) {
      const first = holder.line[0];
      if (!first || holder.held >= free) continue;
      const before = next?.line[0];
      if (!next || !before || holder.held < next.held || (holder.held === next.held && first.since < before.since)) next = holder;
    }
    return next;
  }

  function forgetIdle(name: string, holder: Holder): void {
    if (holder.held === 0 && holder.line.length === 0) holders.delete(name);
  }

  function giverOf(name: string, holder: Holder): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      holder.held -= 1;
      free += 1;
      forgetIdle(name, holder);
      for (let next = nextInLine(); next; next = nextInLine()) next.line[0]?.admit();
    };
  }

  function wait(name: string, holder: Holder, gone?: Gone): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const place = { since: (arrivals += 1), admit };
    const timer = setTimeout(leave, patienceMs);
    function end(): void {
      clearTimeout(timer);
      gone?.off("close", leave);
      holder.line.splice(holder.line.indexOf(place), 1);
    }
    function admit(): void {
      end();
      // Now, not when whoever waited goes on: until then somebody else could come.
      holder.held += 1;
      free -= 1;
      resolve();
    }
    function leave(): void {
      end();
      forgetIdle(name, holder);
      reject(new Busy());
    }
    holder.line.push(place);
    if (gone?.destroyed) leave();
    else gone?.once("close", leave);
    return promise;
  }

  return {
    async take(name, gone) {
      const holder = holders.get(name) ?? { held: 0, line: [] };
      holders.set(name, holder);
      if (holder.held < free && holder.line.length === 0) {
        holder.held += 1;
        free -= 1;
      } else await wait(name, holder, gone);
      return giverOf(name, holder);
    },
  };
}
