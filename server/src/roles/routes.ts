import * as endpoints from "#contract/http/roles.ts";
import { memberRoute } from "../http/route.ts";
import { deleteRole } from "./role-deletion.ts";
import { createRole, getRole, listRoles, updateRole } from "./roles.ts";

export const roleRoutes = [
  memberRoute(endpoints.listRoles, async (ctx) => ({ items: await listRoles(ctx) })),
  memberRoute(endpoints.getRole, (ctx, { params }) => getRole(ctx, params)),
  memberRoute(endpoints.createRole, (ctx, { body }) => createRole(ctx, body)),
  memberRoute(endpoints.updateRole, (ctx, { params, body }) => updateRole(ctx, { ...params, ...body })),
  memberRoute(endpoints.deleteRole, (ctx, { params, body }) => deleteRole(ctx, { ...params, ...body })),
];
