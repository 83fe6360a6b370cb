import { type ClientMessage, CLOSE, HEARTBEAT_TIMEOUT_MS, ServerMessage } from "#contract/gateway.ts";
import { retryDelay } from "./backoff.ts";

interface GatewayOptions {
  /** Asked for each connection. */
  url: () => string;
  onMessage: (message: ServerMessage) => void;
  onConnecting: () => void;
  /** The connection is gone or could not be made; the next attempt is at `retryAt` (ms since 1970). */
  onDisconnected: (retryAt: number) => void;
  /** The server said not to come back. */
  onEnded: () => void;
}

export interface Gateway {
  send: (message: ClientMessage) => void;
  retryNow: () => void;
  close: () => void;
}

/** A socket that says nothing for this long while opening is given up. */
const OPEN_TIMEOUT_MS = 10_000;

/** One WebSocket that comes back by itself. Every message is checked against the contract before anyone sees it. */
export function makeGateway(options: GatewayOptions): Gateway {
  let socket: WebSocket | null = null;
  let attempt = 0;
  let lastHeard = 0;
  let closed = false;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  function connect(): void {
    clearTimeout(retryTimer);
    options.onConnecting();
    const mine = new WebSocket(options.url());
    socket = mine;
    lastHeard = Date.now();
    mine.onmessage = (event) => {
      if (mine !== socket) return;
      lastHeard = Date.now();
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
    if (closed) return;
    if (code === CLOSE.goneAway) {
      close();
      options.onEnded();
      return;
    }
    // Told off for flooding: come back late, or it happens again.
    if (code === CLOSE.tooManyMessages) attempt = Math.max(attempt, 3);
    const delay = retryDelay(attempt, Math.random());
    attempt += 1;
    options.onDisconnected(Date.now() + delay);
    retryTimer = setTimeout(connect, delay);
  }

  const watchdog = setInterval(() => {
    if (!socket) return;
    const limit = socket.readyState === WebSocket.OPEN ? HEARTBEAT_TIMEOUT_MS : OPEN_TIMEOUT_MS;
    if (Date.now() - lastHeard < limit) return;
    // A dead network never confirms the close, so we do not wait for it.
    const dead = socket;
    lost(CLOSE.heartbeatLost);
    dead.close(CLOSE.heartbeatLost);
  }, 1_000);

  function send(message: ClientMessage): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function retryNow(): void {
    if (!closed && !socket) connect();
  }

  function close(): void {
    closed = true;
    clearInterval(watchdog);
    clearTimeout(retryTimer);
    window.removeEventListener("online", retryNow);
    const old = socket;
    socket = null;
    old?.close(1000);
  }

  window.addEventListener("online", retryNow);
  connect();
  return { send, retryNow, close };
}

function parse(data: unknown): ServerMessage | null {
  try {
    const checked = ServerMessage.safeParse(JSON.parse(String(data)));
    if (checked.success) return checked.data;
    // A newer server may say things that this page doesn't know: skip them, keep the connection.
    console.warn("whoot: the gateway said something unknown", checked.error.issues);
  } catch {
    console.warn("whoot: the gateway said something that is no JSON");
  }
  return null;
}
