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

test("the operator at this machine reads the mails, links included", async () => {
  for (const host of ["localhost:3000", "127.0.0.1", "[::1]:3000"]) {
    const { json } = await ask("/api/v1/outbox", { host });
    expect(json.items[0]).toMatchObject({ to: email, link: expect.stringMatching(/\/verify#[\w-]{43}$/) });
    expect((await ask("/api/v1/system", { host })).json.outbox).toBe(true);
  }
});

describe("nobody else does, and it looks as if there were none:", () => {
  test.each([
    ["a name that resolves to this machine (DNS rebinding)", { host: "evil.example:3000" }],
    ["a name that begins like it", { host: "localhost.evil.example" }],
    ["a name that ends like it", { host: "evil-localhost" }],
    ["an address in other words", { host: "127.0.0.1.nip.io" }],
    ["a proxy before us (X-Forwarded-For)", { "x-forwarded-for": "203.0.113.9" }],
    ["a forged X-Forwarded-For of this machine", { "x-forwarded-for": "127.0.0.1" }],
    ["a proxy before us (Forwarded)", { forwarded: "for=203.0.113.9" }],
    ["a proxy before us (Via)", { via: "1.1 proxy" }],
    ["a proxy before us (X-Real-IP)", { "x-real-ip": "203.0.113.9" }],
  ])("%s", async (_what, headers) => {
    const given = headers as unknown as Record<string, string>;
    const answer = await ask("/api/v1/outbox", given);
    expect(answer).toMatchObject({ status: 404, code: "not_found" });
    expect(answer.text).not.toContain(email);
    expect((await ask("/api/v1/system", given)).json.outbox).toBe(false);
  });
});
