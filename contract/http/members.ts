import { z } from "zod";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const MemberStatus = z.enum(["active", "suspended"]);

const Member = z
  .strictObject({
    memberId: Id,
    name: z.string(),
    email: z.string().nullable().describe("Null without users.view_contact"),
    roleId: Id,
    roleName: z.string(),
    isOwner: z.boolean(),
    isSelf: z.boolean(),
    status: MemberStatus,
    joinedAt: Time,
    lastSeenAt: Time.nullable().describe("Null: never, or not since this is kept"),
    can: z.strictObject({
      changeRole: z.boolean(),
      suspend: z.boolean().describe("And reactivate"),
      remove: z.boolean(),
    }),
    why: z
      .strictObject({ changeRole: z.string().nullable(), suspend: z.string().nullable(), remove: z.string().nullable() })
      .describe("For what the caller can't do: the sentence that says why"),
  })
  .meta({ id: "Member" });

const SORTS = ["name", "role", "joined", "lastSeen"] as const;

export const listMembers = endpoint({
  operationId: "listMembers",
  method: "GET",
  path: "/tenants/{slug}/members",
  summary:
    "The members. A search finds those in whom every word of it begins a word of the name or, for callers with users.view_contact, of the address.",
  access: "member",
  permission: "users.view",
  params: TenantParams,
  query: PageQuery.extend({
    search: z.string().max(100).optional(),
    memberId: z
      .union([Id, z.array(Id).max(200)])
      .optional()
      .describe("Of these only: for who has ids and wants names. The page may hold all of them"),
    roleId: Id.optional(),
    status: MemberStatus.optional(),
    sort: z.enum(SORTS).default("joined").describe("role: the built-in ones first, then by name; in a role by name"),
    order: z.enum(["asc", "desc"]).default("asc"),
    // It carries a name, which may be long.
    cursor: z.string().max(2_000).optional(),
  }),
  success: { status: 200, description: "A page of members", schema: page(Member) },
});

/** More than a person picks by hand; one statement each, so that nothing else of the workspace waits long. */
export const MAX_MEMBERS_AT_ONCE = 500;

export const MemberIds = z
  .array(Id)
  .min(1, "Choose at least one person.")
  .max(MAX_MEMBERS_AT_ONCE, `Choose at most ${MAX_MEMBERS_AT_ONCE} people at a time.`);

const changed = {
  status: 200,
  description: "Done, for all of them. Those who were so already are not counted.",
  schema: z.strictObject({ changed: z.int() }),
} as const;

const refusals = ["not_yourself", "owner_protected", "outranked", "last_admin"] as const;

export const changeMemberRoles = endpoint({
  operationId: "changeMemberRoles",
  method: "POST",
  path: "/tenants/{slug}/members/role-changes",
  summary:
    "Give members a role: all of them or none. Nobody gives a role, or takes one away, that holds a permission they lack. Acts on live audio at once.",
  access: "member",
  permission: "users.change_role",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds, roleId: Id }),
  audits: ["member.role_changed"],
  success: changed,
  errors: refusals,
});

export const suspendMembers = endpoint({
  operationId: "suspendMembers",
  method: "POST",
  path: "/tenants/{slug}/members/suspensions",
  summary:
    "Suspend members: all of them or none. They keep their role, and nothing of the workspace lets them in. Nobody suspends somebody whose role, beyond what a Member may, holds a permission they lack.",
  access: "member",
  permission: "users.suspend",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds }),
  audits: ["member.suspended", "ownership.withdrawn"],
  success: changed,
  errors: refusals,
});

export const reactivateMembers = endpoint({
  operationId: "reactivateMembers",
  method: "POST",
  path: "/tenants/{slug}/members/reactivations",
  summary: "Let suspended members in again, with the role that they had: all of them or none. Of whom one could suspend.",
  access: "member",
  permission: "users.suspend",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds }),
  audits: ["member.reactivated"],
  success: changed,
  errors: refusals,
});

export const removeMembers = endpoint({
  operationId: "removeMembers",
  method: "POST",
  path: "/tenants/{slug}/members/removals",
  summary:
    "Remove members: all of them or none. What they said and did stays, under their name. Nobody removes somebody whose role, beyond what a Member may, holds a permission they lack.",
  access: "member",
  permission: "users.remove",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds }),
  audits: ["member.removed", "ownership.withdrawn"],
  success: changed,
  errors: refusals,
});
