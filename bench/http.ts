/** An HTTP client for benches: it keeps connections and does little work, so that the server is measured and not the client. */
import { Agent, request } from "node:http";

export interface Answer {
  status: number;
  text: string;
}

export interface Http {
  /** The whole answer of `/api/v1{path}`, whatever its status. */
  ask(method: string, path: string, cookie: string | null, body?: unknown): Promise<Answer>;
  close(): void;
}

export function makeHttp(url: string): Http {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  return {
    ask(method, path, cookie, body) {
      const text = body === undefined ? null : JSON.stringify(body);
      const headers = {
        ...(cookie === null ? {} : { cookie }),
        ...(text === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
      };
      return new Promise((resolve, reject) => {
        const outgoing = request(`${url}/api/v1${path}`, { agent, method, headers }, (response) => {
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
          response.on("error", reject);
        });
        outgoing.on("error", reject);
        outgoing.end(text ?? undefined);
      });
    },
    close: () => agent.destroy(),
  };
}
