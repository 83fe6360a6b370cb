/** Counts in this process how much each key has taken within a fixed window of time: for limits that span tenants. */
export interface WindowQuota {
  left(key: string): number;
  take(key: string, amount: number): void;
}

/**
 * @param windowMs length of a key's window, in milliseconds. It begins when the key first takes something; at its end, everything is given
 * back.
 */
export function makeWindowQuota(max: number, windowMs: number, now = Date.now): WindowQuota {
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
