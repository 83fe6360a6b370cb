import * as endpoints from "#contract/http/mfa.ts";
import { memberRoute } from "../http/route.ts";
import { getMfa, listMfaMembers, setMfaPolicy } from "./mfa.ts";

export const mfaRoutes = [
  memberRoute(endpoints.getMfa, (ctx) => getMfa(ctx)),
  memberRoute(endpoints.listMfaMembers, (ctx, { query }) => listMfaMembers(ctx, query)),
  memberRoute(endpoints.setMfaPolicy, (ctx, { body }) => setMfaPolicy(ctx, body)),
];
