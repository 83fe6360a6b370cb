import { WebSocket } from "ws";
import { ServerMessage, type ClientMessage } from "#contract/gateway.ts";

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

export type GatewayClient = ReturnType<typeof connectClient>;

/** The test fails when a message takes longer than this; a working server needs milliseconds. */
const DEADLINE_MS = 120_000;

/**
 * A client of the gateway over a real socket. Checks every message against the contract, answers heartbeats, and keeps all
 * messages that it received.
 */
export function connectClient(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url, { headers });
  const received: ServerMessage[] = [];
  const waiters = new Set<() => void>();
  const listeners: ((message: ServerMessage) => void)[] = [];
  let unread = 0;
  let closed: number | null = null;
  let answersHeartbeats = true;
  let fault: unknown = null;

  function wake(): void {
    for (const waiter of waiters) waiter();
  }

  socket.on("message", (data) => {
    try {
      const message = ServerMessage.parse(JSON.parse(String(data)));
      received.push(message);
      for (const listener of listeners) listener(message);
      if (message.type === "heartbeat" && answersHeartbeats) send(message);
    } catch (error) {
      fault = error;
    }
    wake();
  });
  socket.on("close", (code) => {
    closed = code;
    wake();
  });
  socket.on("error", () => {});

  function send(message: ClientMessage): void {
    socket.send(JSON.stringify(message));
  }

  function until<T>(description: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        waiters.delete(check);
        clearTimeout(deadline);
        settle();
      };
      const check = () => {
        if (fault) return finish(() => reject(fault));
        const value = look();
        if (value !== undefined) finish(() => resolve(value));
      };
      const deadline = setTimeout(() => {
        const types = received.map(({ type }) => type).join(", ");
        finish(() => reject(new Error(`${description} did not arrive; received: ${types}; close code: ${closed}`)));
      }, DEADLINE_MS);
      waiters.add(check);
      check();
    });
  }

  return {
    received,
    send,
    onMessage: (listener: (message: ServerMessage) => void) => void listeners.push(listener),
    sendRaw: (data: string | Buffer) => socket.send(data),
    opened: () => new Promise<void>((resolve) => (socket.readyState === 1 ? resolve() : socket.once("open", resolve))),
    /** The first matching message after the last consumed one; waits for it if needed. Does not consume it. */
    async next<T extends ServerMessage["type"]>(type: T, matches: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
      const index = await until(type, () => {
        const match = received.findIndex((message, i) => i >= unread && message.type === type && matches(message as Of<T>));
        return match < 0 ? undefined : match;
      });
      return received[index] as Of<T>;
    },
    /** Like `next`, and consumes the message and everything before it. */
    async consume<T extends ServerMessage["type"]>(type: T, matches: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
      const message = await this.next(type, matches);
      unread = received.indexOf(message) + 1;
      return message;
    },
    /** Waits until the server has answered everything sent so far: sends a message with a known answer and waits for it. */
    async settled(): Promise<void> {
      const before = received.length;
      const unknownChannelId = "00000000-0000-4000-8000-000000000000";
      send({ type: "leave", channelId: unknownChannelId });
      await until("the unknown_channel error", () =>
        received.slice(before).find((message) => message.type === "error" && message.error === "unknown_channel"),
      );
    },
    closed: () => until("the close code", () => closed ?? undefined),
    all: <T extends ServerMessage["type"]>(type: T) => received.filter((message): message is Of<T> => message.type === type),
    stopAnsweringHeartbeats: () => void (answersHeartbeats = false),
    /** Stops reading, as with the network cable pulled; the socket stays open. */
    freeze: () => socket.pause(),
    close: () => socket.close(),
    /** No close frame: the process died. */
    kill: () => socket.terminate(),
  };
}
