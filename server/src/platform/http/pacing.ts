/**
 * Spreads bursts of work over several turns of the event loop. Node handles everything that has arrived in one turn: a thousand requests in
 * one turn would stop the audio for a second.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Milliseconds that one turn of the event loop may spend on new connections, and as much again on new requests. */
const SLICE_MS = 0.2;

/**
 * Milliseconds between two pieces of unwanted bodies, of 64 kB at most, that the server reads: 8 MB a second of all clients together. V8 stops
 * the thread for a full collection after each 64 MB of buffers.
 */
const DISCARD_MS = 8;

/** The queue that a job waits in. The two queues alternate, so that many strangers do not delay people who are known. */
type Lane = "known" | "strangers";

/**
 * Runs jobs in later turns of the event loop. Jobs of a lane run in their order.
 * @param sliceMs milliseconds of each turn that jobs may begin in; 0 for one job per turn
 */
function makePacer(sliceMs: number): (job: () => void, lane: Lane) => void {
  const lanes: Record<Lane, Array<() => void>> = { known: [], strangers: [] };
  let next: Lane = "known";
  const waiting = () => lanes.known.length + lanes.strangers.length;
  function runOne(): void {
    const other = next === "strangers" ? "known" : "strangers";
    (lanes[next].shift() ?? lanes[other].shift())?.();
    next = other;
  }
  function runSlice(): void {
    const begun = performance.now();
    do runOne();
    while (waiting() > 0 && performance.now() - begun < sliceMs);
    if (waiting() > 0) setImmediate(runSlice);
  }
  return (job, lane) => {
    lanes[lane].push(job);
    if (waiting() === 1) setImmediate(runSlice);
  };
}

/** Runs jobs in their order, with a pause before each. @param ms the pause, in milliseconds */
function makeDrip(ms: number): (job: () => void) => void {
  const waiting: Array<() => void> = [];
  function runOne(): void {
    const job = waiting.shift();
    if (waiting.length > 0) setTimeout(runOne, ms);
    job?.();
  }
  return (job) => {
    waiting.push(job);
    if (waiting.length === 1) setTimeout(runOne, ms);
  };
}

const ignore = () => {};

/**
 * Limits the time that each turn of the event loop spends on new connections. The HTTP server gets a connection when its first bytes have
 * arrived and its turn has come. Call it before the server listens. Node documents that user code may emit "connection" on an HTTP server.
 * @param silence milliseconds after which a connection without a byte is closed
 * @returns a function that closes the connections that the HTTP server has not got yet. Without it, `server.close()` waits for them.
 */
export function paceConnections(server: Server, silence: number): () => void {
  const [accept] = server.listeners("connection");
  if (!accept) throw new Error("the HTTP server has no connection listener");
  const pace = makePacer(SLICE_MS);
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
    socket.once("readable", () => pace(handOver, "strangers"));
  });
  return () => {
    for (const socket of silent) socket.destroy();
  };
}

/**
 * Reads slowly what is left of a body once its request is answered, because the server has refused the request unread. Node would read as
 * fast as the client sends, and the buffers of some hundred MB a second keep the garbage collector busy. The connection stays usable.
 */
function discardSlowly(request: IncomingMessage, response: ServerResponse, drip: (job: () => void) => void): void {
  // Node's own listener comes after this one, and reads only what nobody has begun to read.
  response.prependOnceListener("finish", () => {
    if (request.complete) return;
    request.read();
    request.on("data", () => {
      request.pause();
      drip(() => void request.resume());
    });
  });
}

/**
 * Limits the time that each turn of the event loop spends on beginning requests and upgrades, whatever connections they come from. Call it
 * when the server has its listeners, and before it listens.
 *
 * Closes a connection that sends a request before the previous answer (pipelining, RFC 9112 §9.3.2). No browser and no common proxy
 * pipelines, and a thousand such requests fit into one packet. If the connection closes, Node emits no event on the answers that are queued
 * behind the first.
 * @param isSignedIn whether a request seems to come from a session; it is asked for each request, so it must be cheap and may be wrong
 */
export function paceRequests(server: Server, isSignedIn: (request: IncomingMessage) => boolean): void {
  const pace = makePacer(SLICE_MS);
  const drip = makeDrip(DISCARD_MS);
  const laneOf = (request: IncomingMessage): Lane => (isSignedIn(request) ? "known" : "strangers");
  const [begin] = server.listeners("request");
  const [upgrade] = server.listeners("upgrade");
  if (!begin || !upgrade) throw new Error("the HTTP server has no listeners for requests and upgrades");
  server.off("request", begin as () => void).off("upgrade", upgrade as () => void);

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // Node assigns the socket to an answer once the previous one is sent.
    if (response.socket === null) return void request.socket.destroy();
    discardSlowly(request, response, drip);
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
   * @param known whether the browser has signed in here before. Do not refuse strangers when their queue is long: the refusals of a burst all
   * fall in one turn.
   */
  turn(known: boolean): Promise<void>;
}

export function makePublicQueue(): PublicQueue {
  const pace = makePacer(0);
  return {
    turn: (known) => new Promise((resolve) => pace(resolve, known ? "known" : "strangers")),
  };
}

/** Lets each caller begin one request per turn of the event loop, so that one caller's burst delays nobody else. */
export interface CallerTurns {
  /** Null when the caller may begin at once; otherwise resolves when its turn comes. */
  turn(caller: string): Promise<void> | null;
}

export function makeCallerTurns(): CallerTurns {
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
