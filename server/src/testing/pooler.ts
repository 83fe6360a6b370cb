/**
 * A transaction pooler, like PgBouncer with `pool_mode = transaction`: each client keeps its connection to the pooler, and gets a connection to
 * PostgreSQL for one transaction at a time.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

interface ServerConnection {
  socket: Socket;
  client: Socket | null;
  /** The beginning of a message that has not arrived completely. */
  rest: Buffer;
}

const READY_FOR_QUERY = 0x5a;
const IDLE = 0x49;

/** @param give which idle connection a client gets: the most or the least recently used one */
export async function startPooler(
  databaseUrl: string,
  give: "newest" | "oldest",
): Promise<{ url: string; close(): Promise<void> }> {
  const target = new URL(databaseUrl);
  const idle: ServerConnection[] = [];
  const sockets = new Set<Socket>();
  const waiting: Array<() => void> = [];

  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };

  /** After a ReadyForQuery outside a transaction, any client may use the connection. */
  function pass(server: ServerConnection, bytes: Buffer): void {
    server.client?.write(bytes);
    server.rest = Buffer.concat([server.rest, bytes]);
    for (;;) {
      const { rest } = server;
      const length = rest.length < 5 ? Infinity : 1 + rest.readInt32BE(1);
      if (rest.length < length) return;
      server.rest = rest.subarray(length);
      if (rest[0] !== READY_FOR_QUERY || rest[5] !== IDLE) continue;
      server.client = null;
      idle.push(server);
      waiting.shift()?.();
    }
  }

  const listener = createServer((client) => {
    keep(client);
    // Each client logs in on a new connection, which then joins the idle ones.
    const socket = connect(Number(target.port), target.hostname);
    keep(socket);
    const own: ServerConnection = { socket, client, rest: Buffer.alloc(0) };
    let server: ServerConnection | null = own;
    socket.on("data", (bytes: Buffer) => pass(own, bytes));
    function take(bytes: Buffer): void {
      if (server?.client !== client) server = (give === "newest" ? idle.pop() : idle.shift()) ?? null;
      if (!server) return void waiting.push(() => take(bytes));
      server.client = client;
      server.socket.write(bytes);
    }
    client.on("data", (bytes: Buffer) => {
      if (bytes[0] !== 0x58) take(bytes); // Terminate ends only the client
    });
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, "close");
    },
  };
}
