import type { FastifyInstance, FastifyRequest } from "fastify";
import { readFileSync } from "node:fs";
import { sql } from "kysely";
import * as endpoints from "#contract/http/system.ts";
import { publicRoute } from "../http/route.ts";
import { relyingParty } from "../platform/http/relying-party.ts";
import { isFromThisMachine } from "../platform/http/same-origin.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Outbox } from "../platform/mail/outbox.ts";
import type { Services } from "../services.ts";

const OPENAPI = new URL("../../../contract/openapi.json", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

function findOutbox({ config, mailer }: Services, request: FastifyRequest): Outbox | null {
  return config.loopbackOnly && isFromThisMachine(request) ? mailer.outbox : null;
}

export const systemRoutes = [
  publicRoute(endpoints.getSystem, async ({ services }, { request }) => ({
    version,
    passkeyUrl: relyingParty(services)?.origin ?? null,
    outbox: findOutbox(services, request) !== null,
  })),
  publicRoute(endpoints.listOutbox, async ({ services }, { request }) => ({
    items: await orNotFound(findOutbox(services, request)).list(),
  })),
];

/** For probes and tools, outside the API. */
export function registerSystemPages(app: FastifyInstance, { database, recorder }: Services): void {
  app.get("/api/openapi.json", { exposeHeadRoute: true }, async (_request, reply) =>
    reply.type("application/json").send(readFileSync(OPENAPI)),
  );

  /** Liveness: the process answers. */
  app.get("/healthz", { exposeHeadRoute: true }, async () => ({ status: "ok" }));

  /** Readiness, with warnings for the operator. 503 while the database is unreachable. */
  app.get("/readyz", { exposeHeadRoute: true }, async (_request, reply) => {
    const reachable = await database
      .asPlatformStatement("is the database there", (db) => sql`select 1`.execute(db))
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
