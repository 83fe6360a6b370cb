/** The HTTP side of a server with its features' routes. It does not listen; main.ts and the tests do. */
import { randomUUID } from "node:crypto";
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import websocket from "@fastify/websocket";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { serializerCompiler } from "fastify-type-provider-zod";
import { MAX_CLIENT_MESSAGE_BYTES } from "#contract/gateway.ts";
import { openGateway } from "#contract/http/gateway.ts";
import { makeIdentity } from "./accounts/identity.ts";
import type { Feature } from "./feature.ts";
import { FEATURES } from "./features.ts";
import { registerGatewayRoute } from "./gateway/routes.ts";
import { hasSessionCookie } from "./http/cookies.ts";
import { makeServe } from "./http/serve.ts";
import { fastifyPath, validatorCompiler } from "./platform/http/endpoint-schema.ts";
import { tidyForwardedAddresses } from "./platform/http/forwarded.ts";
import { answerProblems, sendNotFound } from "./platform/http/problems.ts";
import { closeRefusedUpgrade, refuseUpgrades } from "./platform/http/upgrades.ts";
import { paceConnections, paceRequests } from "./platform/http/pacing.ts";
import { sendSecurityHeaders } from "./platform/http/security-headers.ts";
import { serveWebApp } from "./platform/http/web-app.ts";
import type { Services } from "./services.ts";
import { registerSystemPages } from "./system/routes.ts";
import type { Voice } from "./voice/ports.ts";

/** Milliseconds within which a connection must have sent its request. */
const REQUEST_TIMEOUT = 60_000;

/** A fastify instance with every feature's routes, ready to listen or to be injected into. */
export async function makeApp(
  services: Services,
  voice: Voice,
  features: readonly Feature[] = FEATURES,
): Promise<FastifyInstance> {
  const { config } = services;
  const loggerInstance: FastifyBaseLogger = services.log;
  const app = fastify({
    loggerInstance,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    // Fastify's default is no limit: slow bodies could then hold all sockets.
    requestTimeout: REQUEST_TIMEOUT,
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy ?? false,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 200 },
    frameworkErrors: (_error, request, reply) => {
      closeRefusedUpgrade(request, reply);
      return sendNotFound(request, reply);
    },
  });
  const closeSilent = paceConnections(app.server, REQUEST_TIMEOUT);
  app.addHook("preClose", async () => closeSilent());
  // Only JSON is accepted: another site's form can send text/plain without a preflight request.
  app.removeContentTypeParser("text/plain");
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("identified", null);
  answerProblems(app);

  tidyForwardedAddresses(app);
  await sendSecurityHeaders(app, config);
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  // A little above the contract's limit, so that a slightly larger message gets an answer. Others get a close frame (1009).
  await app.register(websocket, { options: { maxPayload: 2 * MAX_CLIENT_MESSAGE_BYTES } });
  paceRequests(app.server, hasSessionCookie);

  refuseUpgrades(app, fastifyPath(openGateway));

  const serve = makeServe(app, services, makeIdentity(services));
  for (const { routes } of features) serve(routes?.(services) ?? []);
  registerSystemPages(app, services);
  registerGatewayRoute(app, services, voice);
  await serveWebApp(app);
  return app;
}
