/** A plain HTTP client: it sends what the test says, keeps cookies, and adds nothing else that a browser would. */
import { request as httpRequest } from "node:http";
import type { Problem } from "#contract/errors.ts";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  text: string;
  /** The parsed JSON body; undefined for other content types. */
  json: any;
  /** The code of a problem document. */
  code: Problem["code"] | undefined;
}

export interface SendOptions {
  /** Sent as JSON, unless it is a string or a Buffer. */
  body?: unknown;
  headers?: Record<string, string | undefined>;
}

export interface HttpClient {
  url: string;
  cookies: Map<string, string>;
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  patch(path: string, body?: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  cookieHeader(): string;
}

export function httpClient(url: string): HttpClient {
  const cookies = new Map<string, string>();
  const cookieHeader = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");

  function keep(setCookies: string[] | undefined): void {
    for (const line of setCookies ?? []) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split("=");
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
  }

  function send(method: string, path: string, { body, headers = {} }: SendOptions = {}): Promise<Answer> {
    const raw = typeof body === "string" || Buffer.isBuffer(body);
    const payload = body === undefined ? undefined : raw ? Buffer.from(body as string) : Buffer.from(JSON.stringify(body));
    const all = {
      ...(payload ? { "content-type": "application/json", "content-length": String(payload.length) } : {}),
      ...(cookies.size > 0 ? { cookie: cookieHeader() } : {}),
      ...headers,
    };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    const address = new URL(url);
    return new Promise((done, failed) => {
      // The path is sent as it is: a URL object would normalize an attack.
      const outgoing = httpRequest(
        { host: address.hostname, port: address.port, method, path, headers: given, agent: false },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on("data", (part: Buffer) => parts.push(part));
          incoming.on("error", failed);
          incoming.on("end", () => {
            keep(incoming.headers["set-cookie"]);
            const bytes = Buffer.concat(parts);
            const text = bytes.toString();
            const isJson = /json/.test(incoming.headers["content-type"] ?? "");
            const json = isJson && text !== "" ? JSON.parse(text) : undefined;
            done({ status: incoming.statusCode ?? 0, headers: incoming.headers, bytes, text, json, code: json?.code });
          });
        },
      );
      outgoing.on("upgrade", (incoming, socket) => {
        socket.destroy();
        const { statusCode = 0, headers } = incoming;
        done({ status: statusCode, headers, bytes: Buffer.alloc(0), text: "", json: undefined, code: undefined });
      });
      outgoing.on("error", failed);
      outgoing.end(payload);
    });
  }

  return {
    url,
    cookies,
    send,
    cookieHeader,
    get: (path, headers) => send("GET", path, headers ? { headers } : {}),
    post: (path, body) => send("POST", path, { body }),
    patch: (path, body) => send("PATCH", path, { body }),
    delete: (path) => send("DELETE", path),
  };
}
