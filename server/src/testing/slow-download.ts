/** Somebody who takes a download slowly: for what happens to it meanwhile. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "vitest";
import type { Person } from "./people.ts";
import type { TestServer } from "./server.ts";

export interface SlowDownload {
  /** Takes the rest. */
  goOn(): Promise<"whole" | "broken off">;
  leave(): void;
}

/** Takes the beginning, and then nothing until it goes on. */
export async function beginDownload(server: TestServer, person: Person, path: string): Promise<SlowDownload> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}); // broken off
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncookie: ${person.cookieHeader()}\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  socket.pause();
  const headEnd = first.indexOf("\r\n\r\n") + 4;
  const head = first.toString("latin1", 0, headEnd);
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
      // Without a length: the last chunk (RFC 9112 §7.1).
      const isWhole = length === undefined ? end === "0\r\n\r\n" : received === Number(length);
      return isWhole ? "whole" : "broken off";
    },
    leave: () => socket.destroy(),
  };
}
