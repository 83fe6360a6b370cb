import {
  CLIENT_MESSAGE_BURST,
  CLIENT_MESSAGES_PER_SECOND,
  ClientMessage,
  CLOSE,
  HEARTBEAT_MS,
  HEARTBEAT_TIMEOUT_MS,
  MAX_CLIENT_MESSAGE_BYTES,
  type ServerMessage,
} from "#contract/gateway.ts";
import { ADMISSION_INBOX_BYTES, CLOSE_GRACE_MS, SLOW_CONSUMER_BYTES } from "./limits.ts";
import type { Log, SocketData, VoiceSocket } from "./ports.ts";
import { makeTokenBucket } from "./token-bucket.ts";

type GatewayError = Extract<ServerMessage, { type: "error" }>["error"];

/** One socket: framing, validation, rate limit, heartbeat, back pressure. Knows nothing of channels or talk. */
export interface Connection {
  /** Harmless after the end. Never ends the connection in the same tick, so it is safe while a change is being applied. */
  send(message: ServerMessage): void;
  /** Like `send`, for a message that was serialized once for many connections. */
  sendText(text: string): void;
  error(error: GatewayError, message: string): void;
  /** Starts the heartbeat and passes every message to `handle`, beginning with those that already waited. */
  open(handle: (message: ClientMessage) => void): void;
  /** Ends the connection at once, without waiting for the client. Harmless when repeated. */
  close(code: number, reason: string): void;
  readonly ended: boolean;
}

/**
 * `onEnd` is called exactly once, however the connection ends: closed by either side, heartbeat lost, too many messages, too
 * slow a reader. `close` calls it before it returns.
 */
export function makeConnection(socket: VoiceSocket, log: Log, onEnd: () => void): Connection {
  const budget = makeTokenBucket(CLIENT_MESSAGES_PER_SECOND, CLIENT_MESSAGE_BURST);
  let ended = false;
  let tooSlow = false;
  let handle: ((message: ClientMessage) => void) | null = null;
  let inbox: ClientMessage[] = [];
  let inboxBytes = 0;
  let heartbeat: NodeJS.Timeout | undefined;
  let silence: NodeJS.Timeout | undefined;
  let grace: NodeJS.Timeout | undefined;

  const connection: Connection = {
    send: (message) => connection.sendText(JSON.stringify(message)),
    sendText(text) {
      if (ended || tooSlow) return;
      if (socket.bufferedAmount > SLOW_CONSUMER_BYTES) {
        log("warn", "gateway client reads too slowly", { bufferedBytes: socket.bufferedAmount });
        tooSlow = true;
        socket.terminate();
        // In a later tick, because the caller may be broadcasting or changing this very session.
        setImmediate(end);
        return;
      }
      socket.send(text);
    },
    error: (error, message) => connection.send({ type: "error", error, message }),
    open(handler) {
      if (ended) return;
      heartbeat = setInterval(() => connection.send({ type: "heartbeat" }), HEARTBEAT_MS);
      silence = setTimeout(() => connection.close(CLOSE.heartbeatLost, "heartbeat lost"), HEARTBEAT_TIMEOUT_MS);
      handle = handler;
      const waiting = inbox;
      inbox = [];
      for (const message of waiting) deliver(message);
    },
    close(code, reason) {
      if (ended) return;
      socket.close(code, reason);
      grace = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
      end();
    },
    get ended() {
      return ended;
    },
  };

  function end(): void {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    clearTimeout(silence);
    inbox = [];
    onEnd();
  }

  function receive(data: SocketData, isBinary: boolean): void {
    if (ended) return;
    silence?.refresh();
    if (!budget.take()) {
      connection.error("too_many_messages", "Too many messages. The connection is closed.");
      return connection.close(CLOSE.tooManyMessages, "too many messages");
    }
    const bytes = byteLength(data);
    if (bytes > MAX_CLIENT_MESSAGE_BYTES) {
      return connection.error("too_large", `A message may have at most ${MAX_CLIENT_MESSAGE_BYTES} bytes.`);
    }
    const message = isBinary ? null : parse(data);
    if (message === null) return connection.error("malformed", "This message does not match the gateway's contract.");
    if (handle) return deliver(message);
    inboxBytes += bytes;
    if (inboxBytes > ADMISSION_INBOX_BYTES) return connection.close(CLOSE.tooManyMessages, "too many messages");
    inbox.push(message);
  }

  function deliver(message: ClientMessage): void {
    if (ended || message.type === "heartbeat") return;
    if (message.type === "ping") return connection.send({ type: "pong" });
    try {
      handle?.(message);
    } catch (error) {
      // A bug here must end this one connection, not the process with all of them.
      log("error", "gateway message failed", { type: message.type, err: error });
      connection.close(1011, "internal error");
    }
  }

  socket.on("message", receive);
  socket.on("close", () => {
    clearTimeout(grace);
    end();
  });
  // `close` follows. Without a listener the error would end the process.
  socket.on("error", (error) => log("debug", "gateway socket error", { err: error }));
  return connection;
}

function byteLength(data: SocketData): number {
  return Array.isArray(data) ? data.reduce((sum, part) => sum + part.byteLength, 0) : data.byteLength;
}

function parse(data: SocketData): ClientMessage | null {
  try {
    return ClientMessage.safeParse(JSON.parse(toText(data))).data ?? null;
  } catch {
    return null;
  }
}

function toText(data: SocketData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString("utf8");
}
