import * as endpoints from "#contract/http/member-sessions.ts";
import { memberRoute } from "../http/route.ts";
import {
  endMemberSession,
  endMemberSessions,
  getSessionLimits,
  listMemberSessions,
  setSessionLimits,
} from "./member-sessions.ts";

export const memberSessionRoutes = [
  memberRoute(endpoints.getSessionLimits, async (ctx) => getSessionLimits(ctx)),
  memberRoute(endpoints.setSessionLimits, (ctx, { body }) => setSessionLimits(ctx, body)),
  memberRoute(endpoints.listMemberSessions, (ctx, { query }) => listMemberSessions(ctx, query)),
  memberRoute(endpoints.endMemberSession, (ctx, { params }) => endMemberSession(ctx, params)),
  memberRoute(endpoints.endMemberSessions, (ctx, { params }) => endMemberSessions(ctx, params)),
];
