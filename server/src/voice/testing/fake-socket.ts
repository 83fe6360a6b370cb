import { EventEmitter } from "node:events";
import { ServerMessage, type ClientMessage } from "#contract/gateway.ts";
import type { VoiceSocket } from "../ports.ts";

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** A socket without a network, for tests that depend on time or on the order within one tick. */
export function fakeSocket() {
  const events = new EventEmitter();
  const received: ServerMessage[] = [];
  const state = { bufferedAmount: 0, closed: null as { code: number; reason: string } | null, terminated: false };

  const socket: VoiceSocket = {
    get bufferedAmount() {
      return state.bufferedAmount;
    },
    send: (text) => void received.push(ServerMessage.parse(JSON.parse(text))),
    close: (code, reason) => void (state.closed = { code, reason }),
    terminate: () => void (state.terminated = true),
    on: (event: string, listener: (...args: never[]) => void) => events.on(event, (...args) => listener(...(args as never[]))),
  };

  return {
    socket,
    state,
    received,
    say: (message: ClientMessage) => events.emit("message", Buffer.from(JSON.stringify(message)), false),
    sayRaw: (text: string | Buffer, isBinary = false) => events.emit("message", Buffer.from(text), isBinary),
    /** The network or the client ended the connection. */
    drop: () => events.emit("close"),
    types: () => received.map(({ type }) => type),
    all: <T extends ServerMessage["type"]>(type: T) => received.filter((message): message is Of<T> => message.type === type),
    last<T extends ServerMessage["type"]>(type: T): Of<T> {
      const last = received.findLast((message): message is Of<T> => message.type === type);
      if (!last) throw new Error(`${type} was not received; received: ${received.map((m) => m.type).join(", ")}`);
      return last;
    },
  };
}
