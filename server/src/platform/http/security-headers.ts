/** What every answer tells the browser that it must not do. Helmet knows the headers; they are the same each time, so it is asked once. */
import helmet, { type FastifyHelmetOptions } from "@fastify/helmet";
import fastify, { type FastifyInstance } from "fastify";
import type { Config } from "../../config.ts";

function options({ secureCookies }: Config): FastifyHelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:", "blob:"],
        mediaSrc: ["'self'", "blob:"],
        // 'self' covers the gateway (CSP 3 §6.7.2.8); a scheme alone would let injected code report to any host.
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: "no-referrer" },
    // Over plain http on loopback a browser would hold it against every other server on localhost.
    strictTransportSecurity: secureCookies ? { maxAge: 31_536_000 } : false,
  };
}

/** The headers that helmet adds to an answer. */
async function headersOfHelmet(config: Config): Promise<Array<[string, string]>> {
  const bare = fastify();
  const helmeted = fastify();
  await helmeted.register(helmet, options(config));
  const answers = await Promise.all([bare, helmeted].map((app) => app.inject("/")));
  await Promise.all([bare, helmeted].map((app) => app.close()));
  const [without, all] = answers.map(({ headers }) => headers);
  return Object.entries(all ?? {}).flatMap(([name, value]) => (without && name in without ? [] : [[name, String(value)]]));
}

export async function sendSecurityHeaders(app: FastifyInstance, config: Config): Promise<void> {
  const headers = await headersOfHelmet(config);
  app.addHook("onRequest", (_request, reply, done) => {
    // On the raw answer: it is kept whoever ends it, a file's stream or a refusal.
    for (const [name, value] of headers) reply.raw.setHeader(name, value);
    // Nobody but our own pages may ask for the microphone.
    reply.raw.setHeader("permissions-policy", "microphone=(self), camera=(), geolocation=()");
    done();
  });
}
