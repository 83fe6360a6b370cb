import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { Problem } from "#contract/errors.ts";
import { type Answer, httpClient, type SendOptions } from "../testing/http.ts";
import {
  freshEmail,
  makeChannel,
  makeWorkspace,
  PASSWORD,
  type Person,
  signUpPerson,
  type Workspace,
} from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
let ada: Person;
let workspace: Workspace;
let channelId: string;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  workspace = await makeWorkspace(ada);
  channelId = await makeChannel(ada, workspace, { name: "Ops" });
});

const nobody = () => httpClient(server.url);
const signIn = (options: SendOptions) => nobody().send("POST", "/api/v1/session", options);
const credentials = () => ({ email: freshEmail("nobody"), password: PASSWORD });

/** Every refusal is a problem document that reveals nothing of our internals. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.code]).toEqual([status, code]);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(Problem.safeParse(answer.json).error).toBeUndefined();
  expect(answer.text).not.toMatch(/node_modules|\.ts:|at \w+ \(|select |insert |violates|syntax error|Error:/i);
}

test("a client that sends all of a body before it reads is told that the body is too large", async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) }).on("error", () => {});
  const lost = once(socket, "close").then(() => Promise.reject(new Error("the server closed the connection")));
  const read = async () => String((await Promise.race([once(socket, "data"), lost]))[0]);
  const bytes = 6 * 1024 * 1024;
  const head = `host: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${bytes}`;
  socket.write(`POST /api/v1/session HTTP/1.1\r\n${head}\r\n\r\n`);
  await Promise.race([new Promise((sent) => socket.write(Buffer.alloc(bytes), sent)), lost]);
  expect(await read()).toMatch(/^HTTP\/1.1 413 /);
  socket.write(`GET /healthz HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  expect(await read()).toMatch(/^HTTP\/1.1 200 /);
  lost.catch(() => {});
  socket.destroy();
});

describe("a body is refused when it", () => {
  test("is too large", async () => {
    expectProblem(await signIn({ body: JSON.stringify({ ...credentials(), name: "x".repeat(70_000) }) }), 413, "body_too_large");
  });
  test.each(["{", "[1,", "nope", "", '{"a":1}}', "\u0000"])("is not JSON: %j", async (body) => {
    expectProblem(await signIn({ body }), 400, "malformed_json");
  });
  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""])(
    "has the content type %j",
    async (type) => {
      const body = JSON.stringify(credentials());
      expectProblem(await signIn({ body, headers: { "content-type": type } }), 415, "unsupported_media_type");
    },
  );
  test("has an unknown field", async () => {
    expectProblem(await signIn({ body: { ...credentials(), admin: true } }), 400, "invalid_input");
  });
  test.each([null, [], "text", 5, true])("is JSON but not an object: %j", async (body) => {
    expectProblem(await signIn({ body: JSON.stringify(body) }), 400, "invalid_input");
  });
  test.each(['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '{"email":{"__proto__":null}}'])(
    "tries to change a prototype: %s",
    async (body) => {
      const answer = await signIn({ body });
      expect(answer.status).toBe(400);
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    },
  );
  test("nests five thousand arrays", async () => {
    expectProblem(await signIn({ body: "[".repeat(5_000) + "]".repeat(5_000) }), 400, "invalid_input");
  });
});

describe("text that PostgreSQL cannot store or a person cannot see is refused at its field:", () => {
  const ugly = {
    "a null byte": "a\u0000b",
    "half a surrogate pair": "a\ud800b",
    "only a zero-width space": "\u200b",
    "a line break": "a\nb",
    "right-to-left override": "a\u202eb",
    nothing: "   ",
    "too much": "x".repeat(5_000),
  };
  test.each(Object.entries(ugly))("%s", async (_what, name) => {
    for (const answer of [
      await ada.post(`${workspace.path}/channels`, { name }),
      await ada.patch(`${workspace.path}/channels/${channelId}`, { name }),
      await ada.post("/api/v1/tenants", { name, slug: "fine-slug" }),
      await nobody().post("/api/v1/accounts", { email: freshEmail("ugly"), name, password: PASSWORD }),
    ]) {
      expectProblem(answer, 400, "invalid_input");
      expect(answer.json.fields[0].path).toBe("name");
    }
  });

  test.each([
    "a\u0000@example.com",
    "a\ud800@example.com",
    "а@exаmple.com",
    `${"a".repeat(250)}@example.com`,
    "a@b",
    "a b@example.com",
    "a@example.com\r\nBcc: b@example.com",
  ])("the address %j", async (email) => {
    for (const answer of [
      await signIn({ body: { email, password: PASSWORD } }),
      await ada.post(`${workspace.path}/invitations`, { email, roleId: workspace.roles.Member }),
    ]) {
      expectProblem(answer, 400, "invalid_input");
      expect(answer.json.fields[0].path).toBe("email");
    }
  });

  test("any text may be tried as a password", async () => {
    for (const password of ["a\u0000b".repeat(5), "\ud800".repeat(20), "👩‍👩‍👧".repeat(20), "\u202e".repeat(20)]) {
      expectProblem(await signIn({ body: { ...credentials(), password } }), 401, "wrong_credentials");
    }
  });

  test("names in every script are stored as they were typed", async () => {
    for (const name of ["Zürich – Börse", "東京オペレーション", "غرفة العمليات", "👩🏽‍🚒 Crew 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "नमस्ते", "Z̷͇̈́a̶͙͝l̵̪̒g̸̢̈́o̵", "𝕏".repeat(30)]) {
      const created = await ada.post(`${workspace.path}/channels`, { name });
      expect([created.status, created.json.name]).toEqual([201, name.normalize("NFC")]);
    }
  });
});

describe("not found is the answer to a path that", () => {
  test.each([
    "%00",
    "a%00b",
    "%zz",
    "%E0%A4%A",
    "..%2f..%2fetc",
    "x".repeat(65),
    "x".repeat(201),
    "%F0%9F%98%80",
    "'%20or%201=1",
    "ACME",
    "%D0%B0cme",
  ])("names the workspace %s", async (slug) => {
    for (const path of ["", "/channels", `/channels/${channelId}`, "/gateway"]) {
      expectProblem(await ada.get(`/api/v1/tenants/${slug}${path}`), 404, "not_found");
    }
  });
  test.each(["x", "%00", "1", "-".repeat(36), "00000000-0000-0000-0000-000000000000'"])("names the channel %s", async (id) => {
    expectProblem(await ada.get(`${workspace.path}/channels/${id}`), 404, "not_found");
    expectProblem(await ada.delete(`${workspace.path}/channels/${id}`), 404, "not_found");
  });
  test("has no route, or not for this method", async () => {
    for (const [method, path] of [
      ["GET", "/api/v1/nothing"],
      ["PUT", "/api/v1/me"],
      ["TRACE", "/api/v1/me"],
      ["OPTIONS", "/api/v1/me"],
      ["GET", "/api/v1/tenants/"],
      ["GET", "/api/v2/me"],
    ] as const) {
      expectProblem(await ada.send(method, path), 404, "not_found");
    }
  });
});

test("upper-case ids work like lower-case ones", async () => {
  const role = workspace.roles.Viewer.toUpperCase();
  expect((await ada.get(`${workspace.path}/channels/${channelId.toUpperCase()}`)).json.channelId).toBe(channelId);
  const invited = await ada.post(`${workspace.path}/invitations`, { email: freshEmail("case"), roleId: role });
  const link = await ada.get(`${workspace.path}/invitations/${invited.json.invitationId.toUpperCase()}/link`);
  expect(link.status).toBe(200);
  const talkers = { roleIds: [role, role.toLowerCase()], memberIds: [] };
  const changed = await ada.patch(`${workspace.path}/channels/${channelId}`, { talkers });
  expect(changed.json.talkers.roleIds).toEqual([role.toLowerCase()]);
});

describe("a list is refused when its", () => {
  const encode = (text: string) => Buffer.from(text).toString("base64url");
  const id = "01900000-0000-7000-8000-000000000000";
  test.each([
    "x",
    "%00",
    encode("0 x"),
    encode(`0 ${"-".repeat(36)}`),
    encode(`-8640000000000000 ${id}`),
    encode(`1e400 ${id}`),
    encode(`8640000000000001 ${id}`),
    encode(`NaN ${id}`),
    encode(`0 ${id} x`),
    encode(""),
  ])("cursor is %s", async (cursor) => {
    for (const list of ["members", "invitations", `channels/${channelId}/transmissions`]) {
      expectProblem(await ada.get(`${workspace.path}/${list}?cursor=${cursor || "%20"}`), 400, "invalid_input");
    }
  });
  test.each(["0", "201", "-1", "1.5", "x", "", "1&limit=2", "9".repeat(400)])("limit is %s", async (limit) => {
    expectProblem(await ada.get(`${workspace.path}/members?limit=${limit}`), 400, "invalid_input");
  });
  test("query has an unknown parameter", async () => {
    expectProblem(await ada.get(`${workspace.path}/members?admin=true`), 400, "invalid_input");
  });
});

test("searching for a null byte finds nothing and is no error", async () => {
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  const { json } = await ada.post(`${workspace.path}/access-reviews`, { name: "Searched", dueAt });
  const lists = ["members", "invitations", `access-reviews/${json.reviewId}/members`, "audit-log/targets"];
  for (const list of lists) {
    for (const search of ["%00", "a%00b"]) expect((await ada.get(`${workspace.path}/${list}?search=${search}`)).status).toBe(200);
  }
});

describe("another site's page cannot change anything:", () => {
  test.each([
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("%j", async (headers) => {
    const send = (method: string, path: string, body?: unknown) => ada.send(method, path, { body, headers });
    expectProblem(await send("POST", `${workspace.path}/channels`, { name: "Evil" }), 403, "cross_site");
    expectProblem(await send("PATCH", `${workspace.path}/channels/${channelId}`, { name: "Evil" }), 403, "cross_site");
    expectProblem(await send("DELETE", "/api/v1/session"), 403, "cross_site");
    expectProblem(await send("POST", "/api/v1/session", { email: ada.email, password: PASSWORD }), 403, "cross_site");
    // A WebSocket is a GET with cookies, which browsers send for any site.
    expectProblem(await send("GET", `${workspace.path}/gateway`), 403, "cross_site");
    expect((await ada.get("/api/v1/me")).status).toBe(200);
  });

  test("our own page can create a channel", async () => {
    const headers = { origin: server.url, "sec-fetch-site": "same-origin" };
    expect((await ada.send("POST", `${workspace.path}/channels`, { body: { name: "Ours" }, headers })).status).toBe(201);
  });
});

test("every answer forbids framing, sniffing and foreign scripts", async () => {
  for (const path of ["/api/v1/system", "/api/v1/me", "/nothing"]) {
    const { headers } = await nobody().get(path);
    expect(headers["content-security-policy"]).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
    // No other scheme or host: an injected script could not send data anywhere.
    expect(headers["content-security-policy"]).toMatch(/(^|;)connect-src 'self'(;|$)/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["permissions-policy"]).toMatch(/microphone=\(self\)/);
  }
});
