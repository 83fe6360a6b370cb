import * as endpoints from "#contract/http/my-tenants.ts";
import { memberRoute, personRoute } from "../http/route.ts";
import { noteVisit } from "../members/members.ts";
import { getMyActivity, listMyTenants } from "./my-tenants.ts";

const MINUTE = 60_000;

export const myTenantRoutes = [
  personRoute(endpoints.listMyTenants, (ctx, { query }) => listMyTenants(ctx, query), {
    // Each request reads up to 200 tenants of the person.
    rateLimits: [{ max: 60, timeWindow: MINUTE }],
  }),
  personRoute(endpoints.getMyActivity, (ctx, { query }) => getMyActivity(ctx, query), {
    // Each visible window requests it every few seconds.
    rateLimits: [{ max: 200, timeWindow: MINUTE }],
  }),
  memberRoute(endpoints.noteVisit, (ctx) => noteVisit(ctx), {
    rateLimits: [{ max: 240, timeWindow: MINUTE }],
  }),
];
