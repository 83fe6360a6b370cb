import { z } from "zod";
import { endpoint, Id } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** Size limit of an uploaded image. */
export const MAX_LOGO_BYTES = 1024 * 1024;
export const LOGO_CONTENT_TYPES = ["image/png", "image/jpeg", "image/webp", "image/svg+xml"] as const;

export const setLogo = endpoint({
  operationId: "setLogo",
  method: "PUT",
  path: "/tenants/{slug}/logo",
  summary:
    "Set the workspace's logo. The server redraws the image at 256 pixels square or less and keeps nothing else of the file.",
  access: "member",
  permission: "workspace.edit",
  params: TenantParams,
  rawBody: { contentTypes: LOGO_CONTENT_TYPES, maxBytes: MAX_LOGO_BYTES },
  audits: ["workspace.edited"],
  success: { status: 200, description: "The new logo", schema: z.strictObject({ logoId: Id }) },
  errors: ["unsupported_image", "image_unreadable", "image_too_large", "rate_limited"],
});

export const removeLogo = endpoint({
  operationId: "removeLogo",
  method: "DELETE",
  path: "/tenants/{slug}/logo",
  summary: "Remove the logo. Does nothing when there is none.",
  access: "member",
  permission: "workspace.edit",
  params: TenantParams,
  audits: ["workspace.edited"],
  success: { status: 204, description: "Removed" },
});

export const getLogo = endpoint({
  operationId: "getLogo",
  method: "GET",
  path: "/tenants/{slug}/logos/{logoId}",
  summary: "The logo. The image with an id never changes.",
  access: "member",
  params: TenantParams.extend({ logoId: Id }),
  success: { status: 200, description: "The image", contentType: "image/webp" },
});
