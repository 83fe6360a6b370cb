/**
 * Spreads bursts of work over several turns of the event loop. Node handles everything that has arrived in one turn: a thousand requests in
 * one turn would stop the audio for a second.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Milliseconds that one turn of the event loop may spend on new connections, and as much again on new requests. */
const SLICE_MS = 0.5;

/**
 * Runs jobs in later turns of the event loop, for up to `SLICE_MS` per turn. Jobs of a lane run in their order, and the two lanes alternate, so
 * that many strangers do not delay people who are signed in.
 */
function makePacer(): (job: () => void, lane?: "signed in" | "strangers") => void {
  const lanes = { "signed in": [] as Array<() => void>, strangers: [] as Array<() => void> };
  let next: keyof typeof lanes = "signed in";
  const waiting = () => lanes["signed in"].length + lanes.strangers.length;
  function runOne(): void {
    const other = next === "strangers" ? "signed in" : "strangers";
    (lanes[next].shift() ?? lanes[other].shift())?.();
    next = other;
  }
  function goOn(): void {
    const begun = performance.now();
    do runOne();
    while (waiting() > 0 && performance.now() - begun < SLICE_MS);
    if (waiting() > 0) setImmediate(goOn);
  }
  return (job, lane = "strangers") => {
    lanes[lane].push(job);
    if (waiting() === 1) setImmediate(goOn);
  };
}

const ignore = () => {};

/**
 * Limits the time that each turn of the event loop spends on new connections: HTTP gets a connection once its first bytes are there, and in
 * its turn. Call it before the server listens. Node documents that user code may emit "connection" on an HTTP server.
 * @param silence milliseconds after which a connection without a byte is closed
 * @returns closes the connections that HTTP has not got yet; without it, `server.close()` waits for them
 */
export function paceConnections(server: Server, silence: number): () => void {
  const [accept] = server.listeners("connection");
  if (!accept) throw new Error("the HTTP server has no connection listener");
  const pace = makePacer();
  const silent = new Set<Socket>();
  server.off("connection", accept as () => void);
  // net.Server has this field, but its types do not declare it.
  Object.assign(server, { pauseOnConnect: true });
  server.on("connection", (socket: Socket) => {
    const end = () => socket.destroy();
    const handOver = () => {
      silent.delete(socket);
      socket.off("error", ignore).off("timeout", end).setTimeout(0);
      if (socket.destroyed) return;
      Reflect.apply(accept, server, [socket]);
      socket.resume();
    };
    silent.add(socket);
    socket.on("error", ignore).once("close", () => silent.delete(socket));
    socket.setTimeout(silence).on("timeout", end);
    socket.once("readable", () => pace(handOver));
  });
  return () => {
    for (const socket of silent) socket.destroy();
  };
}

/**
 * Limits the time that each turn of the event loop spends on beginning requests and upgrades, whatever connections they come from. Call it
 * when the server has its listeners, and before it listens.
 *
 * Closes a connection that sends a request before the previous answer (pipelining, RFC 9112 §9.3.2). No browser and no common proxy does
 * that, a thousand such requests fit into one packet, and Node never tells an answer that is queued behind another one that its connection
 * has closed.
 * @param isSignedIn whether a request seems to come from a session; it is asked for each request, so it must be cheap and may be wrong
 */
export function paceRequests(server: Server, isSignedIn: (request: IncomingMessage) => boolean): void {
  const pace = makePacer();
  const laneOf = (request: IncomingMessage) => (isSignedIn(request) ? "signed in" : "strangers");
  const [begin] = server.listeners("request");
  const [upgrade] = server.listeners("upgrade");
  if (!begin || !upgrade) throw new Error("the HTTP server has no listeners for requests and upgrades");
  server.off("request", begin as () => void).off("upgrade", upgrade as () => void);

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // Node assigns the socket to an answer once the previous one is sent.
    if (response.socket === null) return void request.socket.destroy();
    pace(() => void Reflect.apply(begin, server, [request, response]), laneOf(request));
  });

  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on("error", ignore); // Node has removed its own listener
    pace(() => {
      socket.off("error", ignore);
      if (!socket.destroyed) Reflect.apply(upgrade, server, [request, socket, head]);
    }, laneOf(request));
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
