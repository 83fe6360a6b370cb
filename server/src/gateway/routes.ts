/** The gateway's door: the same gates as every member's endpoint, then the upgrade. Sockets are the voice core's from there. */
import type { FastifyInstance } from "fastify";
import { openGateway } from "#contract/http/gateway.ts";
import { findSession } from "../accounts/sessions.ts";
import { readSessionToken } from "../http/cookies.ts";
import { admit } from "../members/admit.ts";
import { originOf } from "../platform/http/caller.ts";
import { endpointSchema, fastifyPath } from "../platform/http/endpoint-schema.ts";
import { assertSameOrigin } from "../platform/http/same-origin.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import type { Voice } from "../voice/ports.ts";

export function registerGatewayRoute(app: FastifyInstance, services: Services, voice: Voice): void {
  const { config, database } = services;

  // A plugin of its own: the websocket plugin must be loaded before a route can use it.
  app.register(async (scope) => {
    scope.route({
      method: "GET",
      url: fastifyPath(openGateway),
      schema: endpointSchema(openGateway),
      async onRequest(request) {
        // Browsers attach cookies to WebSockets of any site; only the Origin tells them apart.
        assertSameOrigin(request, config.url);
        const { slug } = request.params as { slug: string };
        const signedIn = await findSession(database, readSessionToken(request, config), slug);
        const tenantId = orNotFound(signedIn.tenantId);
        await database.withTenant(tenantId, (tx) => admit(tx, signedIn, originOf(request)));
        request.signedIn = signedIn;
      },
      handler() {
        throw new Refusal("upgrade_required");
      },
      wsHandler(socket, request) {
        const { signedIn } = request;
        if (!signedIn?.tenantId) return socket.terminate();
        const { tenantId, accountId, sessionId } = signedIn;
        voice.connect(socket, { tenantId, accountId, sessionId });
      },
    });
  });
}
