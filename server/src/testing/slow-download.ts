/** A client that reads a download slowly, so that a test can change something meanwhile. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { Person } from "./people.ts";
import type { TestServer } from "./server.ts";

export interface SlowDownload {
  /** Reads the rest. */
  goOn(): Promise<"whole" | "broken off">;
  leave(): void;
}

/** Reads the beginning, and then nothing until `goOn`. Asks again while the server is busy with other requests. */
export async function beginDownload(server: TestServer, person: Person, path: string): Promise<SlowDownload> {
  for (;;) {
    const download = await tryDownload(server, person, path);
    if (download) return download;
    await pause(500);
  }
}

async function tryDownload(server: TestServer, person: Person, path: string): Promise<SlowDownload | null> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}); // the server may break the download off
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncookie: ${person.cookieHeader()}\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  socket.pause();
  const headEnd = first.indexOf("\r\n\r\n") + 4;
  const head = first.toString("latin1", 0, headEnd);
  if (/^HTTP\/1.1 503/.test(head)) {
    socket.destroy();
    return null;
  }
  expect(head).toMatch(/^HTTP\/1.1 200/);
  const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
  let received = first.length - headEnd;
  let end = first.toString("latin1", headEnd);
  return {
    async goOn() {
      const closed = once(socket, "close");
      socket.on("data", (bytes: Buffer) => {
        received += bytes.length;
        end = (end + bytes.toString("latin1")).slice(-5);
      });
      socket.resume();
      await closed;
      // Without a Content-Length, the last chunk marks the end (RFC 9112 §7.1).
      const isWhole = length === undefined ? end === "0\r\n\r\n" : received === Number(length);
      return isWhole ? "whole" : "broken off";
    },
    leave: () => socket.destroy(),
  };
}
