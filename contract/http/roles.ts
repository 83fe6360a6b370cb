import { z } from "zod";
import { BUILT_IN_ROLES, PERMISSION_NAMES } from "../permissions.ts";
import { endpoint, Id, text } from "./endpoint.ts";
import { PermissionName, TenantParams } from "./tenants.ts";

/** Why a person cannot change or delete a role. The interface has a sentence for each. */
export const RoleRefusal = z.enum(["built_in", "not_allowed", "own_role", "holds_more"]).meta({ id: "RoleRefusal" });
export type RoleRefusal = z.infer<typeof RoleRefusal>;

/** Custom roles that a workspace can have at the highest WHOOT_MAX_ROLES that an operator can set. */
export const MAX_OWN_ROLES = 500;
export const MAX_ROLES = BUILT_IN_ROLES.length + MAX_OWN_ROLES;

const Role = z
  .strictObject({
    roleId: Id,
    name: z.string(),
    description: z.string(),
    builtIn: z.enum(BUILT_IN_ROLES).nullable(),
    permissions: z.array(PermissionName).max(PERMISSION_NAMES.length),
    version: z.int().describe("Rises with each change of the role. Send the version that you saw with a change"),
    uses: z
      .strictObject({
        members: z.int().describe("Members with the role, suspended ones included"),
        invitations: z.int().describe("Invitations to the role that nobody has accepted or withdrawn"),
        channels: z.int().describe("Restricted channels on which the role was chosen to talk"),
      })
      .describe("What uses the role"),
    can: z.strictObject({
      edit: z.boolean(),
      editRefusal: RoleRefusal.nullable(),
      delete: z.boolean(),
      deleteRefusal: RoleRefusal.nullable(),
      give: z
        .boolean()
        .describe("Whether the caller holds all permissions of the role, and so may give it if they may give roles at all"),
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
  summary: "The roles with their permissions: built-in roles first, then by name.",
  access: "member",
  permission: "roles.view",
  params: TenantParams,
  success: { status: 200, description: "All roles", schema: z.strictObject({ items: z.array(Role).max(MAX_ROLES) }) },
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
  summary: "Create a role. It can hold only permissions that the caller holds and that are available.",
  access: "member",
  permission: "roles.create",
  params: TenantParams,
  body: z.strictObject({ name, description: description.default(""), permissions }),
  audits: ["role.created"],
  success: { status: 201, description: "Created", schema: Role },
  errors: ["role_name_taken", "quota_reached"],
});

export const updateRole = endpoint({
  operationId: "updateRole",
  method: "PATCH",
  path: "/tenants/{slug}/roles/{roleId}",
  summary:
    "Change a custom role. Nobody can change their own role. The caller must hold every permission that the role has before and after. The role cannot gain a permission that is not available. Takes effect at once for its members and their live audio.",
  access: "member",
  permission: "roles.edit",
  params: RoleParams,
  body: z.strictObject({
    version: z.int().min(1).describe("The version that you saw. If the role has another by now, the answer is role_changed"),
    name: name.optional(),
    description: description.optional(),
    permissions: permissions.optional(),
  }),
  audits: ["role.edited"],
  success: { status: 200, description: "The role as it is now", schema: Role },
  errors: ["role_name_taken", "role_changed", "role_built_in"],
});

export const deleteRole = endpoint({
  operationId: "deleteRole",
  method: "POST",
  path: "/tenants/{slug}/roles/{roleId}/deletion",
  summary:
    "Delete a custom role. If members, open invitations or channels use it, name a replacement that the caller may give. Moving members needs users.change_role, moving invitations needs users.invite.",
  access: "member",
  permission: "roles.delete",
  params: RoleParams,
  body: z.strictObject({ replacementRoleId: Id.nullable() }),
  audits: ["role.deleted", "member.role_changed", "invitation.role_changed", "channel.edited"],
  success: { status: 204, description: "Deleted" },
  errors: ["role_in_use", "role_built_in"],
});
