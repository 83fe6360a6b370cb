import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds of work before a pause, and of the pause. */
const WORK_MS = 10;
const PAUSE_MS = 10;

/**
 * For long work in the background: call the returned function between two short pieces of work. It pauses now and then, so that the work
 * takes at most half of the thread's time.
 */
export function makePace(): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < WORK_MS) return;
    await wait(PAUSE_MS);
    begun = performance.now();
  };
}
