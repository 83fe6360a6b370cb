const STEPS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Milliseconds to wait before an attempt (0 is the first): the step plus up to a quarter, so that browsers don't all reconnect to a
 * restarted server at the same moment.
 * @param random 0 to 1
 */
export function retryDelay(attempt: number, random: number): number {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 15_000;
  return Math.round(step * (1 + random / 4));
}
