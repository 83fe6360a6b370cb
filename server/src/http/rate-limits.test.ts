/** Which requests count towards rate limits, valid or not. */
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { sendVerificationMail } from "#contract/http/accounts.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { fastifyPath } from "../platform/http/endpoint-schema.ts";
import { httpClient } from "../testing/http.ts";
import { makeWorkspace, PASSWORD, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { makeRateLimits } from "./rate-limits.ts";

const server = useServer({ trustProxy: "127.0.0.1" });

/** A stranger with their own IP address. */
function stranger(address: string) {
  const client = httpClient(server.url);
  return {
    send: (method: string, path: string, body?: unknown) =>
      client.send(method, path, { body, headers: { "x-forwarded-for": address, origin: undefined } }),
  };
}

test("a member's invalid requests count towards the operation's limit", async () => {
  const ada = await signUpPerson(server, "Ada");
  const workspace = await makeWorkspace(ada);
  // The limit of setLogo is ten a minute.
  const answers: number[] = [];
  for (let i = 0; i < 11; i += 1)
    answers.push((await ada.send("PUT", `${workspace.path}/logo`, { body: "{", headers: {} })).status);
  expect(answers).toEqual([...Array.from({ length: 10 }, () => 415), 429]);
});

test("three hundred invalid requests to public operations lock a stranger's address out of all of them, and no other address", async () => {
  const mallory = stranger("192.0.2.1");
  const open = ENDPOINTS.filter(({ access, body, params }) => access === "public" && body && !params);
  expect(open.length).toBeGreaterThan(4);
  for (let i = 0; i < 300; i += 1) {
    const spec = open[i % open.length];
    if (!spec) throw new Error("no operation");
    const sent = [{ admin: true }, "{", { email: "x".repeat(100_000) }][i % 3];
    expect([400, 413]).toContain((await mallory.send(spec.method, fastifyPath(spec), sent)).status);
  }
  // The request that exceeds the limit still gets its own error.
  await mallory.send("POST", "/api/v1/session", {});
  for (const spec of open) {
    const refused = await mallory.send(spec.method, fastifyPath(spec), {});
    expect([spec.operationId, refused.status, refused.code]).toEqual([spec.operationId, 429, "rate_limited"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  }
  expect((await stranger("192.0.2.2").send("POST", "/api/v1/session", {})).status).toBe(400);
});

test("a browser that has signed in before is not locked out with its address, and three hundred invalid requests of its own lock out only itself", async () => {
  const [ada, ben] = [await signUpPerson(server, "Ada"), await signUpPerson(server, "Ben")];
  const office = { "x-forwarded-for": "192.0.2.4" };
  const signIn = (who: typeof ada, email: string) =>
    who.send("POST", "/api/v1/session", { body: { email, password: PASSWORD }, headers: office });
  for (const who of [ada, ben]) expect((await signIn(who, who.email)).status).toBe(200);
  const mallory = stranger("192.0.2.4");
  for (let i = 0; i < 302; i += 1) await mallory.send("POST", "/api/v1/session", {});
  expect((await mallory.send("POST", "/api/v1/session", {})).status).toBe(429);
  expect((await signIn(ada, ada.email)).status).toBe(200);
  for (let i = 0; i < 302; i += 1) await ben.send("POST", "/api/v1/session", { body: {}, headers: office });
  expect((await signIn(ben, ben.email)).status).toBe(429);
  expect((await signIn(ada, ada.email)).status).toBe(200);
});

test("a request over the limit is refused before its body is read", async () => {
  const mallory = stranger("192.0.2.3");
  for (let i = 0; i < 301; i += 1) await mallory.send("POST", "/api/v1/session", "{");
  // If the body were read, the answer would be body_too_large.
  expect((await mallory.send("POST", "/api/v1/session", "x".repeat(100_000))).code).toBe("rate_limited");
});

test("a caller over their own limit does not evict the counters of other mailboxes", async () => {
  // Counters of 20 mailboxes are kept. Each caller may send 10 requests; the second caller tries 40.
  const app = fastify({ trustProxy: true });
  app.decorateRequest("signedIn", null);
  await app.register(rateLimit, { global: false });
  const minute = { timeWindow: 60_000 };
  const mailbox = (request: FastifyRequest) => (request.body as { email: string }).email;
  const limits = makeRateLimits(app, () => null, 20).forEndpoint(sendVerificationMail, [
    { ...minute, max: 1, key: mailbox },
    { ...minute, max: 10 },
  ]);
  app.post("/", {
    onRequest: (request) => limits.beforeBody(request),
    preHandler: (request) => limits.withBody(request),
    handler: () => "sent",
  });
  const ask = async (from: string, email: string) =>
    (await app.inject({ method: "POST", url: "/", headers: { "x-forwarded-for": from }, body: { email } })).statusCode;
  expect(await ask("203.0.113.1", "kept@example.com")).toBe(200);
  for (let turn = 0; turn < 40; turn += 1) expect((await ask("203.0.113.2", `n${turn}@example.com`)) === 200).toBe(turn < 10);
  expect(await ask("203.0.113.3", "kept@example.com")).not.toBe(200);
  expect(await ask("203.0.113.3", "another@example.com")).toBe(200);
  await app.close();
});
