import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import { makeApp } from "./app.ts";
import type { Deleter } from "./deletions/deleter.ts";
import type { Recorder } from "./recordings/recorder.ts";
import type { Services } from "./services.ts";
import { testConfig } from "./testing/server.ts";
import type { Voice } from "./voice/ports.ts";

/** Above the contract: for the operator and for tools. */
const OUTSIDE = ["GET /api/openapi.json", "GET /healthz", "GET /readyz"];

/** From fastify's tree of routes, four columns a level, `name (METHOD, METHOD)`. */
function parseRoutes(tree: string): string[] {
  const parents: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const start = line.search(/[├└]── /);
    if (start < 0) return [];
    const [, name = "", methods] = /── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    const depth = start / 4;
    parents.splice(depth, parents.length, name);
    return (methods?.split(", ") ?? []).map((method) => `${method} ${parents.join("")}`);
  });
}

test("the routes that the server has are those of openapi.json, the operator's, and files of the web app", async () => {
  const services = { config: testConfig(resolve("nowhere")), log: pino({ level: "silent" }), mailer: { outbox: null } };
  const app = await makeApp(services as unknown as Services, {} as Voice, {} as Recorder, {} as Deleter);
  await app.ready();
  // Fastify's own default waits for a request's body for ever.
  expect(app.server.requestTimeout).toBeGreaterThan(0);
  const routes = parseRoutes(app.printRoutes({ commonPrefix: false }));
  await app.close();

  const { paths } = JSON.parse(readFileSync(new URL("../../contract/openapi.json", import.meta.url), "utf8")) as {
    paths: Record<string, object>;
  };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  const expected = [...documented, ...OUTSIDE];
  expect(routes.filter((route) => expected.includes(route)).sort()).toEqual(expected.sort());
  const others = routes.filter((route) => !expected.includes(route));
  expect(others.filter((route) => !/^(GET|HEAD) \//.test(route) || / \/api/.test(route))).toEqual([]);
});
