import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../refusal.ts";

/**
 * Answers 404 to every upgrade request that is not for `path`. The websocket plugin would upgrade all of them and leave the sockets open.
 */
export function refuseUpgrades(app: FastifyInstance, path: string): void {
  app.addHook("onRequest", async (request) => {
    if (request.ws && request.routeOptions.url !== path) throw new Refusal("not_found");
  });
}

/** Closes the connection of an upgrade request that is answered before any hook runs, because nothing else would. */
export function closeRefusedUpgrade({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.headers.upgrade !== undefined) reply.raw.once("finish", () => raw.socket.destroySoon());
}
