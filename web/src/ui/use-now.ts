import { useEffect, useReducer } from "react";
import { monotonicNow, wallNow } from "./clocks.ts";

function useTicking(read: () => number, active: boolean, everyMs: number): number {
  const [, tick] = useReducer((ticks: number) => ticks + 1, 0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(tick, everyMs);
    return () => clearInterval(timer);
  }, [active, everyMs]);
  // Read in each render: a stored value would be old in the first render after `active` changed.
  return read();
}

/** The monotonic clock, read now and every `everyMs` while `active`: for showing how long something has lasted. */
export const useNow = (active: boolean, everyMs = 250): number => useTicking(monotonicNow, active, everyMs);

/** The computer's clock, read now and every `everyMs`: for showing dates. */
export const useWallClock = (everyMs: number): number => useTicking(wallNow, true, everyMs);
