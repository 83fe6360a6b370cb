/** Counts in this process how much of something a key may still take: for limits that span tenants. */
export interface Quota {
  left(key: string): number;
  take(key: string, amount: number): void;
}

/** @param windowMs all that was taken is given back this long after the first of it was taken */
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
