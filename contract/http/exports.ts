import { z } from "zod";
import { endpoint, Id, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** Days for which a finished export can be downloaded. */
export const EXPORT_DAYS = 7;

const Export = z
  .strictObject({
    exportId: Id,
    status: z.enum(["building", "ready", "failed"]),
    requestedByName: z.string(),
    requestedAt: Time,
    finishedAt: Time.nullable(),
    expiresAt: Time.nullable().describe(`When the archive is removed: ${EXPORT_DAYS} days after it was finished`),
    progress: z.number().min(0).max(1),
    size: z.int().describe("Bytes of the archive; while it is being made, the bytes so far"),
    failure: z.string().nullable().describe("What went wrong and what to do"),
    can: z.strictObject({ download: z.boolean() }),
  })
  .meta({ id: "Export" });

/** Upper bound of the list's length. A workspace keeps fewer. */
export const MAX_EXPORTS = 100;

const ExportParams = TenantParams.extend({ exportId: Id });

export const listExports = endpoint({
  operationId: "listExports",
  method: "GET",
  path: "/tenants/{slug}/exports",
  summary: "The exports, newest first.",
  access: "member",
  permission: "workspace.export",
  params: TenantParams,
  success: {
    status: 200,
    description: "All exports",
    schema: z.strictObject({
      items: z.array(Export).max(MAX_EXPORTS),
      can: z.strictObject({ create: z.boolean() }),
      missing: z.string().nullable().describe("A sentence that names what the caller's role lacks to make or download an export"),
    }),
  },
});

export const createExport = endpoint({
  operationId: "createExport",
  method: "POST",
  path: "/tenants/{slug}/exports",
  summary:
    "Start an export of everything in the workspace, in the background. It contains members' addresses, the audit log, the recordings and the invoices, so the caller needs those permissions, too.",
  access: "member",
  permission: "workspace.export",
  params: TenantParams,
  audits: ["export.requested"],
  success: { status: 202, description: "Started; the caller gets a mail when it is ready", schema: Export },
  errors: ["export_running", "too_many_exports", "rate_limited"],
});

export const getExport = endpoint({
  operationId: "getExport",
  method: "GET",
  path: "/tenants/{slug}/exports/{exportId}",
  summary: "One export, with its progress.",
  access: "member",
  permission: "workspace.export",
  params: ExportParams,
  success: { status: 200, description: "The export", schema: Export },
});

export const downloadExport = endpoint({
  operationId: "downloadExport",
  method: "GET",
  path: "/tenants/{slug}/exports/{exportId}/archive",
  summary:
    "The finished archive (tar). Supports a single byte range (RFC 9110 §14), so a download can be resumed. 404 until the export is ready.",
  access: "member",
  permission: "workspace.export",
  params: ExportParams,
  audits: ["export.downloaded"],
  success: { status: 200, description: "The archive", contentType: "application/x-tar" },
  errors: ["range_not_satisfiable"],
});

export const deleteExport = endpoint({
  operationId: "deleteExport",
  method: "DELETE",
  path: "/tenants/{slug}/exports/{exportId}",
  summary: "Delete an export, or stop one that is being made.",
  access: "member",
  permission: "workspace.export",
  params: ExportParams,
  audits: ["export.deleted"],
  success: { status: 204, description: "Deleted" },
});
