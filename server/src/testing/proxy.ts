/** A proxy between the server and its database that can break connections at chosen moments. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy {
  /** The database's URL through this proxy. */
  url: string;
  /** Cuts the server's side of connections that are committing. The database's side stays: it has the whole commit, but its answer is lost. */
  cutCommits(): void;
  /** Silences the connections that check themselves with echoes, without closing any, like a firewall that has dropped them. */
  silence(): void;
  close(): Promise<void>;
}

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl);
  const committing = new Set<Socket>();
  const sockets = new Set<Socket>();
  const listening = new Set<Socket>();
  const silent = new Set<Socket>();
  // Half-open: a silenced connection doesn't answer a close either.
  const listener = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}); // broken on purpose
      socket.on("close", () => sockets.delete(socket));
    }
    near.on("data", (bytes) => {
      if (bytes.includes("commit\0")) committing.add(near);
      if (/listen "?(whoot_changes|echo_)/i.test(bytes.toString("latin1"))) for (const end of [near, far]) listening.add(end);
      if (!silent.has(near)) far.write(bytes);
    });
    far.on("data", (bytes) => {
      committing.delete(near);
      if (!near.destroyed && !silent.has(far)) near.write(bytes);
    });
    near.on("end", () => {
      if (!silent.has(near)) near.end();
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
    silence() {
      for (const socket of listening) silent.add(socket);
    },
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, "close");
    },
  };
}
