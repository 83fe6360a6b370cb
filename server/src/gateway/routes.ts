/** Opens the gateway: the same gates as every member's endpoint, then the WebSocket upgrade. After that the voice core owns the socket. */
import type { FastifyInstance } from "fastify";
import { openGateway } from "#contract/http/gateway.ts";
import { enter } from "../access/gate.ts";
import { identify } from "../access/sessions.ts";
import { readSessionHash } from "../http/cookies.ts";
import { originOf } from "../platform/http/caller.ts";
import { endpointSchema, fastifyPath } from "../platform/http/endpoint-schema.ts";
import { assertSameOrigin } from "../platform/http/same-origin.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import type { Voice } from "../voice/ports.ts";

const WARNING_INTERVAL_MS = 3_600_000;

export function registerGatewayRoute(app: FastifyInstance, services: Services, voice: Voice): void {
  const { config, database, log } = services;
  let warnedAt = -Infinity;

  /** Every open page keeps retrying, so the warning is logged once an hour. */
  function warnOfProxy(): void {
    if (performance.now() - warnedAt < WARNING_INTERVAL_MS) return;
    warnedAt = performance.now();
    log.warn("the gateway was requested without an Upgrade header: the proxy in front of whoot must pass WebSocket upgrades");
  }

  // In a plugin of its own, because the websocket plugin must be loaded before a route can use it.
  app.register(async (scope) => {
    scope.route({
      method: "GET",
      url: fastifyPath(openGateway),
      schema: endpointSchema(openGateway),
      async onRequest(request) {
        // Browsers send cookies with WebSockets of any site, so only the Origin header shows whose page it is.
        assertSameOrigin(request, config.url);
        const { slug } = request.params as { slug: string };
        const identified = await identify(database, readSessionHash(request, config), slug, originOf(request));
        const tenantId = orNotFound(identified.tenantId);
        await enter(services, { tenantId, principal: identified.principal, origin: originOf(request) }, async () => {});
        request.identified = identified;
      },
      handler() {
        warnOfProxy();
        throw new Refusal("upgrade_required");
      },
      wsHandler(socket, request) {
        const { identified } = request;
        if (!identified?.tenantId) return socket.terminate();
        const { tenantId, principal } = identified;
        const { accountId, sessionId } = principal;
        voice.connect(socket, { tenantId, accountId, sessionId, remoteAddress: request.ip });
      },
    });
  });
}
