import * as endpoints from "#contract/http/audit-log.ts";
import { memberRoute } from "../http/route.ts";
import { languagesOf } from "../platform/http/languages.ts";
import { exportEntries } from "./export.ts";
import { listActors, listEntries, listTargets } from "./audit-log.ts";

const MINUTE = 60_000;

export const auditLogRoutes = [
  memberRoute(endpoints.listAuditLog, (ctx, { query: { cursor, limit, ...filters } }) =>
    listEntries(ctx, { filters, cursor, limit }),
  ),
  memberRoute(endpoints.listAuditActors, (ctx, { request }) => listActors(ctx, { languages: languagesOf(request) })),
  memberRoute(endpoints.listAuditTargets, (ctx, { query, request }) =>
    listTargets(ctx, { ...query, languages: languagesOf(request) }),
  ),
  memberRoute(
    endpoints.exportAuditLog,
    async (ctx, { params, query, reply }) => {
      const lines = await exportEntries(ctx, query);
      reply.type("text/csv; charset=utf-8").header("cache-control", "no-store");
      reply.header("content-disposition", `attachment; filename="audit-log-${params.slug}.csv"`);
      return lines;
    },
    { rateLimits: [{ max: 60, timeWindow: 10 * MINUTE }] },
  ),
];
