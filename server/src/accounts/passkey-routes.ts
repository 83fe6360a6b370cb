import type { FastifyReply, FastifyRequest } from "fastify";
import * as endpoints from "#contract/http/passkeys.ts";
import { SESSION_SECONDS } from "../access/sessions.ts";
import { readPasskeyToken, readSecondStep, readSessionToken, setPasskeyToken, setSessionToken } from "../http/cookies.ts";
import { caller } from "../http/rate-limits.ts";
import { personRoute, publicRoute, type Route } from "../http/route.ts";
import { makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { startPasskeyAgain, startPasskeySecondStep, startPasskeySignIn, signInWithPasskey } from "./passkey-sign-in.ts";
import { addPasskey, removePasskey, renamePasskey, startPasskey } from "./passkeys.ts";
import type { Session } from "./second-step.ts";

const MINUTE = 60_000;

interface Needed {
  /** The key by which requests that name no account are counted: a browser that signed in before, or an IP address. */
  senderKey: (request: FastifyRequest) => string;
  setCookies: (reply: FastifyReply, session: Session) => void;
}

export function passkeyRoutes({ config }: Services, { senderKey, setCookies }: Needed): Route[] {
  // High, because a whole office may share one IP address. No account is counted: strangers could lock its owner out.
  const signIns = [{ max: 300, timeWindow: 5 * MINUTE, key: senderKey }];
  const again = [{ max: 60, timeWindow: 5 * MINUTE, key: caller }];
  const changes = [{ max: 30, timeWindow: 60 * MINUTE, key: caller }];

  /** The browser's token, to which challenges are bound. A browser without one gets it now. */
  function browserTokenFor(request: FastifyRequest, reply: FastifyReply): string {
    const browserToken = readPasskeyToken(request, config) ?? makeToken();
    setPasskeyToken(reply, config, browserToken);
    return browserToken;
  }

  return [
    publicRoute(
      endpoints.startPasskeySignIn,
      async (ctx, { request, reply }) => startPasskeySignIn(ctx, { browserToken: browserTokenFor(request, reply) }),
      { rateLimits: signIns },
    ),

    publicRoute(
      endpoints.signInWithPasskey,
      async (ctx, { body, request, reply }) => {
        const browserToken = readPasskeyToken(request, config);
        const session = await signInWithPasskey(ctx, { ...body, browserToken, sessionToken: readSessionToken(request, config) });
        setCookies(reply, session);
        return { account: session.account };
      },
      { rateLimits: signIns },
    ),

    publicRoute(
      endpoints.startPasskeySecondStep,
      (ctx, { request, reply }) => {
        const cookie = readSecondStep(request, config);
        return startPasskeySecondStep(ctx, { cookie, browserToken: browserTokenFor(request, reply) });
      },
      { rateLimits: signIns },
    ),

    personRoute(
      endpoints.startPasskeyAgain,
      (ctx, { request, reply }) => startPasskeyAgain(ctx, { browserToken: browserTokenFor(request, reply) }),
      { rateLimits: again },
    ),

    personRoute(
      endpoints.startPasskey,
      (ctx, { request, reply }) => startPasskey(ctx, { browserToken: browserTokenFor(request, reply) }),
      { rateLimits: again },
    ),

    personRoute(
      endpoints.addPasskey,
      async (ctx, { body, request, reply }) => {
        const browserToken = readPasskeyToken(request, config);
        const { sessionToken, ...added } = await addPasskey(ctx, { ...body, browserToken });
        setSessionToken(reply, config, sessionToken, SESSION_SECONDS);
        return added;
      },
      // Each change mails the person, and new recovery codes cost ten hashes.
      { rateLimits: changes },
    ),

    personRoute(endpoints.renamePasskey, (ctx, { params, body }) => renamePasskey(ctx, { ...params, ...body }), {
      rateLimits: again,
    }),

    personRoute(endpoints.removePasskey, (ctx, { params }) => removePasskey(ctx, params), { rateLimits: changes }),
  ];
}
