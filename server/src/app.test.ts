import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import { makeApp } from "./app.ts";
import type { Services } from "./services.ts";
import { testConfig } from "./testing/server.ts";
import type { Voice } from "./voice/ports.ts";

/** Routes above the contract, for the operator and for tools. */
const OUTSIDE = ["GET /api/openapi.json", "GET /healthz", "GET /readyz"];

/** Parses fastify's tree of routes: four columns per level, `name (METHOD, METHOD)`. */
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

test("the server's routes are those of openapi.json, the operator's, and the web app's files", async () => {
  const keys = { platformKey: () => Buffer.alloc(32) };
  const services = { keys, config: testConfig(resolve("nowhere")), log: pino({ level: "silent" }), mailer: { outbox: null } };
  const app = await makeApp(services as unknown as Services, {} as Voice);
  await app.ready();
  // Fastify's default would wait forever for a request's body.
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
  // A HEAD belongs to its GET (RFC 9110 §9.3.2).
  const known = (route: string) => expected.includes(route) || expected.includes(route.replace(/^HEAD/, "GET"));
  const others = routes.filter((route) => !known(route));
  expect(others.filter((route) => !/^(GET|HEAD) \//.test(route) || / \/api/.test(route))).toEqual([]);
});
