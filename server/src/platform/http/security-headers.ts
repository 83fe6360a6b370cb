/** The security headers of every answer. Helmet makes them, once, because they are always the same. */
import helmet, { type FastifyHelmetOptions } from "@fastify/helmet";
import fastify, { type FastifyInstance } from "fastify";

interface Config {
  /** Whether people reach the server only by https. */
  secureCookies: boolean;
}

function options({ secureCookies }: Config): FastifyHelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:", "blob:"],
        mediaSrc: ["'self'", "blob:"],
        // 'self' includes the gateway (CSP 3 §6.7.2.8). A bare scheme would let injected code report to any host.
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: "no-referrer" },
    // Not over plain http on loopback: the browser would apply it to every other server on localhost.
    strictTransportSecurity: secureCookies ? { maxAge: 31_536_000 } : false,
  };
}

/** The headers that helmet adds to an answer, as name and value. */
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
    // Set on the raw response, so that no kind of answer lacks them, be it a file's stream or a refusal.
    for (const [name, value] of headers) reply.raw.setHeader(name, value);
    // Only our own pages may use the microphone.
    reply.raw.setHeader("permissions-policy", "microphone=(self), camera=(), geolocation=()");
    done();
  });
}
