import { z } from "zod";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

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
