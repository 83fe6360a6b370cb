/**
 * Runs at most `most` of the given jobs at the same time; the others wait in order.
 * @param onWait told how many wait already before another has to; what it throws sends that one away.
 */
export function makeLimiter(
  most: number,
  onWait: (waiting: number) => void = () => {},
): <T>(job: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (running >= most) {
      onWait(waiting.length);
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await job();
    } finally {
      // The place is handed over without becoming free in between, so nobody can jump the queue.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
