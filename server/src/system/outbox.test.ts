import { beforeAll, describe, expect, test } from "vitest";
import { httpClient } from "../testing/http.ts";
import { freshEmail, PASSWORD } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
const email = freshEmail("ada");
beforeAll(async () => {
  await httpClient(server.url).post("/api/v1/accounts", { email, name: "Ada", password: PASSWORD });
  await server.mailTo(email);
});

const ask = (path: string, headers: Record<string, string> = {}) => httpClient(server.url).get(path, headers);

test("the operator can read the mails and their links on this machine", async () => {
  for (const host of ["localhost:3000", "127.0.0.1", "[::1]:3000"]) {
    const { json } = await ask("/api/v1/outbox", { host });
    expect(json.items[0]).toMatchObject({ to: email, link: expect.stringMatching(/\/verify#[\w-]{43}$/) });
    expect((await ask("/api/v1/system", { host })).json.outbox).toBe(true);
  }
});

describe("anybody else finds no outbox:", () => {
  test.each([
    ["a host name that resolves to this machine (DNS rebinding)", { host: "evil.example:3000" }],
    ["a host name that begins with localhost", { host: "localhost.evil.example" }],
    ["a host name that ends in localhost", { host: "evil-localhost" }],
    ["a host name that contains 127.0.0.1", { host: "127.0.0.1.nip.io" }],
    ["a request through a proxy (X-Forwarded-For)", { "x-forwarded-for": "203.0.113.9" }],
    ["an X-Forwarded-For that names this machine", { "x-forwarded-for": "127.0.0.1" }],
    ["a request through a proxy (Forwarded)", { forwarded: "for=203.0.113.9" }],
    ["a request through a proxy (Via)", { via: "1.1 proxy" }],
    ["a request through a proxy (X-Real-IP)", { "x-real-ip": "203.0.113.9" }],
  ])("%s", async (_what, headers) => {
    const given = headers as unknown as Record<string, string>;
    const answer = await ask("/api/v1/outbox", given);
    expect(answer).toMatchObject({ status: 404, code: "not_found" });
    expect(answer.text).not.toContain(email);
    expect((await ask("/api/v1/system", given)).json.outbox).toBe(false);
  });
});
