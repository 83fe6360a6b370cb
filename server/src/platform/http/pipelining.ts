/**
 * Refuses requests that are sent before the previous answer (pipelining, RFC 9112 §9.3.2). No browser and no common proxy sends them. Node
 * never tells an answer that is queued behind another one that its connection has closed, so its file, stream and place would stay open.
 */
import type { FastifyInstance } from "fastify";

/** Closes the connection of such a request. It must be among the app's first hooks, before anything has begun for the request. */
export function closePipelines(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    // Node assigns the socket to an answer once the previous one is sent.
    if (reply.raw.socket !== null) return;
    reply.hijack();
    request.raw.socket.destroy();
  });
}
