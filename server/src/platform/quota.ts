/** How much of something somebody may still have, counted in this process: for what no single tenant's rows can count. */
export interface Quota {
  left(key: string): number;
  take(key: string, amount: number): void;
}

/** @param windowMs what was taken is given back whole, so long after the first of it. */
export function makeQuota(max: number, windowMs: number, now = Date.now): Quota {
  const taken = new Map<string, { amount: number; until: number }>();

  function current(key: string) {
    const entry = taken.get(key);
    return entry && entry.until > now() ? entry : undefined;
  }

  function forgetOld(): void {
    for (const [key, { until }] of taken) if (until <= now()) taken.delete(key);
  }

  return {
    left: (key) => Math.max(0, max - (current(key)?.amount ?? 0)),
    take(key, amount) {
      const entry = current(key);
      if (entry) entry.amount += amount;
      else {
        forgetOld();
        taken.set(key, { amount, until: now() + windowMs });
      }
    },
  };
}
