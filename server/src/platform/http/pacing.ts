/**
 * Spreads bursts of work over several turns of the event loop. Node handles everything that has arrived in one turn: a thousand requests in
 * one turn would stop the audio for a second.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Milliseconds that one turn of the event loop may spend on new connections. */
const SLICE_MS = 2;

/** Runs jobs in later turns of the event loop, in order, for up to `SLICE_MS` per turn. */
function makePacer(): (job: () => void) => void {
  const waiting: Array<() => void> = [];
  function goOn(): void {
    const begun = performance.now();
    do waiting.shift()?.();
    while (waiting.length > 0 && performance.now() - begun < SLICE_MS);
    if (waiting.length > 0) setImmediate(goOn);
  }
  return (job) => {
    waiting.push(job);
    if (waiting.length === 1) setImmediate(goOn);
  };
}

const ignore = () => {};

/**
 * Limits the time that each turn of the event loop spends on accepting connections. Call it before the server listens. Node documents that
 * user code may emit "connection" on an HTTP server.
 */
export function paceConnections(server: Server): void {
  const [accept] = server.listeners("connection");
  if (!accept) throw new Error("not an HTTP server: it has no connection listener");
  const pace = makePacer();
  server.off("connection", accept as () => void);
  // net.Server has this field, but its types do not declare it.
  Object.assign(server, { pauseOnConnect: true });
  server.on("connection", (socket: Socket) => {
    socket.on("error", ignore);
    pace(() => {
      socket.off("error", ignore);
      if (socket.destroyed) return;
      Reflect.apply(accept, server, [socket]);
      socket.resume();
    });
  });
}

/** The queue for requests to public routes. One request begins in each turn of the event loop. */
export interface PublicQueue {
  /**
   * @param known whether the browser has signed in here before. Known browsers have their own queue, and the two queues alternate, so many
   * strangers do not delay them. Do not refuse strangers when their queue is long: the refusals of a burst all fall in one turn.
   */
  turn(known: boolean): Promise<void>;
}

export function makePublicQueue(): PublicQueue {
  const queues: [Array<() => void>, Array<() => void>] = [[], []];
  let next: 0 | 1 = 0;
  function goOn(): void {
    const other = next === 0 ? 1 : 0;
    (queues[next].shift() ?? queues[other].shift())?.();
    next = other;
    if (queues[0].length + queues[1].length > 0) setImmediate(goOn);
  }
  return {
    turn: (known) =>
      new Promise((resolve) => {
        queues[known ? 0 : 1].push(resolve);
        if (queues[0].length + queues[1].length === 1) setImmediate(goOn);
      }),
  };
}

/** Lets each caller begin one request per turn of the event loop, so that one caller's burst delays nobody else. */
export interface Turns {
  /** Null when the caller may begin at once; otherwise resolves when its turn comes. */
  turn(caller: string): Promise<void> | null;
}

export function makeTurns(): Turns {
  /** The waiting requests of each caller that began one in this turn. */
  const callers = new Map<string, Array<() => void>>();
  function next(): void {
    for (const [caller, waiting] of callers) {
      const begin = waiting.shift();
      if (begin) begin();
      else callers.delete(caller);
    }
    if (callers.size > 0) setImmediate(next);
  }
  return {
    turn(caller) {
      const waiting = callers.get(caller);
      if (waiting) return new Promise((resolve) => waiting.push(resolve));
      if (callers.size === 0) setImmediate(next);
      callers.set(caller, []);
      return null;
    },
  };
}
