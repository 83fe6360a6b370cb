import { z } from "zod";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { PermissionName, TenantParams } from "./tenants.ts";

const Member = z
  .strictObject({
    memberId: Id,
    name: z.string(),
    email: z.string().nullable().describe("Null without users.view_contact"),
    roleId: Id,
    roleName: z.string(),
    isOwner: z.boolean(),
    isSelf: z.boolean(),
    status: z.enum(["active", "suspended"]),
    joinedAt: Time,
  })
  .meta({ id: "Member" });

export const listMembers = endpoint({
  operationId: "listMembers",
  method: "GET",
  path: "/tenants/{slug}/members",
  summary: "The members, in the order they joined.",
  access: "member",
  permission: "users.view",
  params: TenantParams,
  query: PageQuery,
  success: { status: 200, description: "A page of members", schema: page(Member) },
});

const Role = z
  .strictObject({
    roleId: Id,
    name: z.string(),
    builtIn: z.enum(["admin", "member", "viewer"]).nullable(),
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
