import { job } from "../platform/jobs.ts";
import { MAIL_PASSWORD_RESET, mailPasswordReset } from "./password-reset.ts";
import { accountRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const accounts: Feature = {
  name: "accounts",
  routes: accountRoutes,
  jobs: (services) => [job(MAIL_PASSWORD_RESET, (payload) => mailPasswordReset(services, payload))],
};
