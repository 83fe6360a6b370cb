import * as endpoints from "#contract/http/roles.ts";
import type { Serve } from "../http/serve.ts";
import { deleteRole } from "./role-deletion.ts";
import { createRole, getRole, listRoles, updateRole } from "./roles.ts";

export function registerRoleRoutes(serve: Serve): void {
  serve.member(endpoints.listRoles, async ({ tx, member }) => ({ items: await listRoles(tx, member) }));
  serve.member(endpoints.getRole, ({ tx, member, params }) => getRole(tx, member, params.roleId));
  serve.member(endpoints.createRole, ({ tx, member, body }) => createRole(tx, member, body));
  serve.member(endpoints.updateRole, ({ tx, member, params, body }) => updateRole(tx, member, params.roleId, body));
  serve.member(endpoints.deleteRole, ({ tx, member, params, body }) =>
    deleteRole(tx, member, params.roleId, body.replacementRoleId),
  );
}
