import { createServer, type Server } from "node:https";
import { createServer as createPlainServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { gzipSync } from "node:zlib";
import tls from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readAllowList } from "./allow-list.ts";
import { makeOutbound, MAX_ANSWER_BYTES, type OutboundError } from "./outbound.ts";
import { TEST_AUTHORITY, TEST_CERTIFICATE, TEST_CERTIFICATE_KEY, TEST_EXPIRED_CERTIFICATE } from "./testing/certificates.ts";
import { startDns, type TestDns } from "./testing/dns-server.ts";

const identity = { key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE };
/** Answers the test's DNS queries; each test sets it. */
let answer: (name: string, type: "A" | "AAAA") => string[] | null = () => [];
let dns: TestDns;
let server: Server;
let port = 0;
/** Requests that reached the server, with the address that they came in on. */
let seen: string[] = [];
let logged: unknown[] = [];
const used = new WeakSet<object>();
/** For each TLS connection, whether it resumed the session of an earlier one. */
let resumed: boolean[] = [];
const authorities = tls.getCACertificates("default");
const opened: Array<{ close(): unknown }> = [];

function outbound(allowed: string, options: { dnsServers?: string[] | null } = {}) {
  const allow = allowed === "" ? { hosts: new Set<string>(), networks: [] } : readAllowList(allowed);
  if (typeof allow === "string") throw new Error(allow);
  const log = { info: (details: unknown) => void logged.push(details) };
  return makeOutbound({ allow, dnsServers: [dns.address], dnsPort: 53, ...options }, log as never);
}

async function failure(request: Promise<unknown>): Promise<OutboundError> {
  return request.then(
    () => {
      throw new Error("it was answered");
    },
    (error: unknown) => error as OutboundError,
  );
}

const reason = () => (logged.at(-1) as { reason: string }).reason;

beforeAll(async () => {
  tls.setDefaultCACertificates([...authorities, TEST_AUTHORITY]);
  dns = await startDns((name, type) => answer(name, type));
  server = createServer(identity, (request, reply) => {
    seen.push(`${request.socket.localAddress} ${request.method} ${request.url}`);
    const { pathname } = new URL(request.url ?? "/", "https://idp.example.com");
    switch (pathname) {
      case "/redirect":
        return void reply.writeHead(302, { location: `https://localhost:${port}/ok` }).end();
      case "/huge":
        return void reply.end(Buffer.alloc(MAX_ANSWER_BYTES + 1, "x"));
      case "/full":
        return void reply.end(Buffer.alloc(MAX_ANSWER_BYTES, "x"));
      case "/bomb":
        return void reply.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(10 * MAX_ANSWER_BYTES)));
      case "/slow":
        // One byte every 100 ms: each byte arrives in time, but not the whole answer.
        reply.writeHead(200);
        return void opened.push({
          close: clearInterval.bind(
            null,
            setInterval(() => reply.write("x"), 100),
          ),
        });
      case "/silent":
        return;
      case "/dropped-when-reused":
        if (used.has(request.socket)) return void request.socket.destroy();
        used.add(request.socket);
        return void reply.end("fine");
      case "/cut":
        reply.writeHead(200, { "content-length": 100 });
        return void reply.write("x", () => request.socket.destroy());
      case "/echo": {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        return void request.on("end", () => {
          reply.setHeader("x-got", request.headers["content-type"] ?? "");
          reply.setHeader("set-cookie", ["a=1", "b=2"]);
          reply.writeHead(401).end(Buffer.concat(chunks));
        });
      }
      default:
        return void reply.end("fine");
    }
  });
  server.on("secureConnection", (socket) => void resumed.push(socket.isSessionReused()));
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  ({ port } = server.address() as AddressInfo);
  opened.push(server, dns);
});

afterAll(() => {
  tls.setDefaultCACertificates(authorities);
  server.closeAllConnections();
  for (const { close } of opened.map((thing) => ({ close: () => thing.close() }))) close();
});

beforeEach(() => {
  seen = [];
  logged = [];
  resumed = [];
  answer = () => [];
});

