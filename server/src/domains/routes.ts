import * as endpoints from "#contract/http/domains.ts";
import { memberRoute } from "../http/route.ts";
import { checkDomain, claimDomain, listDomains, releaseDomain } from "./domains.ts";

const MINUTE = 60_000;

export const domainRoutes = [
  memberRoute(endpoints.listDomains, (ctx) => listDomains(ctx)),
  memberRoute(endpoints.claimDomain, (ctx, { body }) => claimDomain(ctx, body)),
  memberRoute(endpoints.checkDomain, (ctx, { params }) => checkDomain(ctx, params), {
    // Each sends queries to servers that the workspace chose.
    rateLimits: [{ max: 60, timeWindow: 10 * MINUTE }],
  }),
  memberRoute(endpoints.releaseDomain, (ctx, { params }) => releaseDomain(ctx, params)),
];
