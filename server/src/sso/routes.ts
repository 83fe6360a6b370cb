import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import * as endpoints from "#contract/http/sso.ts";
import { SESSION_SECONDS } from "../access/sessions.ts";
import { readSessionToken, readSsoBrowser, setSessionToken, setSsoBrowser } from "../http/cookies.ts";
import { memberRoute, publicRoute, type Route } from "../http/route.ts";
import { makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { consumeResponse } from "./acs.ts";
import { createConnection, deleteConnection, makeSealedKey, setSsoPolicy, updateConnection } from "./connections.ts";
import { findPrincipal, finish } from "./finishing.ts";
import { endIdentity, listIdentities } from "./identities.ts";
import { type Prepared, prepareReading, takeOverMetadata } from "./metadata-refresh.ts";
import { getSso } from "./presenting.ts";
import { type ProviderSettings, readProviderSettings } from "./provider-settings.ts";
import { findRequestPage } from "./request-page.ts";
import { findSso, getMetadata, listMyConnections, prepareLink, prepareTest, startSignIn } from "./starting.ts";

/** The URL to send the browser to. */
interface Begun {
  url: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** High, because a whole office may share one IP address and sign in at nine. */
const OFFICE = [{ max: 300, timeWindow: 5 * MINUTE }];

export function ssoRoutes(services: Services): Route[] {
  const { config } = services;

  /** The token that identifies the browser. An existing one is kept, because other tabs may be at a provider. */
  function browserOf(request: FastifyRequest, reply: FastifyReply): string {
    const token = readSsoBrowser(request, config) ?? makeToken();
    setSsoBrowser(reply, config, token);
    return token;
  }

  return [
    memberRoute(endpoints.getSso, (ctx) => getSso(ctx)),

    memberRoute(endpoints.createSsoConnection, (ctx, { body, prepared }) => createConnection(ctx, { ...body, key: prepared }), {
      prepare: async () => () => makeSealedKey(services),
      rateLimits: [{ max: 60, timeWindow: HOUR }],
    }),

    memberRoute<typeof endpoints.updateSsoConnection, ProviderSettings | undefined>(
      endpoints.updateSsoConnection,
      (ctx, { params, body: { saml: _saml, oidc: _oidc, ...edit }, prepared }) =>
        updateConnection(ctx, { ...params, ...edit, settings: prepared }),
      {
        prepare:
          async ({ tenantId }, { body }) =>
          () =>
            readProviderSettings(services, tenantId, body),
        rateLimits: [{ max: 120, timeWindow: HOUR }],
      },
    ),

    memberRoute<typeof endpoints.readSsoMetadata, Prepared>(
      endpoints.readSsoMetadata,
      (ctx, { params, prepared }) => takeOverMetadata(ctx, { ...params, prepared }),
      { prepare: (ctx, { params }) => prepareReading(ctx, params), rateLimits: [{ max: 60, timeWindow: HOUR }] },
    ),

    memberRoute(endpoints.deleteSsoConnection, (ctx, { params }) => deleteConnection(ctx, params)),

    memberRoute(endpoints.listSsoIdentities, (ctx, { params, query }) => listIdentities(ctx, { ...params, ...query })),

    memberRoute(endpoints.endSsoIdentity, (ctx, { params }) => endIdentity(ctx, params)),

    memberRoute(endpoints.setSsoPolicy, (ctx, { body }) => setSsoPolicy(ctx, body)),

    memberRoute<typeof endpoints.startSsoTest, Begun>(endpoints.startSsoTest, async (_ctx, { prepared }) => prepared, {
      prepare: (ctx, { params, request, reply }) => prepareTest(ctx, { ...params, browserToken: browserOf(request, reply) }),
      rateLimits: [{ max: 120, timeWindow: HOUR }],
    }),

    memberRoute<typeof endpoints.startSsoLink, Begun>(endpoints.startSsoLink, async (_ctx, { prepared }) => prepared, {
      prepare: (ctx, { params, request, reply }) => prepareLink(ctx, { ...params, browserToken: browserOf(request, reply) }),
      rateLimits: [{ max: 60, timeWindow: HOUR }],
    }),

    memberRoute(endpoints.listMySsoConnections, async (ctx) => ({ items: await listMyConnections(ctx) })),

    publicRoute(endpoints.findSso, async (ctx, { body }) => ({ items: await findSso(ctx, body) }), { rateLimits: OFFICE }),

    publicRoute(
      endpoints.startSso,
      async (ctx, { params, body, request, reply }) =>
        startSignIn(ctx, {
          ...params,
          ...body,
          browserToken: browserOf(request, reply),
          sessionId:
            body.purpose === "confirm"
              ? ((await findPrincipal(ctx, readSessionToken(request, config)))?.sessionId ?? null)
              : null,
        }),
      { rateLimits: OFFICE },
    ),

    publicRoute(
      endpoints.getSsoRequest,
      async (ctx, { params, request, reply }) => {
        const { status, html, policy } = await findRequestPage(ctx, {
          ...params,
          browserToken: readSsoBrowser(request, config),
        });
        reply.status(status).type(`${endpoints.getSsoRequest.success.contentType}; charset=utf-8`);
        // The provider sees whoot's origin, which some demand, but not the handle.
        reply.headers({ "content-security-policy": policy, "referrer-policy": "strict-origin", "cache-control": "no-store" });
        return Readable.from([html]);
      },
      { rateLimits: OFFICE },
    ),

    publicRoute(
      endpoints.getSsoMetadata,
      async (ctx, { params, reply }) => {
        const metadata = await getMetadata(ctx, params);
        reply.type(endpoints.getSsoMetadata.success.contentType);
        return Readable.from([metadata]);
      },
      { rateLimits: [{ max: 120, timeWindow: 5 * MINUTE }] },
    ),

    publicRoute(
      endpoints.consumeSsoResponse,
      async (ctx, { params, body }) => ({ location: await consumeResponse(ctx, { ...params, body }) }),
      { rateLimits: OFFICE },
    ),

    publicRoute(
      endpoints.finishSso,
      async (ctx, { body, request, reply }) => {
        const browserToken = readSsoBrowser(request, config);
        const finished = await finish(ctx, { ...body, browserToken, sessionToken: readSessionToken(request, config) });
        if (finished.outcome === "tested") return finished;
        const { sessionToken, ...result } = finished;
        setSessionToken(reply, config, sessionToken, SESSION_SECONDS);
        return result;
      },
      { rateLimits: OFFICE },
    ),
  ];
}
