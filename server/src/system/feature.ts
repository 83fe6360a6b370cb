import { systemRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const system: Feature = {
  name: "system",
  routes: () => systemRoutes,
};
