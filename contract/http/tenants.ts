import { z } from "zod";
import { PERMISSION_NAMES, type Permission } from "../permissions.ts";
import { Slug } from "../slug.ts";
import { Account } from "./accounts.ts";
import { endpoint, Id, text, Time } from "./endpoint.ts";

export const PermissionName = z.enum(PERMISSION_NAMES as unknown as [Permission, ...Permission[]]).meta({ id: "Permission" });

export const TenantParams = z.strictObject({ slug: z.string().min(1).max(64) });

export const TenantSummary = z
  .strictObject({
    tenantId: Id,
    slug: z.string(),
    name: z.string(),
    roleName: z.string().describe("The role of the signed-in person there"),
    status: z.enum(["active", "suspended"]).describe("Of their membership"),
  })
  .meta({ id: "TenantSummary" });

export const Tenant = z
  .strictObject({
    tenantId: Id,
    slug: z.string(),
    name: z.string(),
    createdAt: Time,
    self: z.strictObject({
      memberId: Id,
      name: z.string(),
      roleName: z.string(),
      isOwner: z.boolean(),
      permissions: z.array(PermissionName),
    }),
    can: z.strictObject({
      createChannels: z.boolean(),
      invite: z.boolean(),
      viewMembers: z.boolean(),
      delete: z.boolean(),
    }),
  })
  .meta({ id: "Tenant" });

export const getMe = endpoint({
  operationId: "getMe",
  method: "GET",
  path: "/me",
  summary: "The signed-in person and the workspaces they belong to, last used first, then by name.",
  access: "account",
  success: {
    status: 200,
    description: "The person",
    schema: z.strictObject({ account: Account, tenants: z.array(TenantSummary) }),
  },
});

export const checkSlug = endpoint({
  operationId: "checkSlug",
  method: "GET",
  path: "/slugs/{slug}",
  summary: "Whether a workspace could be created at this slug now.",
  access: "account",
  params: TenantParams,
  success: {
    status: 200,
    description: "The verdict, and for one that is not available the sentence to show",
    schema: z.strictObject({
      available: z.boolean(),
      reason: z.enum(["malformed", "reserved", "taken"]).nullable(),
      message: z.string().nullable(),
    }),
  },
  errors: ["rate_limited"],
});

export const createTenant = endpoint({
  operationId: "createTenant",
  method: "POST",
  path: "/tenants",
  summary: "Create a workspace. The caller becomes its owner and first admin.",
  access: "account",
  body: z.strictObject({ name: text(1, 80, "the workspace's name"), slug: Slug }),
  audits: ["workspace.created"],
  success: { status: 201, description: "Created", schema: Tenant },
  errors: ["slug_taken", "slug_reserved", "rate_limited"],
});

export const getTenant = endpoint({
  operationId: "getTenant",
  method: "GET",
  path: "/tenants/{slug}",
  summary: "The workspace, and what the caller is and may do in it.",
  access: "member",
  params: TenantParams,
  success: { status: 200, description: "The workspace", schema: Tenant },
});
