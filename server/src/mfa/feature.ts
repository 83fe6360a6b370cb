import type { Feature } from "../feature.ts";
import { mfaRoutes } from "./routes.ts";

export const mfa: Feature = { name: "mfa", routes: mfaRoutes };
