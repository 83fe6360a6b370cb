/** Stands between the server and its database, and can cut the wire where it hurts. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy {
  /** The database's address, through here. */
  url: string;
  /** Of connections in the midst of a commit the server's end is cut; the database's stays: it has heard all, and nobody hears it. */
  cutCommits(): void;
  close(): Promise<void>;
}

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl);
  const committing = new Set<Socket>();
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}); // cut on purpose
      socket.on("close", () => sockets.delete(socket));
    }
    near.on("data", (bytes) => {
      if (bytes.includes("commit\0")) committing.add(near);
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      committing.delete(near);
      if (!near.destroyed) near.write(bytes);
    });
    near.on("close", () => {
      if (!committing.has(near)) far.end();
    });
    far.on("close", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    cutCommits() {
      for (const socket of committing) socket.destroy();
    },
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, "close");
    },
  };
}
