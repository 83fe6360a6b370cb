import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { makeDoorman, makeTurns, paceConnections } from "./pacing.ts";

test("a crowd of strangers begins one request per turn of the event loop, and a browser with a cookie gets ahead of it", async () => {
  const doorman = makeDoorman();
  const went: string[] = [];
  const come = (name: string, hasCookie: boolean) => void doorman.turn(hasCookie).then(() => went.push(name));
  for (let stranger = 0; stranger < 100; stranger += 1) come(`stranger ${stranger}`, false);
  come("known", true);
  expect(went).toEqual([]);
  for (let turn = 1; turn <= 3; turn += 1) {
    await setImmediate();
    expect(went.length).toBeLessThanOrEqual(turn + 1);
  }
  expect(went.slice(0, 3)).toContain("known");
  while (went.length < 101) await setImmediate();
  expect(went.filter((name) => name !== "known")).toEqual(Array.from({ length: 100 }, (_, stranger) => `stranger ${stranger}`));
});

test("a burst from one caller begins one request per turn of the event loop, in order, and other callers begin at once", async () => {
  const turns = makeTurns();
  const begun: number[] = [];
  const come = (one: number) => {
    const wait = turns.turn("crowd");
    if (wait === null) begun.push(one);
    else void wait.then(() => begun.push(one));
  };
  for (let one = 0; one < 10; one += 1) come(one);
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
  paceConnections(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const ask = (leaves: boolean) =>
    new Promise<string>((resolve) => {
      const asking = request({ port, host: "127.0.0.1", agent: false, method: "POST" }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      });
      asking.on("error", () => resolve("gone"));
      asking.end("x".repeat(10_000));
      if (leaves) asking.on("socket", (socket) => socket.on("connect", () => socket.resetAndDestroy()));
    });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, one) => ask(one % 4 === 0)));
  expect(answers.filter((answer) => answer === "here")).toHaveLength(150);
  server.close();
});
