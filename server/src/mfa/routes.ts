import * as endpoints from "#contract/http/mfa.ts";
import { makePasswordCheck } from "../accounts/accounts.ts";
import { memberRoute, publicRoute, type Route } from "../http/route.ts";
import { callerAddress } from "../platform/http/caller.ts";
import type { Services } from "../services.ts";
import { getMfa, listMfaMembers, setMfaPolicy } from "./mfa.ts";
import { askMfaReset, resetMfa } from "./reset.ts";

const MINUTE = 60_000;

export function mfaRoutes(services: Services): Route[] {
  const checkPassword = makePasswordCheck(services);
  return [
    memberRoute(endpoints.getMfa, (ctx) => getMfa(ctx)),
    memberRoute(endpoints.listMfaMembers, (ctx, { query }) => listMfaMembers(ctx, query)),
    memberRoute(endpoints.setMfaPolicy, (ctx, { body }) => setMfaPolicy(ctx, body)),
    memberRoute(endpoints.askMfaReset, (ctx, { params }) => askMfaReset(ctx, params), {
      rateLimits: [{ max: 60, timeWindow: 60 * MINUTE }],
    }),
    publicRoute(
      endpoints.resetMfa,
      (ctx, { body, request }) => resetMfa(ctx, { ...body, address: callerAddress(request), checkPassword }),
      { rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }] },
    ),
  ];
}