describe("an address that is not public is refused before a connection is made:", () => {
  test.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[fd00::1]",
    "[fe80::1]",
    "10.0.0.1",
    "169.254.169.254",
    "localhost",
  ])("%s", async (host) => {
    answer = (name, type) => (name === "localhost" ? (type === "A" ? ["127.0.0.1"] : ["::1"]) : []);
    await failure(outbound("").fetch(`https://${host}:${port}/ok`));
    expect(reason()).toBe("no address that whoot may contact");
    expect(seen).toEqual([]);
  });

  test("a name that leads to private addresses only", async () => {
    answer = (_name, type) => (type === "A" ? ["127.0.0.1", "10.0.0.1"] : ["fd00::1", "::ffff:127.0.0.1"]);
    await failure(outbound("").fetch(`https://idp.example.com:${port}/ok`));
    expect(dns.queries).toContain("A idp.example.com");
    expect(reason()).toBe("no address that whoot may contact");
    expect(seen).toEqual([]);
  });
});

test("of the addresses of a name, only the allowed ones are contacted", async () => {
  answer = (_name, type) => (type === "A" ? ["127.0.0.1", "127.0.0.2"] : ["::1"]);
  const reply = await outbound("127.0.0.2").fetch(`https://idp.example.com:${port}/ok`);
  expect(await reply.text()).toBe("fine");
  expect(seen).toEqual(["127.0.0.2 GET /ok"]);
});

test("a name that resolves differently the second time is contacted only at the address that was checked", async () => {
  let asked = 0;
  answer = (_name, type) => (type === "AAAA" ? [] : [asked++ === 0 ? "127.0.0.2" : "127.0.0.1"]);
  const guarded = outbound("127.0.0.2");
  expect(await (await guarded.fetch(`https://idp.example.com:${port}/ok`)).text()).toBe("fine");
  expect(asked).toBe(1);
  await failure(guarded.fetch(`https://idp.example.com:${port}/ok`));
  expect(asked).toBe(2);
  expect(reason()).toBe("no address that whoot may contact");
  expect(seen).toEqual(["127.0.0.2 GET /ok"]);
});

test("a listed host is contacted whatever it resolves to, also a name that only this machine knows", async () => {
  answer = (_name, type) => (type === "A" ? ["127.0.0.1"] : []);
  expect((await outbound("idp.example.com").fetch(`https://IDP.example.com:${port}/ok`)).status).toBe(200);
  await failure(outbound("idp.example.com").fetch(`https://other.example.com:${port}/ok`));
  expect((await outbound("localhost", { dnsServers: null }).fetch(`https://localhost:${port}/ok`)).status).toBe(200);
});

test("method and body of a request, and status and every header of the answer, come through unchanged", async () => {
  const body = new URLSearchParams({ grant_type: "authorization_code" });
  const reply = await outbound("127.0.0.1").fetch(`https://127.0.0.1:${port}/echo?x=1`, { method: "POST", body });
  expect(reply.status).toBe(401);
  expect(reply.headers.get("x-got")).toMatch(/^application\/x-www-form-urlencoded/);
  expect(reply.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await reply.text()).toBe("grant_type=authorization_code");
  expect(seen).toEqual(["127.0.0.1 POST /echo?x=1"]);
});

test("an answer of exactly 256 KiB is read", async () => {
  const reply = await outbound("127.0.0.1").fetch(`https://127.0.0.1:${port}/full`);
  expect((await reply.arrayBuffer()).byteLength).toBe(MAX_ANSWER_BYTES);
});

