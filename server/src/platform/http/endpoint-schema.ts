/** Turns an endpoint of the contract into fastify's route schema, and the whole contract into OpenAPI. */
import swagger from "@fastify/swagger";
import fastify, { type FastifySchema, type FastifySchemaCompiler } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler as zodValidatorCompiler,
} from "fastify-type-provider-zod";
import { z } from "zod";
import { type ErrorCode, ERRORS, Problem } from "#contract/errors.ts";
import { type EndpointSpec, leavesTraces } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";
import { boundOf, findTooLong, jsonBytes } from "./bounds.ts";

const API_PREFIX = "/api/v1";

/** Every error code that the operation may answer with, including those that its kind implies. */
function errorCodes(spec: EndpointSpec): ErrorCode[] {
  const codes = new Set<ErrorCode>(spec.errors);
  if (spec.body || spec.query) codes.add("invalid_input");
  if (spec.rawBody) codes.add("unsupported_media_type").add("body_too_large");
  if (spec.access !== "public") codes.add("not_signed_in");
  if (spec.access === "member") codes.add("not_found").add("suspended");
  if (spec.permission) codes.add("forbidden");
  if (leavesTraces(spec)) codes.add("cross_site");
  return [...codes].sort();
}

function responses(spec: EndpointSpec): Record<number, unknown> {
  const { status, schema, contentType, description } = spec.success;
  const byStatus: Record<number, unknown> = {};
  for (const code of errorCodes(spec)) byStatus[ERRORS[code][0]] = Problem;
  byStatus[status] = contentType
    ? { description, content: { [contentType]: { schema: z.string().meta({ format: "binary" }) } } }
    : (schema ?? z.null()).describe(description);
  return byStatus;
}

/** `/tenants/{slug}` → `/api/v1/tenants/:slug` */
export function fastifyPath(spec: EndpointSpec): string {
  return API_PREFIX + spec.path.replace(/\{(\w+)\}/g, ":$1");
}

/** Accepts any bytes. The route has the limits. */
const RAW_BODY = z.unknown().meta({ type: "string", format: "binary" });

/** Smallest body limit, so that a slightly too long text is refused by its field and not by the body limit, and white space is accepted. */
const MIN_LIMIT_BYTES = 16 * 1024;

/** The body limit of the operation in bytes: the most that its schema accepts, or less if the contract says so. */
export function bodyLimitOf(spec: EndpointSpec): number {
  if (spec.rawBody) return spec.rawBody.maxBytes;
  const needed = spec.body ? jsonBytes(boundOf(spec.body, spec.operationId)) : 0;
  const kilobytes = Math.ceil(Math.max(needed, MIN_LIMIT_BYTES) / 1024);
  return Math.min(kilobytes * 1024, spec.maxBodyBytes ?? Infinity);
}

/**
 * Counts lists before zod looks at their elements. Zod would look at all of them and report an issue for each.
 * @throws Unbounded for a schema that accepts strings or lists of any length
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = (route) => {
  const validate = zodValidatorCompiler(route);
  if (route.schema === RAW_BODY) return validate;
  const bound = boundOf(route.schema, `${route.method} ${route.url}`);
  return (value) => {
    const found = findTooLong(bound, value);
    return found ? { error: [{ instancePath: found.path, message: found.message }] as never } : validate(value);
  };
};

export function endpointSchema(spec: EndpointSpec): FastifySchema {
  return {
    operationId: spec.operationId,
    summary: spec.summary,
    description: [
      `Errors: ${errorCodes(spec).join(", ") || "none of its own"}.`,
      spec.permission && `Needs the permission ${spec.permission}.`,
      Array.isArray(spec.audits) && `In the audit log: ${spec.audits.join(", ")}.`,
    ]
      .filter(Boolean)
      .join(" "),
    response: responses(spec),
    ...(spec.access === "public" ? { security: [] } : {}),
    ...(spec.params ? { params: spec.params } : {}),
    ...(spec.query ? { querystring: spec.query } : {}),
    ...(spec.body ? { body: spec.body } : {}),
    ...(spec.rawBody ? { body: RAW_BODY, consumes: [...spec.rawBody.contentTypes] } : {}),
  };
}

/** The OpenAPI document of the contract. The handlers are never called, so no configuration or database is needed. */
export async function generateOpenApi(): Promise<unknown> {
  const app = fastify();
  app.setValidatorCompiler(zodValidatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "whoot", version: "1", description: "The API of a whoot server. Errors are RFC 9457 problem documents." },
      security: [{ session: [] }],
      components: {
        securitySchemes: { session: { type: "apiKey", in: "cookie", name: "__Host-whoot-session" } },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  for (const spec of ENDPOINTS) {
    app.route({
      method: spec.method,
      url: fastifyPath(spec),
      schema: endpointSchema(spec),
      handler: () => null,
    });
  }
  await app.ready();
  return app.swagger();
}
