import { z } from "zod";
import { bounded } from "../bounded.ts";
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
    lastSeenAt: Time.nullable().describe("Null: never, or not since the server began to record this time"),
    isConnected: z.boolean().describe("Has the workspace open right now"),
    can: z.strictObject({
      changeRole: z.boolean(),
      suspend: z.boolean().describe("Suspend and reactivate"),
      remove: z.boolean(),
      disableMfa: z.boolean().describe("Ask to turn off the member's two-step verification"),
    }),
    why: z
      .strictObject({
        changeRole: z.string().nullable(),
        suspend: z.string().nullable(),
        remove: z.string().nullable(),
        disableMfa: z.string().nullable(),
      })
      .describe("For each action that the caller can't do, the sentence that says why"),
  })
  .meta({ id: "Member" });

const MemberFilter = {
  search: bounded(100).optional(),
  roleId: Id.optional(),
  status: MemberStatus.optional(),
  presence: z.enum(["connected"]).optional().describe("Only members who have the workspace open right now"),
};

const SORTS = ["name", "role", "joined", "lastSeen"] as const;

export const listMembers = endpoint({
  operationId: "listMembers",
  method: "GET",
  path: "/tenants/{slug}/members",
  summary:
    "A page of members. Every word of the search must begin a word of the name. For callers with users.view_contact the search covers email addresses, too.",
  access: "member",
  permission: "users.view",
  params: TenantParams,
  query: PageQuery.extend({
    ...MemberFilter,
    memberId: z
      .union([Id, z.array(Id).max(200)])
      .optional()
      .describe("Only these members, to look up names by id. A page with the highest limit holds all of them"),
    sort: z
      .enum(SORTS)
      .default("joined")
      .describe(
        "role: built-in roles first, then custom roles by name; members of one role by name. Names are sorted by the first language of Accept-Language that the server knows. A cursor keeps the order of its first page",
      ),
    order: z.enum(["asc", "desc"]).default("asc"),
    // A cursor carries a name, which may be long.
    cursor: bounded(2_000).optional(),
  }),
  success: { status: 200, description: "A page of members", schema: page(Member) },
});

export const countMembers = endpoint({
  operationId: "countMembers",
  method: "GET",
  path: "/tenants/{slug}/members/count",
  summary: "The number of members that the same filters find.",
  access: "member",
  permission: "users.view",
  params: TenantParams,
  query: z.strictObject(MemberFilter),
  success: { status: 200, description: "The number", schema: z.strictObject({ total: z.int() }) },
});

/** Members that one request can change. Each takes a statement while the roster is locked, so a higher number would hold up the workspace. */
export const MAX_MEMBERS_AT_ONCE = 500;

export const MemberIds = z
  .array(Id)
  .min(1, "Choose at least one person.")
  .max(MAX_MEMBERS_AT_ONCE, `Choose at most ${MAX_MEMBERS_AT_ONCE} people at a time.`);

const changed = {
  status: 200,
  description: "Done for all of them. Members who needed no change are not counted.",
  schema: z.strictObject({ changed: z.int() }),
} as const;

const refusals = ["not_yourself", "owner_protected", "outranked", "last_admin"] as const;

export const changeMemberRoles = endpoint({
  operationId: "changeMemberRoles",
  method: "POST",
  path: "/tenants/{slug}/members/role-changes",
  summary:
    "Give members a role: all of them or none. The caller must hold every permission of the old and the new role. Takes effect at once, on live audio too.",
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
    "Suspend members: all of them or none. They keep their role and lose all access. The caller must hold every permission of their roles that a Member lacks.",
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
  summary:
    "Reactivate suspended members with their earlier role: all of them or none. Each takes a licence. The same rule as for suspending applies.",
  access: "member",
  permission: "users.suspend",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds }),
  audits: ["member.reactivated"],
  success: changed,
  errors: [...refusals, "licences_taken"],
});

export const removeMembers = endpoint({
  operationId: "removeMembers",
  method: "POST",
  path: "/tenants/{slug}/members/removals",
  summary:
    "Remove members: all of them or none. Their recordings and audit entries stay, with their name. The caller must hold every permission of their roles that a Member lacks.",
  access: "member",
  permission: "users.remove",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds }),
  audits: ["member.removed", "ownership.withdrawn"],
  success: changed,
  errors: refusals,
});
