/**
 * Runs at most `most` of the given jobs at the same time. The others wait in order.
 * @param onWait called with the number of waiting jobs before another one has to wait. If it throws, that job is refused.
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
      // The place passes directly to the next job, so that no new job can take it in between.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
