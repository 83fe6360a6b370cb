/** The HTTP side of a server: the visible list of its features. It listens to nothing; main.ts and the tests do. */
import { randomUUID } from "node:crypto";
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import websocket from "@fastify/websocket";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { MAX_CLIENT_MESSAGE_BYTES } from "#contract/gateway.ts";
import { registerAccessReviewRoutes } from "./access-reviews/routes.ts";
import { registerAccountRoutes } from "./accounts/routes.ts";
import { registerAuditRoutes } from "./audit/routes.ts";
import { registerChannelRoutes } from "./channels/routes.ts";
import { registerDeletionRoutes } from "./deletions/routes.ts";
import type { Deleter } from "./deletions/deleter.ts";
import { registerExportRoutes } from "./exports/routes.ts";
import { registerGatewayRoute } from "./gateway/routes.ts";
import { makeServe } from "./http/serve.ts";
import { registerInvitationRoutes } from "./invitations/routes.ts";
import { registerMemberRoutes } from "./members/routes.ts";
import { registerMyTenantRoutes } from "./my-tenants/routes.ts";
import { answerProblems, sendNotFound } from "./platform/http/problems.ts";
import { sendSecurityHeaders } from "./platform/http/security-headers.ts";
import { serveWebApp } from "./platform/http/web-app.ts";
import type { Recorder } from "./recordings/recorder.ts";
import { registerRecordingRoutes } from "./recordings/routes.ts";
import { registerRoleRoutes } from "./roles/routes.ts";
import type { Services } from "./services.ts";
import { registerSystemRoutes } from "./system/routes.ts";
import { registerTenantRoutes } from "./tenants/routes.ts";
import type { Voice } from "./voice/ports.ts";

const BODY_LIMIT = 64 * 1024;

/** A fastify instance with every feature's routes, ready to listen or to be injected into. */
export async function makeApp(services: Services, voice: Voice, recorder: Recorder, deleter: Deleter): Promise<FastifyInstance> {
  const { config } = services;
  const loggerInstance: FastifyBaseLogger = services.log;
  const app = fastify({
    loggerInstance,
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    // Fastify's default is none: bodies that trickle in for ever would hold sockets until there are no more.
    requestTimeout: 60_000,
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy ?? false,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 200 },
    frameworkErrors: (_error, request, reply) => sendNotFound(request, reply),
  });
  // JSON is all that we take: text/plain is what another site's form may send without asking.
  app.removeContentTypeParser("text/plain");
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest("signedIn", null);
  answerProblems(app);

  await sendSecurityHeaders(app, config);
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  // A little above the contract's limit: what is slightly too large gets an answer, the rest a close frame (1009).
  await app.register(websocket, { options: { maxPayload: 2 * MAX_CLIENT_MESSAGE_BYTES } });

  const serve = makeServe(app, services);
  registerSystemRoutes(app, serve, services, recorder);
  registerAccountRoutes(serve, services);
  registerTenantRoutes(serve, services);
  registerDeletionRoutes(serve, services, deleter);
  registerMemberRoutes(serve, services);
  registerMyTenantRoutes(serve, services, voice);
  registerRoleRoutes(serve);
  registerInvitationRoutes(serve, services);
  registerChannelRoutes(serve, services);
  registerRecordingRoutes(serve, services);
  registerAccessReviewRoutes(serve, services);
  registerAuditRoutes(serve, services);
  registerExportRoutes(serve, services);
  registerGatewayRoute(app, services, voice);
  await serveWebApp(app);
  return app;
}
