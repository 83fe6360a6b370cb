import { WebSocket } from "ws";
import { ServerMessage, type ClientMessage } from "#contract/gateway.ts";

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

export type GatewayClient = ReturnType<typeof connectClient>;

/** How long a message may take before the test fails; a working server needs milliseconds. */
const DEADLINE_MS = 5_000;

/**
 * A client of the gateway over a real socket. Checks every message that it gets against the contract, answers
 * heartbeats, and keeps all that it heard.
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

  function until<T>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        waiters.delete(check);
        clearTimeout(deadline);
        settle();
      };
      const check = () => {
        if (fault) return finish(() => reject(fault));
        const found = look();
        if (found !== undefined) finish(() => resolve(found));
      };
      const deadline = setTimeout(() => {
        const heard = received.map(({ type }) => type).join(", ");
        finish(() => reject(new Error(`${what} did not come; heard: ${heard}; closed: ${closed}`)));
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
    /** The next message of this type (and kind) that was not waited for yet; earlier ones of other types are kept. */
    async next<T extends ServerMessage["type"]>(type: T, matches: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
      const index = await until(type, () => {
        const at = received.findIndex((message, i) => i >= unread && message.type === type && matches(message as Of<T>));
        return at < 0 ? undefined : at;
      });
      return received[index] as Of<T>;
    },
    /** Like `next`, and everything up to it counts as heard. */
    async consume<T extends ServerMessage["type"]>(type: T, matches: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
      const found = await this.next(type, matches);
      unread = received.indexOf(found) + 1;
      return found;
    },
    /** Whatever the server had to say to what was sent until now has been heard after this. */
    async settled(): Promise<void> {
      const before = received.length;
      const nowhere = "00000000-0000-4000-8000-000000000000";
      send({ type: "leave", channelId: nowhere });
      await until("the answer to a question", () =>
        received.slice(before).find((message) => message.type === "error" && message.error === "unknown_channel"),
      );
    },
    closed: () => until("the close", () => closed ?? undefined),
    all: <T extends ServerMessage["type"]>(type: T) => received.filter((message): message is Of<T> => message.type === type),
    stopAnsweringHeartbeats: () => void (answersHeartbeats = false),
    /** Hears nothing more and says nothing, as with the network cable pulled; the socket stays open. */
    freeze: () => socket.pause(),
    close: () => socket.close(),
    /** No close frame: the process died. */
    kill: () => socket.terminate(),
  };
}
