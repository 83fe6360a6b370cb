export interface TokenBucket {
  /** Takes one token. False when none is left: the caller is over the limit. */
  take(): boolean;
}

/** Allows `burst` at once and `perSecond` sustained. Uses the monotonic clock. */
export function makeTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst;
  let filledAt = performance.now();
  return {
    take() {
      const now = performance.now();
      tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1_000);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
