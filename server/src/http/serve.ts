/**
 * Registers endpoints of the contract, each behind its gates. The order is fixed here and nowhere else:
 * same origin → session → membership (404 for everyone else, before the body is even read) → input → the role's
 * permission → the feature, inside one transaction that row-level security holds to the tenant.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { z } from "zod";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { SLUG_KEPT_DAYS } from "#contract/slug.ts";
import { findSession, type SignedIn } from "../accounts/sessions.ts";
import { admit, isDeleted, type Member } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { callerAddress, originOf } from "../platform/http/caller.ts";
import { endpointSchema, fastifyPath } from "../platform/http/endpoint-schema.ts";
import { assertSameOrigin } from "../platform/http/same-origin.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { readSessionToken } from "./cookies.ts";

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

interface Input<Spec extends EndpointSpec> {
  params: Parsed<Spec["params"]>;
  query: Parsed<Spec["query"]>;
  body: Spec["rawBody"] extends object ? Buffer : Parsed<Spec["body"]>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/**
 * What a handler gives back: the success body, or nothing where the contract has none. A body that is not JSON is a stream,
 * sent when the handler's transaction is over; never the reply itself, which as a promise settles only when the client has
 * taken everything: twenty who download slowly would hold every connection to the database.
 */
type Output<Spec extends EndpointSpec> = Spec["success"] extends { schema: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : Spec["success"] extends { contentType: string }
    ? Readable
    : void;

type Handler<Spec extends EndpointSpec, Extra> = (input: Input<Spec> & Extra) => Promise<Output<Spec>>;

interface RateLimit {
  max: number;
  /** Milliseconds. */
  timeWindow: number;
  /** Counted per key; default: the person, or of somebody who isn't signed in the address. */
  key?: (request: FastifyRequest) => string;
}

interface Options {
  /** Each is counted by itself: the caller's own first, then in their order, and none after one that is exceeded. */
  rateLimits?: RateLimit[];
  /** Bytes, where a body may be larger than the app's limit. It is read only for members. */
  bodyLimit?: number;
  /** Asked for by pages that are in no tenant, as the logos of a list are: to look from outside is no sign-in to that tenant. */
  glance?: true;
}

/** The member, and the transaction that is already held to the member's tenant. */
interface InTenant {
  tx: TenantTx;
  member: Member;
  /** Whose session it is: for what goes on after the transaction, and has to be admitted again. */
  account: SignedIn;
}

export interface Serve {
  public<Spec extends EndpointSpec & { access: "public" }>(spec: Spec, handler: Handler<Spec, object>, options?: Options): void;
  account<Spec extends EndpointSpec & { access: "account" }>(
    spec: Spec,
    handler: Handler<Spec, { account: SignedIn }>,
    options?: Options,
  ): void;
  member<Spec extends EndpointSpec & { access: "member" }>(spec: Spec, handler: Handler<Spec, InTenant>, options?: Options): void;
}

declare module "fastify" {
  interface FastifyRequest {
    signedIn: SignedIn | null;
  }
  interface FastifyContextConfig {
    /** What a route takes that does not take JSON. */
    contentTypes?: readonly string[];
  }
}

/** Who asks, for counting. */
export function caller(request: FastifyRequest): string {
  return request.signedIn?.accountId ?? callerAddress(request);
}

/**
 * To a client that asks at an address which the workspace gave up: since when it has (RFC 9745), and when it stops working
 * (RFC 8594). The new one is in the answer of getTenant.
 */
function tellOfMove(reply: FastifyReply, keptUntil: Date): void {
  const since = keptUntil.getTime() / 1_000 - SLUG_KEPT_DAYS * 86_400;
  reply.header("deprecation", `@${Math.floor(since)}`).header("sunset", keptUntil.toUTCString());
}

/** What anybody may name as a key (a mailbox, say) is counted after who names it: refused, they have no count of another forgotten. */
const ownFirst = (limits: RateLimit[]) => limits.toSorted((one, other) => Number("key" in one) - Number("key" in other));

/** Counts of one limit that are kept at once; the one used longest ago is forgotten. */
const COUNTS = 50_000;

export function makeServe(app: FastifyInstance, services: Services): Serve {
  const { config, database } = services;

  function register(spec: EndpointSpec, options: Options, handle: (input: Input<EndpointSpec>) => Promise<unknown>): void {
    const limits = ownFirst(options.rateLimits ?? []).map(({ max, timeWindow, key = caller }) => {
      const keyGenerator = (request: FastifyRequest) => `${spec.operationId} ${key(request)}`;
      const settings = { max, timeWindow, keyGenerator, cache: COUNTS }; // its type has no `cache`, which it takes
      return app.createRateLimit(settings);
    });
    const route: RouteOptions = {
      method: spec.method,
      url: fastifyPath(spec),
      schema: endpointSchema(spec),
      ...(options.bodyLimit === undefined ? {} : { bodyLimit: options.bodyLimit }),
      async onRequest(request, reply) {
        if (spec.method !== "GET") assertSameOrigin(request, config.url);
        if (spec.access === "public") return;
        const slug = spec.access === "member" ? (request.params as { slug: string }).slug : null;
        request.signedIn = await findSession(database, readSessionToken(request, config), slug);
        if (spec.access !== "member") return;
        orNotFound(request.signedIn.tenantId);
        if (request.signedIn.slugKeptUntil) tellOfMove(reply, request.signedIn.slugKeptUntil);
      },
      async preHandler(request) {
        for (const check of limits) {
          const verdict = await check(request);
          if (!verdict.isAllowed && verdict.isExceeded) {
            throw new Refusal("rate_limited", {
              detail: `Too many attempts. Try again in ${verdict.ttlInSeconds} seconds.`,
              retryAfter: verdict.ttlInSeconds,
            });
          }
        }
      },
      async handler(request, reply) {
        const result = await handle({
          params: request.params as never,
          query: request.query as never,
          body: request.body as never,
          request,
          reply,
        });
        if (spec.success.contentType) return reply.send(result);
        reply.status(spec.success.status);
        reply.header("cache-control", "no-store");
        return reply.send(spec.success.schema ? result : undefined);
      },
    };
    if (spec.rawBody) registerRaw(route, spec.rawBody);
    else app.route(route);
  }

  /** In a scope of its own, where nothing but its types is taken, and nothing is parsed. */
  function registerRaw(route: RouteOptions, { contentTypes, maxBytes }: NonNullable<EndpointSpec["rawBody"]>): void {
    void app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser([...contentTypes], { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      scope.route({ ...route, bodyLimit: maxBytes, config: { contentTypes } });
    });
  }

  function requireSignedIn(request: FastifyRequest): SignedIn {
    if (!request.signedIn) throw new Refusal("not_signed_in");
    return request.signedIn;
  }

  return {
    public: (spec, handler, options = {}) => register(spec, options, (input) => handler(input as never)),
    account: (spec, handler, options = {}) =>
      register(spec, options, (input) => handler({ ...input, account: requireSignedIn(input.request) } as never)),
    member: (spec, handler, options = {}) =>
      register(spec, options, (input) => {
        const account = requireSignedIn(input.request);
        let made: unknown;
        const work = async (tx: TenantTx) => {
          const member = await admit(tx, account, options.glance ? null : originOf(input.request));
          if (spec.permission) member.require(spec.permission);
          made = await handler({ ...input, tx, member, account } as never);
          return made;
        };
        const tenantId = orNotFound(account.tenantId);
        return database.withTenant(tenantId, work, input.reply.raw).catch(async (error: unknown) => {
          // Its commit failed: nobody takes the stream, and the file behind it would stay open.
          if (made instanceof Readable) made.destroy();
          // Whatever it fails with when its tenant was deleted under it: a key or a file that is gone, or a row.
          if (error instanceof Refusal) throw error;
          const deleted = await database.withTenant(tenantId, isDeleted).catch(() => false); // the first error is the one to know of
          if (!deleted) throw error;
          throw new Refusal("not_found", { cause: error });
        });
      }),
  };
}
