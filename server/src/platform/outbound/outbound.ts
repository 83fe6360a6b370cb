/**
 * Requests to servers that people of a workspace name: metadata and keys of identity providers. Each name is resolved here, the addresses
 * are checked, and the connection goes to a checked address, so a second DNS answer cannot lead elsewhere (DNS rebinding).
 */
import { lookup } from "node:dns/promises";
import { Agent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Logger } from "pino";
import { hostKey, mayConnect, type OutboundAllow } from "./addresses.ts";
import { resolveAddresses } from "./dns.ts";

export const MAX_ANSWER_BYTES = 256 * 1024;
/** Time limit of DNS, connection, TLS and the whole answer together. */
const OUTBOUND_MS = 5_000;

/** One sentence for every failure, because different sentences would let people scan ports. */
const MESSAGE =
  "whoot couldn't read that address. It must answer over https with a valid certificate, from a public address, within 5 seconds, without a redirect and with at most 256 KiB. " +
  "For a server inside your network, ask whoever runs whoot to list it (WHOOT_OUTBOUND_ALLOW).";

export class OutboundError extends Error {
  override readonly name = "OutboundError";
  constructor() {
    super(MESSAGE);
  }
}

export interface OutboundSettings {
  allow: OutboundAllow;
  /** "address" or "address:port" of each DNS server to ask; null: the system's. */
  dnsServers: readonly string[] | null;
  /** The port of the domains' name servers: 53 except in tests. */
  dnsPort: number;
}

export interface Fetcher {
  /**
   * Like the global `fetch`, and suits openid-client's `customFetch`. The answer has been received in full.
   * @throws OutboundError for every failure; its cause is in the log alone
   */
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

/** Keeps its connections open between requests, one for each host. */
export interface OutboundClient extends Fetcher {
  /** Closes its connections. */
  close(): void;
}

export interface Outbound extends Fetcher {
  /** Opens a client that shares neither connections nor TLS sessions with any other one. The caller closes it. */
  openClient(): OutboundClient;
}

/** @returns the addresses of the host that whoot may connect to */
async function findAddresses({ allow, dnsServers }: OutboundSettings, host: string): Promise<string[]> {
  if (isIP(host)) return mayConnect(allow, host) ? [host] : [];
  // The operator vouches for a listed name, whatever it resolves to, and may have it in /etc/hosts. Other names must not reach `lookup`,
  // which blocks one of libuv's few threads until the name servers answer.
  if (allow.hosts.has(hostKey(host)) && dnsServers === null)
    return (await lookup(host, { all: true })).map(({ address }) => address);
  const found = await resolveAddresses(dnsServers, OUTBOUND_MS, host);
  return allow.hosts.has(hostKey(host)) ? found : found.filter((address) => mayConnect(allow, address));
}

/** Resolves to the addresses that were checked, whatever the name resolves to by now. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, options, callback) => {
    const [first] = found;
    if (options.all) callback(null, found);
    else if (first) callback(null, first.address, first.family);
  };
}

interface Exchange {
  url: URL;
  /** Null: each request gets a connection of its own. */
  agent: Agent | null;
  addresses: readonly string[];
  method: string;
  headers: Headers;
  body: Buffer;
  signal: AbortSignal;
}

interface Answer {
  status: number;
  fields: Array<[name: string, value: string]>;
  body: Buffer;
}

/** The server closed the connection while it was not in use. */
class StaleConnection extends Error {}

/** @throws StaleConnection, for a connection that earlier requests used */
function attemptExchange({ url, agent, addresses, method, headers, body, signal }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      method,
      // No decompression: a small answer could become a huge one.
      headers: { ...Object.fromEntries(headers), "accept-encoding": "identity", "content-length": body.length },
      agent: agent ?? false,
      lookup: lookupOf(addresses),
      // Overrides NODE_TLS_REJECT_UNAUTHORIZED.
      rejectUnauthorized: true,
      signal,
    });
    request.on("error", (error: NodeJS.ErrnoException) =>
      reject(request.reusedSocket && error.code === "ECONNRESET" ? new StaleConnection(error.message) : error),
    );
    // Without this listener, Node closes the connection and the promise never settles.
    request.on("upgrade", (_answer, socket) => {
      socket.destroy();
      reject(new Error("the server switched protocols"));
    });
    request.on("response", (answer) => {
      const fail = (reason: string) => {
        reject(new Error(reason));
        request.destroy();
      };
      const status = answer.statusCode ?? 0;
      if (status >= 300 && status < 400) return fail(`a redirect (${status})`);
      const encoding = answer.headers["content-encoding"];
      if (encoding !== undefined && encoding !== "identity") return fail(`compressed (${encoding})`);
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) fail("the answer is too long");
        else chunks.push(chunk);
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const fields = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        );
        resolve({ status, fields, body: Buffer.concat(chunks) });
      });
    });
    request.end(body);
  });
}

async function exchange(request: Exchange): Promise<Answer> {
  try {
    return await attemptExchange(request);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return attemptExchange({ ...request, agent: null });
  }
}

/** Resolves as `work` does. @throws the signal's reason as soon as it is aborted */
function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

/** What one client keeps between its requests. */
interface ClientState {
  agent: Agent;
  /** Checked addresses by host. When a connection is lost, the next one goes to the same addresses. */
  addresses: Map<string, Promise<string[]>>;
}

export function makeOutbound(settings: OutboundSettings, log: Pick<Logger, "info">): Outbound {
  function addressesOf(host: string, client: ClientState | null): Promise<string[]> {
    const found = client?.addresses.get(host) ?? findAddresses(settings, host);
    client?.addresses.set(host, found);
    return found;
  }

  async function attempt(address: string, init: RequestInit, client: ClientState | null): Promise<Response> {
    const signal = AbortSignal.any([AbortSignal.timeout(OUTBOUND_MS), ...(init.signal ? [init.signal] : [])]);
    const url = new URL(address);
    if (url.protocol !== "https:") throw new Error("not https");
    if (url.username !== "" || url.password !== "") throw new Error("a password in the URL");
    const request = new Request(url, { ...init, signal });
    const { method, headers } = request;
    const body = Buffer.from(await request.arrayBuffer());
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const addresses = await untilAborted(addressesOf(host, client), signal);
    if (addresses.length === 0) throw new Error("no address that whoot may contact");
    const answer = await exchange({ url, agent: client?.agent ?? null, addresses, method, headers, body, signal });
    const hasBody = answer.status !== 204 && answer.status !== 205;
    return new Response(hasBody ? new Uint8Array(answer.body) : null, { status: answer.status, headers: answer.fields });
  }
  async function guarded(url: string, init: RequestInit, client: ClientState | null): Promise<Response> {
    try {
      return await attempt(url, init, client);
    } catch (error) {
      // The host alone: a path or a query may hold a secret.
      const host = URL.canParse(url) ? new URL(url).host : "(no URL)";
      log.info({ host, reason: (error as Error).message }, "an outgoing request failed");
      throw new OutboundError();
    }
  }

  return {
    fetch: (url, init = {}) => guarded(url, init, null),
    openClient() {
      const client: ClientState = { agent: new Agent({ keepAlive: true, maxSockets: 1 }), addresses: new Map() };
      return {
        fetch: (url, init = {}) => guarded(url, init, client),
        close: () => client.agent.destroy(),
      };
    },
  };
}
