/**
 * Registers the features' routes, each behind its gates. The order is fixed here and nowhere else:
 * same origin → session → membership (404 for everyone else, before the body is read) → input → the role's permission →
 * the feature, inside one transaction that row-level security restricts to the tenant.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { type EndpointSpec, leavesTraces } from "#contract/http/endpoint.ts";
import { SLUG_KEPT_DAYS } from "#contract/slug.ts";
import type { Ctx, PublicCtx } from "../access/ctx.ts";
import { enter } from "../access/gate.ts";
import { hasProvedAccount } from "../access/principal.ts";
import { isDeleted } from "../access/roster.ts";
import { identify, type Identified } from "../access/sessions.ts";
import { type Origin, originOf } from "../platform/http/caller.ts";
import { makePublicQueue, makeCallerTurns } from "../platform/http/pacing.ts";
import { bodyLimitOf, endpointSchema, fastifyPath } from "../platform/http/endpoint-schema.ts";
import { assertSameOrigin, isSameOrigin } from "../platform/http/same-origin.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { makeCallers } from "./callers.ts";
import { readSessionHash } from "./cookies.ts";
import { makeInFlight } from "./in-flight.ts";
import { makeRateLimits } from "./rate-limits.ts";
import type { Input, MemberRoute, PersonRoute, PublicRoute, Route } from "./route.ts";

declare module "fastify" {
  interface FastifyRequest {
    identified: Identified | null;
  }
  interface FastifyContextConfig {
    /** The content types that a route with a raw body accepts. */
    contentTypes?: readonly string[];
  }
}

/** What the gates need from the feature `accounts`, which they may not import. */
export interface Identity {
  /** Identifies a browser that has signed in here before; null for a stranger's. */
  knownBrowser(request: FastifyRequest): string | null;
}

/**
 * Tells a client that uses a slug which the workspace has given up since when the slug is outdated (RFC 9745) and when it stops working
 * (RFC 8594). The answer of getTenant has the new slug.
 */
function setMovedHeaders(reply: FastifyReply, keptUntil: Date): void {
  const since = keptUntil.getTime() / 1_000 - SLUG_KEPT_DAYS * 86_400;
  reply.header("deprecation", `@${Math.floor(since)}`).header("sunset", keptUntil.toUTCString());
}

