/** Serves the built web app: its files, and the index page for every other path outside the API. */
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sendNotFound } from "./problems.ts";

const BUILT = fileURLToPath(new URL("../../../../dist/web/", import.meta.url));

export async function serveWebApp(app: FastifyInstance): Promise<void> {
  const built = existsSync(BUILT);
  if (built) {
    await app.register(fastifyStatic, {
      root: BUILT,
      wildcard: false,
      index: false,
      setHeaders(reply, path) {
        // File names in /assets/ contain a hash of the content.
        reply.header("cache-control", path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const page = /^(GET|HEAD)$/.test(request.method) && !/^\/(api|assets)(\/|$)/.test(request.url.split("?")[0] ?? "");
    if (!page || !built) return sendNotFound(request, reply);
    return reply.header("cache-control", "no-cache").sendFile("index.html");
  });
}
