import type { Feature } from "../feature.ts";
import { memberSessionRoutes } from "./routes.ts";

export const memberSessions: Feature = { name: "member-sessions", routes: () => memberSessionRoutes };
