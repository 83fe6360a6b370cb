import { Readable } from "node:stream";
import * as endpoints from "#contract/http/exports.ts";
import type { Serve } from "../http/serve.ts";
import { parseRange } from "../recordings/recordings.ts";
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

  serve.member(endpoints.downloadExport, async ({ tx, member, params, request, reply }) => {
    const archive = await openExport(services, tx, member, params.exportId);
    try {
      const etag = `"${params.exportId}"`;
      reply.header("accept-ranges", "bytes").header("cache-control", "no-store").header("etag", etag).type("application/x-tar");
      reply.header("content-disposition", `attachment; filename="${params.slug}-export.tar"`);
      const { range, "if-range": ifRange } = request.headers;
      reply.header("content-range", `bytes */${archive.size}`); // for 416 (RFC 9110 §15.5.17)
      // If-Range: a part only of the very archive that the first part came from (RFC 9110 §13.1.5).
      const asked = ifRange === undefined || ifRange === etag ? parseRange(range, archive.size) : null;
      reply.removeHeader("content-range");
      const { start, end } = asked ?? { start: 0, end: archive.size };
      reply.header("content-length", end - start);
      if (asked) reply.status(206).header("content-range", `bytes ${start}-${end - 1}/${archive.size}`);
      // Closed with the stream, which ends with the download.
      return Readable.from(archive.read(start, end), { objectMode: false }).once("close", () => void archive.close());
    } catch (error) {
      await archive.close();
      throw error;
    }
  });

  serve.member(endpoints.deleteExport, ({ tx, member, params }) => deleteExport(services, tx, member, params.exportId));
}
