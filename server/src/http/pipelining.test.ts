/** Clients that disconnect before they have an answer, or send the next request before it. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { cookieName, type Person, signUpPerson } from "../testing/people.ts";
import { testConfig, useServer } from "../testing/server.ts";
import { until } from "../testing/until.ts";

const MAX = 4;
const server = useServer({ quotas: { ...testConfig("").quotas, requestsPerPerson: MAX } });

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket.on("error", () => {});
}

function requestOf(person: Person): string {
  const name = cookieName(server, "whoot-session");
  return `GET /api/v1/me HTTP/1.1\r\nhost: ${new URL(server.url).host}\r\ncookie: ${name}=${person.cookies.get(name)}\r\n\r\n`;
}

test("requests of disconnected clients stop counting, however early the client left", async () => {
  const ada = await signUpPerson(server, "Ada");
  for (let visit = 0; visit < 4 * MAX; visit++) {
    const socket = await open();
    socket.write(requestOf(ada));
    socket.destroySoon();
    await once(socket, "close");
  }
  await until("an answer", async () => (await ada.get("/api/v1/me")).status === 200);
});

test("a client that sends a request before the previous answer is disconnected, and its requests stop counting", async () => {
  const ben = await signUpPerson(server, "Ben");
  for (let visit = 0; visit < MAX; visit++) {
    const socket = await open();
    const closed = once(socket, "close");
    socket.resume().write(requestOf(ben).repeat(MAX));
    await closed;
  }
  await until("an answer", async () => (await ben.get("/api/v1/me")).status === 200);
  expect((await ben.get("/api/v1/me")).json.account.email).toBe(ben.email);
});
