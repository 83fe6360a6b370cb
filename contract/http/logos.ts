import { z } from "zod";
import { endpoint, Id } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** Bytes of an uploaded image. */
export const MAX_LOGO_BYTES = 1024 * 1024;
export const LOGO_CONTENT_TYPES = ["image/png", "image/jpeg", "image/webp", "image/svg+xml"] as const;

export const setLogo = endpoint({
  operationId: "setLogo",
  method: "PUT",
  path: "/tenants/{slug}/logo",
  summary: "Give the workspace a logo. It is drawn anew, at most 256 pixels square; nothing else of the file is kept.",
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
  summary: "Take the logo away. Harmless when there is none.",
  access: "member",
  permission: "workspace.edit",
  params: TenantParams,
  audits: ["workspace.edited"],
  success: { status: 204, description: "There is no logo any more" },
});

export const getLogo = endpoint({
  operationId: "getLogo",
  method: "GET",
  path: "/tenants/{slug}/logos/{logoId}",
  summary: "The logo as an image, which never changes under its id.",
  access: "member",
  params: TenantParams.extend({ logoId: Id }),
  success: { status: 200, description: "The image", contentType: "image/webp" },
});
