import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { Media } from "#contract/media.ts";
import type { Subject } from "../ports.ts";
import { startVoice } from "../voice.ts";
import { connectClient, type GatewayClient } from "./gateway-client.ts";
import { memoryAccess, memoryStore } from "./memory-ports.ts";

/** The voice core behind real sockets, with people and recordings in memory. No gate 1: `connect` says who connects. */
export async function startGateway(media: Media) {
  const world = memoryAccess();
  const kept = memoryStore();
  const faults: string[] = [];
  const voice = startVoice({
    media,
    access: world.access,
    store: kept.store,
    log: (level, message, details) => void (level === "error" && faults.push(`${message} ${String(details?.["err"])}`)),
    now: () => new Date(),
  });
  const subjects = new Map<string, Subject>();
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", maxPayload: 128 * 1024, perMessageDeflate: false });
  server.on("connection", (socket, request) => {
    const subject = subjects.get(request.url?.slice(1) ?? "");
    if (subject) voice.connect(socket, subject);
    else socket.close();
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const clients: GatewayClient[] = [];

  return {
    world,
    kept,
    voice,
    /** Messages logged as errors. */
    faults,
    /** Connects without waiting for the welcome. */
    connect(subject: Subject): GatewayClient {
      subjects.set(subject.sessionId, subject);
      const client = connectClient(`ws://127.0.0.1:${port}/${subject.sessionId}`);
      clients.push(client);
      return client;
    },
    async close() {
      await voice.close();
      for (const client of clients) client.kill();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
