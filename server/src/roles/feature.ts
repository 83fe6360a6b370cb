import { roleRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const roles: Feature = {
  name: "roles",
  routes: () => roleRoutes,
  tables: [
    {
      table: "roles",
      kind: "roles",
      erase: "last",
      refersTo: [],
      exportAs: "roles",
      exported: ["role_id", "name", "built_in", "permissions", "created_at", "description", "version"],
      withheld: [],
    },
  ],
  announces: ["roles"],
};
