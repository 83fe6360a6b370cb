import { once } from "node:events";
import { Agent, createServer, IncomingMessage, request, ServerResponse } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { makePublicQueue, makeCallerTurns, paceConnections, paceRequests } from "./pacing.ts";

test("strangers begin one request per turn of the event loop, and a known browser does not wait behind them", async () => {
  const queue = makePublicQueue();
  const begun: string[] = [];
  const begin = (name: string, known: boolean) => void queue.turn(known).then(() => begun.push(name));
  for (let stranger = 0; stranger < 100; stranger += 1) begin(`stranger ${stranger}`, false);
  begin("known", true);
  expect(begun).toEqual([]);
  for (let turn = 1; turn <= 3; turn += 1) {
    await setImmediate();
    expect(begun.length).toBeLessThanOrEqual(turn + 1);
  }
  expect(begun.slice(0, 3)).toContain("known");
  while (begun.length < 101) await setImmediate();
  expect(begun.filter((name) => name !== "known")).toEqual(Array.from({ length: 100 }, (_, stranger) => `stranger ${stranger}`));
});

test("a burst from one caller begins one request per turn of the event loop, in order, and other callers begin at once", async () => {
  const turns = makeCallerTurns();
  const begun: number[] = [];
  const begin = (index: number) => {
    const wait = turns.turn("crowd");
    if (wait === null) begun.push(index);
    else void wait.then(() => begun.push(index));
  };
  for (let index = 0; index < 10; index += 1) begin(index);
  expect(begun).toEqual([0]);
  expect(turns.turn("alone")).toBeNull();
  await setImmediate();
  expect(begun.length).toBeLessThanOrEqual(2);
  expect(turns.turn("alone")).toBeNull();
  while (begun.length < 10) await setImmediate();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("of two hundred simultaneous connections, all that do not hang up are answered", async () => {
  const server = createServer((_, response) => void response.end("here"));
  paceConnections(server, 60_000);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const ask = (hangsUp: boolean) =>
    new Promise<string>((resolve) => {
      const asking = request({ port, host: "127.0.0.1", agent: false, method: "POST" }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      });
      asking.on("error", () => resolve("gone"));
      asking.end("x".repeat(10_000));
      if (hangsUp) asking.on("socket", (socket) => socket.on("connect", () => socket.resetAndDestroy()));
    });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(index % 4 === 0)));
  expect(answers.filter((answer) => answer === "here")).toHaveLength(150);
  server.close();
});

test("a person who is signed in does not wait behind a burst of strangers' requests, and the burst is spread over turns of the event loop", async () => {
  const begun: string[] = [];
  const server = createServer(({ url }) => {
    begun.push(url ?? "");
    const until = performance.now() + 5;
    while (performance.now() < until); // longer than a turn may spend on requests
  });
  server.on("upgrade", () => begun.push("upgrade"));
  paceRequests(server, ({ url }) => url === "signed in");
  const socket = new Socket();
  const incoming = (url: string) => Object.assign(new IncomingMessage(socket), { url });
  const arrive = (url: string) => {
    const response = new ServerResponse(incoming(url));
    Object.defineProperty(response, "socket", { value: socket });
    server.emit("request", incoming(url), response);
  };
  for (let stranger = 0; stranger < 10; stranger += 1) arrive(`stranger ${stranger}`);
  arrive("signed in");
  expect(begun).toEqual([]);
  await setImmediate();
  await setImmediate();
  expect(begun.length).toBeLessThanOrEqual(3);
  expect(begun).toContain("signed in");
  server.emit("upgrade", incoming("upgrade"), socket, Buffer.alloc(0));
  expect(begun).not.toContain("upgrade");
  while (begun.length < 12) await setImmediate();
  const strangers = Array.from({ length: 10 }, (_, stranger) => `stranger ${stranger}`);
  expect(begun.filter((url) => url !== "signed in")).toEqual([...strangers, "upgrade"]);
});

test.each(["after a time", "when the server closes"])("a connection that sends nothing is closed %s", async (when) => {
  const server = createServer();
  const closeSilent = paceConnections(server, when === "after a time" ? 20 : 60_000);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const accepted = once(server, "connection");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").resume();
  const closed = once(socket, "close");
  await accepted;
  if (when === "when the server closes") closeSilent();
  await closed;
  await once(server.close(), "close");
});

test("of a thousand requests in one packet only the first begins, and the connection is closed", async () => {
  let begun = 0;
  const server = createServer((_, response) => void response.end(String((begun += 1))));
  server.on("upgrade", () => {});
  paceConnections(server, 60_000);
  paceRequests(server, () => true);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1")
    .resume()
    .on("error", () => {});
  const closed = once(socket, "close");
  socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(1_000));
  await closed;
  expect(begun).toBeLessThanOrEqual(1);
  server.close();
});

test("the body of a refused request is read slowly, and the connection stays usable", async () => {
  const server = createServer(({ headers }, response) => void response.end(headers["content-length"]));
  server.on("upgrade", () => {});
  paceRequests(server, () => true);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const bytes = 4 * 1024 * 1024;
  const post = (body: Buffer) =>
    new Promise<{ answer: string; port: number }>((resolve, reject) => {
      const asking = request({ port, host: "127.0.0.1", agent, method: "POST" }, (response) => {
        const { localPort } = response.socket;
        response.setEncoding("utf8").on("data", (answer: string) => resolve({ answer, port: localPort ?? 0 }));
      });
      asking.on("error", reject).end(body);
    });
  const start = performance.now();
  const first = await post(Buffer.alloc(bytes));
  const second = await post(Buffer.alloc(1));
  // 64 pieces of 64 kB at most, each after eight milliseconds; timers may fire a millisecond early
  expect(performance.now() - start).toBeGreaterThan(60 * 7);
  expect(first.answer).toBe(String(bytes));
  expect(second).toEqual({ answer: "1", port: first.port });
  agent.destroy();
  server.close();
});
