/**
 * Requests one URL over kept connections for some seconds, in a process of its own (fork this file, send it a `Load`, get a `LoadResult`).
 * Each connection is a bare socket that sends the next request after each answer: on two cores the client must cost little next to the server.
 */
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

export interface Load {
  url: string;
  /** The Cookie header of each connection. */
  cookies: readonly string[];
  seconds: number;
  /** Bytes of every answer's body; any other length is an error. */
  bytes: number;
}

export interface LoadResult {
  answersPerSecond: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/** Length of head and body in bytes; null while the head is incomplete. @throws Error for any other answer */
function lengthOf(answer: Buffer, bytes: number): number | null {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = answer.toString("latin1", 0, headEnd + 2);
  const ok = head.startsWith("HTTP/1.1 200 ") && head.toLowerCase().includes(`\r\ncontent-length: ${bytes}\r\n`);
  if (!ok) throw new Error(`not the expected answer:\n${head}`);
  return headEnd + HEAD_END.length + bytes;
}

/** @returns the number of answers on this connection */
function ask({ url, bytes }: Load, cookie: string, until: number): Promise<number> {
  const { hostname, port, host, pathname } = new URL(url);
  const request = `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncookie: ${cookie}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    let answers = 0;
    let received: Buffer = Buffer.alloc(0);
    let missing: number | null = null;
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => socket.write(request));
    socket.on("error", reject);
    socket.on("close", () => resolve(answers));
    socket.on("data", (part: Buffer) => {
      if (missing === null) {
        received = received.length === 0 ? part : Buffer.concat([received, part]);
        try {
          const length = lengthOf(received, bytes);
          if (length === null) return;
          missing = length - received.length;
        } catch (error) {
          socket.destroy(error as Error);
          return;
        }
      } else missing -= part.length;
      if (missing > 0) return;
      answers += 1;
      missing = null;
      received = Buffer.alloc(0);
      if (performance.now() < until) socket.write(request);
      else socket.end();
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once("message", (load: Load) => {
    const start = performance.now();
    const asking = load.cookies.map((cookie) => ask(load, cookie, start + load.seconds * 1_000));
    void Promise.all(asking).then((answers) => {
      const all = answers.reduce((sum, count) => sum + count, 0);
      const result: LoadResult = { answersPerSecond: all / ((performance.now() - start) / 1_000) };
      process.send?.(result);
      process.disconnect?.();
    });
  });
}
