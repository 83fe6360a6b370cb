/** Turns an error into the RFC 9457 problem document that the client gets. Errors other than Refusal reveal nothing to the client. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ErrorCode, Problem } from "#contract/errors.ts";
import { ERRORS } from "#contract/errors.ts";
import { Refusal } from "../refusal.ts";

const BY_FASTIFY_CODE: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_INVALID_JSON_BODY: "malformed_json",
  FST_ERR_CTP_EMPTY_JSON_BODY: "malformed_json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "malformed_json",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_BAD_URL: "not_found",
};

/** Issues may quote the input, so their number and length are limited: an answer should not be longer than its request. */
const MAX_FIELDS = 20;
const MAX_TEXT = 500;

function validationRefusal(error: FastifyError): Refusal {
  // A malformed id gets the same answer as one that never existed.
  if (error.validationContext === "params") return new Refusal("not_found");
  const fields = (error.validation ?? []).slice(0, MAX_FIELDS).map((issue) => ({
    path: issue.instancePath.replace(/^\//, "").replaceAll("/", ".").slice(0, MAX_TEXT),
    message: (issue.message ?? "This is not valid.").slice(0, MAX_TEXT),
  }));
  return new Refusal("invalid_input", { fields, cause: error });
}

/** A size in words: "64 kB", "1 MB". */
function sizeWords(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MB` : `${bytes / 1024} kB`;
}

/** The sentence of an error whose text depends on the route; undefined for the code's own sentence. */
function detailOf(code: ErrorCode, { bodyLimit, config }: FastifyRequest["routeOptions"]): string | undefined {
  if (code === "body_too_large" && bodyLimit) return `This is too large. Send at most ${sizeWords(bodyLimit)}.`;
  if (code === "unsupported_media_type" && config.contentTypes)
    return `Send one of these types: ${config.contentTypes.join(", ")}.`;
  return undefined;
}

/** Whether the client disconnected in the middle of its body. Nobody reads the answer then, and the server has not failed. */
function wasAborted({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}

function toRefusal(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  const fastifyError = error as FastifyError;
  if (fastifyError.validation) return validationRefusal(fastifyError);
  const code = BY_FASTIFY_CODE[fastifyError.code];
  if (code) {
    const detail = detailOf(code, request.routeOptions);
    return new Refusal(code, { ...(detail === undefined ? {} : { detail }), cause: error });
  }
  if (wasAborted(request)) return new Refusal("malformed_json", { cause: error });
  if (error instanceof SyntaxError && fastifyError.statusCode === 400) return new Refusal("malformed_json", { cause: error });
  return new Refusal("internal", { cause: error });
}

function toProblem(refusal: Refusal, requestId: string): Problem {
  return {
    type: `/problems/${refusal.code}`,
    title: ERRORS[refusal.code][1],
    status: refusal.status,
    detail: refusal.detail,
    code: refusal.code,
    requestId,
    ...(refusal.fields ? { fields: refusal.fields } : {}),
    ...(refusal.retryAfter === undefined ? {} : { retryAfter: refusal.retryAfter }),
  };
}

function send(reply: FastifyReply, refusal: Refusal, requestId: string): FastifyReply {
  if (refusal.retryAfter !== undefined) reply.header("retry-after", refusal.retryAfter);
  return reply
    .status(refusal.status)
    .type("application/problem+json")
    .header("cache-control", "no-store")
    .serializer((body: unknown) => JSON.stringify(body))
    .send(toProblem(refusal, requestId));
}

/** Answers every error and every unknown route of the app. */
export function answerProblems(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const refusal = toRefusal(error, request);
    // A refusal with retryAfter, or a disconnected client, is not the server's fault, and a flood of them must not fill the log.
    const isPutOff = error instanceof Refusal && error.retryAfter !== undefined;
    if (refusal.status >= 500 && !isPutOff && !reply.raw.destroyed) {
      request.log.error({ err: refusal.cause ?? error }, "request failed");
    }
    // Fastify would close the connection in mid-body, and a client that is still sending would lose the answer. pacing.ts reads the rest.
    reply.removeHeader("connection");
    if (wasAborted(request)) request.log.debug("a client disconnected before the end of its body");
    return send(reply, refusal, request.id);
  });
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send(reply, new Refusal("not_found"), request.id);
}
