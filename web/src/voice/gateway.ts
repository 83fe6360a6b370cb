import { type ClientMessage, CLOSE, HEARTBEAT_TIMEOUT_MS, ServerMessage } from "#contract/gateway.ts";
import { monotonicNow, wallNow } from "../ui/clocks.ts";
import { retryDelay } from "./backoff.ts";
import { makeWatchdog, WATCH_EVERY_MS } from "./watchdog.ts";

interface GatewayOptions {
  /** Called for each connection. */
  url: () => string;
  onMessage: (message: ServerMessage) => void;
  onConnecting: () => void;
  /**
   * The connection was lost or could not be made.
   * @param retryAt time of the next attempt, in milliseconds of the monotonic clock
   * @param neverOpen true when no connection was ever made, after more than one attempt
   */
  onDisconnected: (retryAt: number, neverOpen: boolean) => void;
  /** The server closed the connection for good. */
  onEnded: () => void;
}

export interface Gateway {
  send: (message: ClientMessage) => void;
  retryNow: () => void;
  close: () => void;
}

/** A socket that receives nothing for this long while opening is given up. */
const OPEN_TIMEOUT_MS = 10_000;

/** One WebSocket that reconnects by itself. Every message is checked against the contract before it is passed on. */
export function makeGateway(options: GatewayOptions): Gateway {
  let socket: WebSocket | null = null;
  let attempt = 0;
  let closed = false;
  let everOpen = false;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  function connect(): void {
    clearTimeout(retryTimer);
    options.onConnecting();
    const mine = new WebSocket(options.url());
    socket = mine;
    watchdog.watch(OPEN_TIMEOUT_MS);
    mine.onopen = () => (everOpen = true);
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      watchdog.heard(HEARTBEAT_TIMEOUT_MS);
      const message = parse(event.data);
      if (!message) return;
      if (message.type === "heartbeat") send({ type: "heartbeat" });
      if (message.type === "welcome") attempt = 0;
      options.onMessage(message);
    };
    mine.onclose = (event) => {
      if (mine === socket) lost(event.code);
    };
  }

  function lost(code: number): void {
    socket = null;
    watchdog.rest();
    if (closed) return;
    if (code === CLOSE.goneAway) {
      close();
      options.onEnded();
      return;
    }
    // Closed for flooding: reconnect late, or it happens again.
    if (code === CLOSE.tooManyMessages) attempt = Math.max(attempt, 3);
    const delay = retryDelay(attempt, Math.random());
    attempt += 1;
    options.onDisconnected(monotonicNow() + delay, !everOpen && attempt > 1);
    retryTimer = setTimeout(connect, delay);
  }

  const watchdog = makeWatchdog(
    { monotonic: monotonicNow, wall: wallNow },
    {
      ask: () => send({ type: "ping" }),
      woke: retryNow,
      lost() {
        // Report the loss before closing: on a dead network the close event may never come.
        const dead = socket;
        lost(CLOSE.heartbeatLost);
        dead?.close(CLOSE.heartbeatLost);
      },
    },
  );
  const watching = setInterval(watchdog.check, WATCH_EVERY_MS);

  /** The network is back or has changed. A connection over the previous network may be dead. */
  function online(): void {
    watchdog.probe();
    retryNow();
  }

  function send(message: ClientMessage): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function retryNow(): void {
    if (!closed && !socket) connect();
  }

  function close(): void {
    closed = true;
    clearInterval(watching);
    watchdog.rest();
    clearTimeout(retryTimer);
    window.removeEventListener("online", online);
    const old = socket;
    socket = null;
    old?.close(1000);
  }

  window.addEventListener("online", online);
  connect();
  return { send, retryNow, close };
}

function parse(data: unknown): ServerMessage | null {
  try {
    const checked = ServerMessage.safeParse(JSON.parse(String(data)));
    if (checked.success) return checked.data;
    // A newer server may send messages that this page doesn't know. Skip them and keep the connection.
    console.warn("whoot: unknown message from the gateway", checked.error.issues);
  } catch {
    console.warn("whoot: message from the gateway is not JSON");
  }
  return null;
}
