/**
 * Runs work at most once at a time per key and shares its result. A caller who asks during a run gets the result of the next run, which
 * begins after the call and so sees everything that the caller has changed before.
 */
export function makeCoalescer<Result>(): (key: string, run: () => Promise<Result>) => Promise<Result> {
  const running = new Map<string, { now: Promise<Result>; next: Promise<Result> | null }>();

  function begin(key: string, run: () => Promise<Result>): Promise<Result> {
    const now = run();
    const turn = { now, next: null };
    running.set(key, turn);
    const end = () => {
      if (running.get(key) === turn && turn.next === null) running.delete(key);
    };
    now.then(end, end);
    return now;
  }

  return (key, run) => {
    const turn = running.get(key);
    if (!turn) return begin(key, run);
    const after = () => begin(key, run);
    turn.next ??= turn.now.then(after, after);
    return turn.next;
  };
}
