/** Pairs an operation of the contract with its handler: plain data, which serve.ts registers behind the operation's gates. */
import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import type { Ctx, PersonCtx, PublicCtx } from "../access/ctx.ts";
import type { RateLimit } from "./rate-limits.ts";

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export interface Input<Spec extends EndpointSpec> {
  params: Parsed<Spec["params"]>;
  query: Parsed<Spec["query"]>;
  body: Spec["rawBody"] extends object ? Buffer : Parsed<Spec["body"]>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/**
 * What a handler returns: the success body, or nothing where the contract has none. A body that is not JSON is a stream, which is sent after
 * the handler's transaction. Never return the reply itself: as a promise it settles only when the client has received everything, so twenty
 * slow downloads would hold every database connection.
 */
type Output<Spec extends EndpointSpec> = Spec["success"] extends { schema: infer Schema extends z.ZodType }
  ? z.input<Schema>
  : Spec["success"] extends { contentType: string }
    ? Readable
    : Spec["success"] extends { status: 303 }
      ? { location: string }
      : void;

interface Options {
  rateLimits?: readonly RateLimit[];
}

interface PublicOptions extends Options {
  /** Refuses, before the body is read, what can be refused without it. @throws Refusal */
  beforeBody?: (request: FastifyRequest) => void;
}

interface MemberOptions<Spec extends EndpointSpec, Prepared> extends Options {
  /** The request does not sign the session in to the tenant. For resources that pages outside the tenant load, such as logos. */
  noSignIn?: true;
  /**
   * For work that takes long, such as a request to another server. It runs first, in a transaction of its own, and returns what is then done
   * outside of any transaction. The handler gets the result as `prepared`, and must check again what may have changed.
   */
  prepare?: (ctx: Ctx, input: Input<Spec>) => Promise<() => Promise<Prepared>>;
}

interface RouteOf<Access, HandlerCtx, RouteOptions> {
  readonly spec: EndpointSpec & { access: Access };
  readonly handle: (ctx: HandlerCtx, input: Input<EndpointSpec>) => Promise<unknown>;
  readonly options: RouteOptions;
}

export type PublicRoute = RouteOf<"public", PublicCtx, PublicOptions>;
export type PersonRoute = RouteOf<"account", PersonCtx, Options>;
export type MemberRoute = RouteOf<"member", Ctx, MemberOptions<EndpointSpec, unknown>>;
export type Route = PublicRoute | PersonRoute | MemberRoute;

/** A route that anybody may call. */
export function publicRoute<Spec extends EndpointSpec & { access: "public" }>(
  spec: Spec,
  handle: (ctx: PublicCtx, input: Input<Spec>) => Promise<Output<Spec>>,
  options: PublicOptions = {},
): PublicRoute {
  return { spec, handle, options };
}

/** A route for signed-in people, above tenants. */
export function personRoute<Spec extends EndpointSpec & { access: "account" }>(
  spec: Spec,
  handle: (ctx: PersonCtx, input: Input<Spec>) => Promise<Output<Spec>>,
  options: Options = {},
): PersonRoute {
  return { spec, handle, options };
}

/** A route for members, in a transaction of their tenant. */
export function memberRoute<Spec extends EndpointSpec & { access: "member" }, Prepared = undefined>(
  spec: Spec,
  handle: (ctx: Ctx, input: Input<Spec> & { prepared: Prepared }) => Promise<Output<Spec>>,
  options: MemberOptions<Spec, Prepared> = {},
): MemberRoute {
  return { spec, handle: handle as MemberRoute["handle"], options };
}
