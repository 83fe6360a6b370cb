import type { FastifyReply, FastifyRequest } from "fastify";
import * as endpoints from "#contract/http/factors.ts";
import { SESSION_SECONDS } from "../access/sessions.ts";
import {
  clearSecondStep,
  readDeviceCookie,
  readPasskeyToken,
  readSecondStep,
  readSessionToken,
  setSessionToken,
} from "../http/cookies.ts";
import { caller } from "../http/rate-limits.ts";
import { personRoute, publicRoute, type Route } from "../http/route.ts";
import { callerAddress } from "../platform/http/caller.ts";
import type { Services } from "../services.ts";
import { makeAttempts } from "./attempts.ts";
import type { DeviceCookies } from "./device-cookie.ts";
import { confirmTotp, getFactors, removeTotp, renewRecoveryCodes, startTotp } from "./factors.ts";
import { reauthenticate } from "./reauthentication.ts";
import { finishSignIn, type Session } from "./second-step.ts";

const MINUTE = 60_000;

/** Each change mails the person, and new recovery codes cost ten hashes. */
const CHANGES = { rateLimits: [{ max: 20, timeWindow: 60 * MINUTE, key: caller }] };

interface Needed {
  devices: DeviceCookies;
  setCookies: (reply: FastifyReply, session: Session) => void;
}

export function factorRoutes({ config }: Services, { devices, setCookies }: Needed): Route[] {
  const attempts = makeAttempts({ advice: "or use a browser that signed in before" });
  const againAttempts = makeAttempts({ advice: "or sign in again" });
  const deviceFor = (request: FastifyRequest) => (email: string) => devices.find(readDeviceCookie(request, config), email);

  return [
    publicRoute(
      endpoints.finishSignIn,
      async (ctx, { body, request, reply }) => {
        const session = await finishSignIn(ctx, {
          ...body,
          cookie: readSecondStep(request, config),
          browserToken: readPasskeyToken(request, config),
          deviceFor: deviceFor(request),
          address: callerAddress(request),
          sessionToken: readSessionToken(request, config),
          attempts,
        });
        clearSecondStep(reply, config);
        setCookies(reply, session);
        return { account: session.account };
      },
      // High, because a whole office may share one IP address. attempts.ts limits guesses per account.
      { rateLimits: [{ max: 300, timeWindow: 5 * MINUTE }] },
    ),

    personRoute(
      endpoints.reauthenticate,
      async (ctx, { body, request, reply }) => {
        const browserToken = readPasskeyToken(request, config);
        const token = await reauthenticate(ctx, { ...body, browserToken, attempts: againAttempts });
        setSessionToken(reply, config, token, SESSION_SECONDS);
      },
      { rateLimits: [{ max: 30, timeWindow: 5 * MINUTE, key: caller }] },
    ),

    personRoute(endpoints.getFactors, (ctx) => getFactors(ctx)),

    personRoute(endpoints.startTotp, (ctx) => startTotp(ctx), CHANGES),

    personRoute(
      endpoints.confirmTotp,
      async (ctx, { body, reply }) => {
        const { sessionToken, recoveryCodes } = await confirmTotp(ctx, body);
        setSessionToken(reply, config, sessionToken, SESSION_SECONDS);
        return { recoveryCodes };
      },
      { rateLimits: [{ max: 30, timeWindow: 5 * MINUTE, key: caller }] },
    ),

    personRoute(endpoints.removeTotp, (ctx) => removeTotp(ctx), CHANGES),

    personRoute(endpoints.renewRecoveryCodes, async (ctx) => ({ recoveryCodes: await renewRecoveryCodes(ctx) }), CHANGES),
  ];
}
