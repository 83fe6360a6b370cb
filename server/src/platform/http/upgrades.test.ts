import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { httpClient } from "../../testing/http.ts";
import { makeWorkspace, signUpPerson } from "../../testing/people.ts";
import { useServer } from "../../testing/server.ts";
import { until } from "../../testing/until.ts";

const written: string[] = [];
const server = useServer({ logLevel: "debug" }, { write: (line) => void written.push(line) });

/** Sends bytes on a new connection. Resolves with the whole answer when the server has closed the connection. */
function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on("data", (part) => (answer += part));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

const UPGRADE = "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

test.each([
  "GET /healthz",
  "GET /readyz",
  "GET /",
  "GET /assets/nothing.js",
  "GET /acme/settings",
  "GET /api/v1/system",
  "GET /api/v1/me",
  "POST /api/v1/session",
  "GET /api/v1/tenants/%zz",
  "GET /api/v1/nothing",
])("an upgrade request for %s is answered 404 and its connection is closed", async (line) => {
  for (const protocol of ["websocket", "h2c"]) {
    const answer = await raw(`${line} HTTP/1.1\r\nHost: localhost\r\nUpgrade: ${protocol}\r\n${UPGRADE}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).not.toContain("101 Switching");
  }
});

test("a member's upgrade request gets 404 at every path but the gateway's", async () => {
  const ada = await signUpPerson(server, "Ada");
  const workspace = await makeWorkspace(ada);
  const headers = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  expect((await ada.get(`${workspace.path}/channels`, headers)).status).toBe(404);
  expect((await ada.get(workspace.path, headers)).status).toBe(404);
  expect((await ada.get(`${workspace.path}/gateway`, headers)).status).toBe(101);
});

test("a client that disconnects in the middle of its body causes no warning and no error in the log", async () => {
  const before = written.length;
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  const head =
    "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
  socket.write(head);
  await once(socket, "data"); // the server has begun to read the request
  socket.write('{"email":', () => socket.destroy());
  const lines = () => written.slice(before).map((line) => JSON.parse(line) as { level: number; msg: string });
  await until("the end of the request", () => lines().some(({ msg }) => /disconnected/.test(msg)) || null);
  expect(lines().filter(({ level }) => level >= 40)).toEqual([]);
  expect((await httpClient(server.url).get("/healthz")).status).toBe(200);
});
