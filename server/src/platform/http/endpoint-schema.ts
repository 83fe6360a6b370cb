/** An endpoint of the contract as fastify's route schema, and the whole contract as OpenAPI. */
import swagger from "@fastify/swagger";
import fastify, { type FastifySchema } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { z } from "zod";
import { type ErrorCode, ERRORS, Problem } from "#contract/errors.ts";
import type { EndpointSpec } from "#contract/http/endpoint.ts";
import { ENDPOINTS } from "#contract/http/endpoints.ts";

export const API_PREFIX = "/api/v1";

/** Every code that the operation may answer with, those that its kind implies included. */
function errorCodes(spec: EndpointSpec): ErrorCode[] {
  const codes = new Set<ErrorCode>(spec.errors);
  if (spec.body || spec.query) codes.add("invalid_input");
  if (spec.rawBody) codes.add("unsupported_media_type").add("body_too_large");
  if (spec.access !== "public") codes.add("not_signed_in");
  if (spec.access === "member") codes.add("not_found").add("suspended");
  if (spec.permission) codes.add("forbidden");
  if (spec.method !== "GET") codes.add("cross_site");
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

/** Takes any bytes; the limits are the route's. */
const RAW_BODY = z.unknown().meta({ type: "string", format: "binary" });

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

/** The OpenAPI document of the contract. Handlers are never called: it needs neither configuration nor a database. */
export async function generateOpenApi(): Promise<unknown> {
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
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