/** @returns a function that registers routes */
export function makeServe(app: FastifyInstance, services: Services, identity: Identity): (routes: readonly Route[]) => void {
  const { config, database } = services;
  const rateLimits = makeRateLimits(app, identity.knownBrowser);
  const inFlight = makeInFlight(config.quotas);
  const publicQueue = makePublicQueue();
  const callers = makeCallers();
  const callerTurns = makeCallerTurns();

  /** Gate 1 up to the tenant. Whether the person is a member there is checked in the handler's transaction. */
  async function identifyCaller(spec: EndpointSpec, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const slug = spec.access === "member" ? (request.params as { slug: string }).slug : null;
    const tokenHash = readSessionHash(request, config);
    const caller = callers.callerOf(tokenHash);
    await callerTurns.turn(caller);
    inFlight.assertRoomFor(caller);
    const identified = await identify(database, tokenHash, slug, originOf(request));
    request.identified = identified;
    callers.remember(tokenHash, identified.principal.accountId);
    inFlight.enter({ accountId: identified.principal.accountId, tenantId: identified.tenantId }, reply.raw);
    if (spec.access !== "member") return;
    orNotFound(identified.tenantId);
    if (identified.slugKeptUntil) setMovedHeaders(reply, identified.slugKeptUntil);
  }

  function register(route: Route): void {
    const { spec, options } = route;
    const limits = rateLimits.forEndpoint(spec, options.rateLimits ?? []);
    const registered: RouteOptions = {
      method: spec.method,
      url: fastifyPath(spec),
      exposeHeadRoute: !leavesTraces(spec),
      schema: endpointSchema(spec),
      bodyLimit: bodyLimitOf(spec),
      async onRequest(request, reply) {
        if (leavesTraces(spec) && !spec.crossSite) assertSameOrigin(request, config.url);
        if (spec.access === "public") await publicQueue.turn(identity.knownBrowser(request) !== null);
        else await identifyCaller(spec, request, reply);
        await limits.beforeBody(request);
        if ("beforeBody" in options) options.beforeBody?.(request);
      },
      preHandler: (request) => limits.withBody(request),
      ...(spec.access === "public" ? { onError: (request, _reply, error) => limits.refused(request, error) } : {}),
      async handler(request, reply) {
        const result = await answer(route, {
          params: request.params as never,
          query: request.query as never,
          body: request.body as never,
          request,
          reply,
        });
        if (spec.success.contentType) return reply.send(result);
        // The handler's result names the target of the redirect.
        if (spec.success.status === 303) return reply.redirect((result as { location: string }).location, 303);
        reply.status(spec.success.status);
        reply.header("cache-control", "no-store");
        return reply.send(spec.success.schema ? result : undefined);
      },
    };
    if (spec.rawBody) registerRaw(registered, spec.rawBody);
    else app.route(registered);
  }

  /** Registers the route in a scope of its own, which accepts only the route's content types and parses nothing. */
  function registerRaw(route: RouteOptions, { contentTypes }: NonNullable<EndpointSpec["rawBody"]>): void {
    void app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser([...contentTypes], { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      scope.route({ ...route, config: { contentTypes } });
    });
  }

  function answer(route: Route, input: Input<EndpointSpec>): Promise<unknown> {
    const ctx: PublicCtx = { services, origin: originOf(input.request) };
    if (route.spec.access === "public") return (route as PublicRoute).handle(ctx, input);
    const { identified } = input.request;
    if (!identified) throw new Refusal("not_signed_in");
    if (route.spec.access === "account" && !route.spec.anySession && !hasProvedAccount(identified.principal)) {
      throw new Refusal("account_sign_in_required");
    }
    if (route.spec.access === "account") return (route as PersonRoute).handle({ ...ctx, principal: identified.principal }, input);
    return answerMember(route as MemberRoute, { ...identified, origin: ctx.origin }, input);
  }

  async function answerMember(
    { spec, handle, options }: MemberRoute,
    { principal, tenantId: foundTenantId, origin: callerOrigin }: Identified & { origin: Origin },
    input: Input<EndpointSpec>,
  ): Promise<unknown> {
    const tenantId = orNotFound(foundTenantId);
    const { request, reply } = input;
    let result: unknown;

    function enterTenant<Result>(origin: Origin | null, work: (ctx: Ctx) => Promise<Result>): Promise<Result> {
      return enter(services, { tenantId, principal, origin, gone: reply.raw, accountId: principal.accountId }, (ctx) => {
        if (spec.permission) ctx.member.require(spec.permission);
        return work(ctx);
      });
    }

    try {
      const { prepare } = options;
      const outside = prepare && (await enterTenant(null, (ctx) => prepare(ctx, input)));
      const ready = outside ? { ...input, prepared: await outside() } : input;
      // A request that another site's page made the browser send must not sign the session in to the tenant.
      const mustNotSignIn = options.noSignIn || !isSameOrigin(request, config.url);
      return await enterTenant(mustNotSignIn ? null : callerOrigin, async (ctx) => (result = await handle(ctx, ready)));
    } catch (error) {
      // If the commit failed, nobody reads the stream. Left alone, its file would stay open.
      if (result instanceof Readable) result.destroy();
      if (error instanceof Refusal) throw error;
      // If the tenant was deleted meanwhile, the error may be a consequence: a missing key, file or row.
      const deleted = await database.withTenant(tenantId, isDeleted).catch(() => false); // the first error matters more
      if (!deleted) throw error;
      throw new Refusal("not_found", { cause: error });
    }
  }

  return (routes) => {
    for (const route of routes) register(route);
  };
}
