/**
 * Runs work that may compute for more than 10 ms in worker threads, so that live audio never waits for it. There are few threads, shared
 * among tenants and people as connections are (db/shares.ts): a tenant that wants them all waits only for itself.
 */
import { Piscina } from "piscina";
import { Busy, type Gone, makeShares } from "./db/shares.ts";
import { Refusal } from "./refusal.ts";

/** A tenant or person gets one thread at a time, because nobody may hold more than are free (db/shares.ts). */
const AT_ONCE = 2;
/** Longest computation. Half a megabyte of text takes at most about 0.3 s; on a busy machine the threads, whose priority is low, hardly run. */
const LIMIT_MS = 20_000;
/** Longest wait for a thread. Longer than a computation, so that one hostile input does not make the tasks behind it fail. */
const PATIENCE_MS = 30_000;
const IDLE_MS = 30_000;
const MEGABYTES = 128;

export interface Threads {
  /**
   * @param task a module whose default export takes the input and returns the output, both structured-cloneable
   * @param holders whom the thread counts for: a tenant and a person, who may have many tenants
   * @param gone the response; when it closes, the task no longer waits for a thread
   * @throws Refusal unavailable when no thread was free in time; invalid_input when the task takes too much time or memory
   */
  run<Input, Output>(task: URL, input: Input, holders: readonly string[], gone?: Gone): Promise<Output>;
  close(): Promise<void>;
}

/** @param limitMs longest computation; tests set it */
export function makeThreads(limitMs = LIMIT_MS): Threads {
  const shares = makeShares(AT_ONCE, PATIENCE_MS);
  const pool = new Piscina({
    minThreads: 0,
    maxThreads: AT_ONCE,
    concurrentTasksPerWorker: 1,
    idleTimeout: IDLE_MS,
    recordTiming: false,
    // Lower priority than the main thread, on systems that support it.
    niceIncrement: 10,
    resourceLimits: { maxOldGenerationSizeMb: MEGABYTES, maxYoungGenerationSizeMb: MEGABYTES / 4 },
    // The threads see none of the server's environment variables.
    env: {},
  });

  async function turn(holders: readonly string[], gone?: Gone): Promise<() => void> {
    try {
      return await shares.take(holders, gone);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      throw new Refusal("unavailable", { detail: "Many files are being read right now. Try again in a moment.", retryAfter: 5 });
    }
  }

  return {
    async run<Input, Output>(task: URL, input: Input, holders: readonly string[], gone?: Gone): Promise<Output> {
      const giveBack = await turn(holders, gone);
      try {
        // On abort, Piscina ends the thread that runs the task.
        const signal = AbortSignal.timeout(limitMs);
        return (await pool.run(input, { filename: task.href, signal })) as Output;
      } catch (error) {
        const { name, code } = error as { name?: string; code?: string };
        if (name !== "AbortError" && code !== "ERR_WORKER_OUT_OF_MEMORY") throw error;
        throw new Refusal("invalid_input", { detail: "This takes too long to read. Send it in several parts.", cause: error });
      } finally {
        giveBack();
      }
    },
    close: () => pool.destroy(),
  };
}
