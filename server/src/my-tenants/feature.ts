import { myTenantRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const myTenants: Feature = {
  name: "my-tenants",
  routes: () => myTenantRoutes,
};
