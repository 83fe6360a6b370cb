import type { Feature } from "../feature.ts";
import { billingRoutes } from "./routes.ts";

export const billing: Feature = {
  name: "billing",
  routes: () => billingRoutes,
};
