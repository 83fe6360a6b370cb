import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answerOf, pagesOf } from "../../api/operation.ts";

export const sessionLimitsQuery = (slug: string) =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/security/session-limits", { path: { slug } }));

export const memberSessionsQuery = (slug: string) =>
  infiniteQueryOptions(pagesOf("GET /api/v1/tenants/{slug}/sessions", { path: { slug }, query: { limit: 50 } }));
