/** Settings of V8's garbage collector, for a process whose audio must not pause. */
import { setFlagsFromString } from "node:v8";

/**
 * By default V8 collects its whole heap for every 64 MB of buffers, dead or not. Counted within the heap's own limit, buffers that live for
 * one request go with the young generation, and they may grow to four times what the last collection left.
 */
export const FLAGS = ["--external-memory-accounted-in-global-limit", "--external-memory-max-growing-factor=4"];

/** A flood of request bodies made V8 collect the whole heap four times a second, for 40 % of the thread's time. */
export function countBuffersInHeapLimit(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
