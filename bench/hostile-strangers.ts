/** People of the hostile bench who belong only to workspaces of their own. */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Http, makeHttp } from "./http.ts";
import { type Member, PASSWORD, type Workspace } from "./workspace.ts";

export interface Stranger extends Member {
  email: string;
  http: Http;
  /** Slug of their own workspace. */
  slug: string;
  /** Sends a request and returns its JSON. @throws Error unless it succeeds */
  api<Answer>(method: string, path: string, body?: unknown): Promise<Answer>;
}

export interface Sent {
  status: number;
  cookie: string;
  text: string;
}

const agents = new Map<string, Agent>();

function agentOf(from: string): Agent {
  const agent = agents.get(from) ?? new Agent({ keepAlive: true, maxSockets: 256 });
  agents.set(from, agent);
  return agent;
}

/** One request. @param options `from`: an address of this machine; `alone`: on a connection of its own */
export function send(
  url: string,
  method: string,
  path: string,
  {
    body = null,
    headers = {},
    from = "127.0.0.1",
    alone = false,
  }: { body?: string | Buffer | null; headers?: Record<string, string>; from?: string; alone?: boolean } = {},
): Promise<Sent> {
  const length = body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const address = new URL(url);
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: address.port,
      path: `/api/v1${path}`,
      agent: alone ? false : agentOf(from),
      localAddress: from,
      method,
      headers: { ...length, ...headers },
    };
    const outgoing = request(options, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const cookie = (response.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
        resolve({ status: response.statusCode ?? 0, cookie, text: Buffer.concat(parts).toString() });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body ?? undefined);
  });
}

async function tokenMailedTo({ url }: Workspace, email: string): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { items } = JSON.parse((await send(url, "GET", "/outbox")).text) as {
      items: Array<{ to: string; link: string | null }>;
    };
    const link = items.find((mail) => mail.to === email)?.link;
    if (link) return new URL(link).hash.slice(1);
    await sleep(50);
  }
  throw new Error(`no mail arrived for ${email}`);
}

/** Signs up and creates a workspace. */
export async function signUpStranger(bench: Workspace, name: string, from = "127.0.0.1"): Promise<Stranger> {
  const email = `${name}@example.com`;
  await send(bench.url, "POST", "/accounts", { body: JSON.stringify({ email, name, password: PASSWORD }), from });
  const token = await tokenMailedTo(bench, email);
  const { cookie } = await send(bench.url, "POST", "/accounts/verification", {
    body: JSON.stringify({ token, password: PASSWORD }),
    from,
  });
  const http = makeHttp(bench.url);
  async function api<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const { status, text } = await http.ask(method, path, cookie, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  }
  await api("POST", "/tenants", { name, slug: name });
  return { name, email, cookie, http, slug: name, api };
}
