import type { FastifyInstance, FastifyRequest } from "fastify";
import { readFileSync } from "node:fs";
import { sql } from "kysely";
import * as endpoints from "#contract/http/system.ts";
import type { Serve } from "../http/serve.ts";
import { isFromThisMachine } from "../platform/http/same-origin.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Recorder } from "../recordings/recorder.ts";
import type { Services } from "../services.ts";

const OPENAPI = new URL("../../../contract/openapi.json", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

export function registerSystemRoutes(app: FastifyInstance, serve: Serve, services: Services, recorder: Recorder): void {
  const { config, database, mailer } = services;

  const outboxFor = (request: FastifyRequest) => (config.loopbackOnly && isFromThisMachine(request) ? mailer.outbox : null);

  serve.public(endpoints.getSystem, async ({ request }) => ({
    version,
    outbox: outboxFor(request) !== null,
  }));

  serve.public(endpoints.listOutbox, async ({ request }) => {
    return { items: await orNotFound(outboxFor(request)).list() };
  });

  app.get("/api/openapi.json", async (_request, reply) => reply.type("application/json").send(readFileSync(OPENAPI)));

  /** Alive: the process answers. */
  app.get("/healthz", async () => ({ status: "ok" }));

  /** Ready for work, and what the operator should see to. 503 while the database is away. */
  app.get("/readyz", async (_request, reply) => {
    const reachable = await database
      .readAsPlatform("is the database there", (db) => sql`select 1`.execute(db))
      .then(() => true)
      .catch(() => false);
    const recordings = recorder.health();
    const warnings = [
      ...(reachable ? [] : ["The database can't be reached."]),
      ...(recordings.fault ? [`Recording: ${recordings.fault}`] : []),
    ];
    return reply
      .status(reachable ? 200 : 503)
      .send({ status: reachable ? "ready" : "unavailable", warnings, incompleteTransmissions: recordings.incomplete });
  });
}
