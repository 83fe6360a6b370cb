import * as endpoints from "#contract/http/exports.ts";
import { memberRoute } from "../http/route.ts";
import { sendRange } from "../platform/http/range.ts";
import { createExport, deleteExport, getExport, listExports, openExport } from "./exports.ts";

const HOUR = 60 * 60_000;

export const exportRoutes = [
  memberRoute(endpoints.listExports, (ctx) => listExports(ctx)),
  memberRoute(endpoints.getExport, (ctx, { params }) => getExport(ctx, params)),
  memberRoute(endpoints.createExport, (ctx) => createExport(ctx), {
    // An export reads and writes all data of the tenant.
    rateLimits: [{ max: 20, timeWindow: HOUR }],
  }),
  memberRoute(endpoints.downloadExport, async (ctx, { params, request, reply }) => {
    const archive = await openExport(ctx, params);
    reply.header("content-disposition", `attachment; filename="${params.slug}-export.tar"`);
    return sendRange(request, reply, archive, { contentType: "application/x-tar", etag: `"${params.exportId}"` });
  }),
  memberRoute(endpoints.deleteExport, (ctx, { params }) => deleteExport(ctx, params)),
];