describe("a fetch is refused with the same sentence for:", () => {
  const messages = new Set<string>();
  async function refused(url: string, init?: RequestInit) {
    const error = await failure(outbound("127.0.0.1, closed.example.com").fetch(url, init));
    expect(error.name).toBe("OutboundError");
    expect(error.cause).toBeUndefined();
    messages.add(error.message);
    expect(messages.size).toBe(1);
    return reason();
  }

  test.each([
    ["a redirect, wherever it leads", "/redirect", /^a redirect \(302\)$/],
    ["an answer that is too long", "/huge", /^the answer is too long$/],
    ["a compressed answer", "/bomb", /^compressed \(gzip\)$/],
    ["an answer that breaks off", "/cut", /aborted|socket hang up/],
  ])("%s", async (_what, path, why) => {
    expect(await refused(`https://127.0.0.1:${port}${path}`)).toMatch(why);
    expect(seen).toEqual([`127.0.0.1 GET ${path}`]);
  });

  test.each(["/slow", "/silent"])("an answer that takes longer than 5 seconds in all: %s", async (path) => {
    const begun = performance.now();
    expect(await refused(`https://127.0.0.1:${port}${path}`)).toMatch(/timeout|aborted/i);
    expect(performance.now() - begun).toBeGreaterThan(4_500);
    expect(performance.now() - begun).toBeLessThan(7_000);
  });

  test("name servers that do not answer", async () => {
    answer = () => null;
    const begun = performance.now();
    await refused(`https://idp.example.com:${port}/ok`);
    expect(performance.now() - begun).toBeLessThan(7_000);
  });

  test("a closed port", async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port: free } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(await refused(`https://127.0.0.1:${free}/`)).toMatch(/ECONNREFUSED/);
  });

  test("http, another scheme, no URL, and a URL with a password", async () => {
    const plain = createPlainServer((_request, reply) => reply.end("fine"));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    opened.push(plain);
    const { port: plainPort } = plain.address() as AddressInfo;
    expect(await refused(`http://127.0.0.1:${plainPort}/`)).toBe("not https");
    await refused(`https://127.0.0.1:${plainPort}/`);
    expect(await refused("file:///etc/passwd")).toBe("not https");
    await refused("no URL");
    expect(await refused(`https://ada:secret@127.0.0.1:${port}/ok`)).toBe("a password in the URL");
    expect(JSON.stringify(logged)).not.toContain("secret");
    expect(seen).toEqual([]);
  });

  test("a certificate that no known authority signed, for another name, or that has expired", async () => {
    answer = (_name, type) => (type === "A" ? ["127.0.0.1"] : []);
    tls.setDefaultCACertificates(authorities);
    try {
      expect(await refused(`https://127.0.0.1:${port}/ok`)).toMatch(/certificate/);
    } finally {
      tls.setDefaultCACertificates([...authorities, TEST_AUTHORITY]);
    }
    expect(await refused(`https://idp.example.net:${port}/ok`)).toMatch(/altnames/);
    server.setSecureContext({ ...identity, cert: TEST_EXPIRED_CERTIFICATE });
    try {
      expect(await refused(`https://127.0.0.1:${port}/ok`)).toBe("certificate has expired");
    } finally {
      server.setSecureContext(identity);
    }
    expect(seen).toEqual([]);
  });
});

describe("a client", () => {
  test("uses one connection for a host, and shares neither it nor its TLS session with another client", async () => {
    answer = (_name, type) => (type === "A" ? ["127.0.0.1"] : []);
    const guarded = outbound("127.0.0.1");
    for (const client of [guarded.openClient(), guarded.openClient()]) {
      for (const path of ["/ok", "/echo", "/ok"])
        await client.fetch(`https://idp.example.com:${port}${path}`, path === "/echo" ? { method: "POST", body: "x" } : {});
      client.close();
    }
    expect(seen).toHaveLength(6);
    expect(resumed).toEqual([false, false]);
  });

  test("checks each host that it connects to", async () => {
    answer = (name, type) => (type === "A" ? [name === "inside.example.com" ? "10.0.0.1" : "127.0.0.1"] : []);
    const client = outbound("127.0.0.1").openClient();
    await client.fetch(`https://idp.example.com:${port}/ok`);
    await failure(client.fetch(`https://inside.example.com:${port}/ok`));
    expect(reason()).toBe("no address that whoot may contact");
    await failure(client.fetch(`https://127.0.0.2:${port}/ok`));
    expect(reason()).toBe("no address that whoot may contact");
    client.close();
    expect(resumed).toEqual([false]);
  });

  test("connects again when the server has closed the connection, to an address that was checked", async () => {
    let asked = 0;
    answer = (_name, type) => (type === "AAAA" ? [] : [asked++ === 0 ? "127.0.0.2" : "127.0.0.1"]);
    const client = outbound("127.0.0.2").openClient();
    for (let turn = 0; turn < 2; turn += 1) {
      const reply = await client.fetch(`https://idp.example.com:${port}/dropped-when-reused`);
      expect(await reply.text()).toBe("fine");
    }
    client.close();
    expect(seen.map((line) => line.split(" ")[0])).toEqual(["127.0.0.2", "127.0.0.2", "127.0.0.2"]);
    expect(resumed).toHaveLength(2);
  });
});
