import * as endpoints from "#contract/http/exports.ts";
import type { Serve } from "../http/serve.ts";
import { sendRange } from "../platform/http/range.ts";
import { assertSameOrigin } from "../platform/http/same-origin.ts";
import type { Services } from "../services.ts";
import { createExport, deleteExport, getExport, listExports, openExport } from "./exports.ts";

const HOUR = 60 * 60_000;

export function registerExportRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.listExports, ({ tx, member }) => listExports(tx, member));

  serve.member(endpoints.getExport, ({ tx, member, params }) => getExport(tx, member, params.exportId));

  serve.member(endpoints.createExport, ({ tx, member }) => createExport(tx, member), {
    // Each reads and writes everything that there is.
    rateLimits: [{ max: 20, timeWindow: HOUR }],
  });

  serve.member(endpoints.downloadExport, async ({ tx, member, account, params, request, reply }) => {
    // A GET that writes: another site's link must not have somebody download it all, and say so in the log.
    assertSameOrigin(request, services.config.url);
    const archive = await openExport(services, tx, member, account, params.exportId);
    reply.header("content-disposition", `attachment; filename="${params.slug}-export.tar"`);
    return sendRange(request, reply, archive, { contentType: "application/x-tar", etag: `"${params.exportId}"` });
  });

  serve.member(endpoints.deleteExport, ({ tx, member, params }) => deleteExport(services, tx, member, params.exportId));
}
