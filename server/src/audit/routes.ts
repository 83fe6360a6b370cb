import * as endpoints from "#contract/http/audit-log.ts";
import type { Serve } from "../http/serve.ts";
import { assertSameOrigin } from "../platform/http/same-origin.ts";
import type { Services } from "../services.ts";
import { exportEntries } from "./export.ts";
import { listActors, listEntries, listTargets } from "./reading.ts";

const MINUTE = 60_000;

export function registerAuditRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.listAuditLog, ({ tx, member, query: { cursor, limit, ...filters } }) =>
    listEntries(tx, member, filters, { cursor, limit }),
  );

  serve.member(endpoints.listAuditActors, ({ tx }) => listActors(tx));

  serve.member(endpoints.listAuditTargets, ({ tx, member, query }) => listTargets(tx, member, query));

  serve.member(
    endpoints.exportAuditLog,
    async ({ tx, member, account, params, query, request, reply }) => {
      // A GET that writes: another site's link must not make somebody export, and say so in the log.
      assertSameOrigin(request, services.config.url);
      const lines = await exportEntries(services, tx, member, account, query);
      reply.type("text/csv; charset=utf-8").header("cache-control", "no-store");
      reply.header("content-disposition", `attachment; filename="audit-log-${params.slug}.csv"`);
      return lines;
    },
    { rateLimits: [{ max: 60, timeWindow: 10 * MINUTE }] },
  );
}
