import { z } from "zod";
import { BUILT_IN_ROLES, PERMISSION_NAMES } from "../permissions.ts";
import { endpoint, Id, text } from "./endpoint.ts";
import { PermissionName, TenantParams } from "./tenants.ts";

/** Why a person cannot change or delete a role. The interface says it in words. */
export const RoleRefusal = z.enum(["built_in", "not_allowed", "own_role", "holds_more"]).meta({ id: "RoleRefusal" });
export type RoleRefusal = z.infer<typeof RoleRefusal>;

const Role = z
  .strictObject({
    roleId: Id,
    name: z.string(),
    description: z.string(),
    builtIn: z.enum(BUILT_IN_ROLES).nullable(),
    permissions: z.array(PermissionName),
    version: z.int().describe("Counts the changes; name the one that was seen when changing it"),
    uses: z
      .strictObject({
        members: z.int().describe("Who has it, suspended members included"),
        invitations: z.int().describe("Invitations to it that nobody has accepted or withdrawn"),
        channels: z.int().describe("Restricted channels that it may talk on by choice"),
      })
      .describe("What hangs on it"),
    can: z.strictObject({
      edit: z.boolean(),
      editRefusal: RoleRefusal.nullable(),
      delete: z.boolean(),
      deleteRefusal: RoleRefusal.nullable(),
      give: z
        .boolean()
        .describe("Whether the caller holds all that it allows, and so may give it to somebody where they may give roles"),
    }),
  })
  .meta({ id: "Role" });

const RoleParams = TenantParams.extend({ roleId: Id });

const name = text(1, 60, "a name for the role");
const description = text(0, 280, "a description");
const permissions = z.array(PermissionName).max(PERMISSION_NAMES.length);

export const listRoles = endpoint({
  operationId: "listRoles",
  method: "GET",
  path: "/tenants/{slug}/roles",
  summary: "The roles and what they allow: the built-in ones first, then by name.",
  access: "member",
  permission: "roles.view",
  params: TenantParams,
  success: { status: 200, description: "All roles", schema: z.strictObject({ items: z.array(Role) }) },
});

export const getRole = endpoint({
  operationId: "getRole",
  method: "GET",
  path: "/tenants/{slug}/roles/{roleId}",
  summary: "One role.",
  access: "member",
  permission: "roles.view",
  params: RoleParams,
  success: { status: 200, description: "The role", schema: Role },
});

export const createRole = endpoint({
  operationId: "createRole",
  method: "POST",
  path: "/tenants/{slug}/roles",
  summary: "Create a role. It can hold no permission that the caller lacks.",
  access: "member",
  permission: "roles.create",
  params: TenantParams,
  body: z.strictObject({ name, description: description.default(""), permissions }),
  audits: ["role.created"],
  success: { status: 201, description: "Created", schema: Role },
  errors: ["role_name_taken", "too_many_roles"],
});

export const updateRole = endpoint({
  operationId: "updateRole",
  method: "PATCH",
  path: "/tenants/{slug}/roles/{roleId}",
  summary:
    "Change a role of the workspace's own, but not one's own role, nor one that holds, before or after, what the caller lacks. Acts at once on everybody who has it, on live audio too.",
  access: "member",
  permission: "roles.edit",
  params: RoleParams,
  body: z.strictObject({
    version: z.int().min(1).describe("Of the role as it was seen; when it is another one by now the answer is role_changed"),
    name: name.optional(),
    description: description.optional(),
    permissions: permissions.optional(),
  }),
  audits: ["role.edited"],
  success: { status: 200, description: "As it is now", schema: Role },
  errors: ["role_name_taken", "role_changed", "role_built_in"],
});

export const deleteRole = endpoint({
  operationId: "deleteRole",
  method: "POST",
  path: "/tenants/{slug}/roles/{roleId}/deletion",
  summary:
    "Delete a role of the workspace's own. While members, open invitations or channels hang on it, another role replaces it there in the same step: one that the caller may give. Moving members takes users.change_role, moving invitations users.invite.",
  access: "member",
  permission: "roles.delete",
  params: RoleParams,
  body: z.strictObject({ replacementRoleId: Id.nullable() }),
  audits: ["role.deleted", "member.role_changed", "invitation.role_changed", "channel.edited"],
  success: { status: 204, description: "Deleted" },
  errors: ["role_in_use", "role_built_in"],
});
