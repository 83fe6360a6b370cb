import { z } from "zod";
import { BUILT_IN_ROLES } from "../permissions.ts";
import { endpoint, Id } from "./endpoint.ts";
import { PermissionName, TenantParams } from "./tenants.ts";

const Role = z
  .strictObject({
    roleId: Id,
    name: z.string(),
    builtIn: z.enum(BUILT_IN_ROLES).nullable(),
    permissions: z.array(PermissionName),
  })
  .meta({ id: "Role" });

export const listRoles = endpoint({
  operationId: "listRoles",
  method: "GET",
  path: "/tenants/{slug}/roles",
  summary: "The roles and what they allow.",
  access: "member",
  permission: "roles.view",
  params: TenantParams,
  success: { status: 200, description: "All roles", schema: z.strictObject({ items: z.array(Role) }) },
});
