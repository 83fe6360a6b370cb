import { buildExport } from "./build.ts";
import { BUILD_EXPORT, SWEEP_EXPORTS, sweepExports } from "./exports.ts";
import { exportRoutes } from "./routes.ts";
import { isSealedWith, sealAnew } from "./archive.ts";
import { sealedBlobs } from "../platform/sealed-blobs.ts";
import { job } from "../platform/jobs.ts";
import type { Feature } from "../feature.ts";

export const exports: Feature = {
  name: "exports",
  routes: () => exportRoutes,
  jobs: (services) => [
    job(BUILD_EXPORT, (payload, signal) => buildExport(services, payload, { signal })),
    job(SWEEP_EXPORTS, () => sweepExports(services)),
  ],
  tables: [
    // Exports are not part of an export.
    {
      table: "exports",
      kind: "exports",
      erase: { by: "export_id" },
      refersTo: ["members"],
      exportAs: null,
      exported: [],
      withheld: [
        "export_id",
        "member_id",
        "requested_by_name",
        "requested_at",
        "status",
        "failure",
        "finished_at",
        "expires_at",
        "items_done",
        "items_total",
        "size",
        "checkpoint",
        "tail_sealed",
      ],
    },
  ],
  folders: [{ place: "exports", kind: "export archives", store: ({ archives }) => archives }],
  sealed: (services) => [sealedBlobs(services, services.archives, { isSealedWith, sealAnew, keepsCutShort: false })],
  announces: ["exports"],
};
