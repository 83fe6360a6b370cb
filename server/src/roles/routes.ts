import * as endpoints from "#contract/http/roles.ts";
import type { Serve } from "../http/serve.ts";
import { listRoles } from "./roles.ts";

export function registerRoleRoutes(serve: Serve): void {
  serve.member(endpoints.listRoles, async ({ tx }) => ({ items: await listRoles(tx) }));
}
