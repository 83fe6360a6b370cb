const STEPS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * How long to wait before the next attempt (0 is the first). Up to a quarter more by chance, so that a restarted server
 * isn't met by every browser at the same moment.
 */
export function retryDelay(attempt: number, random: number): number {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 15_000;
  return Math.round(step * (1 + random / 4));
}
