import type { JobKind } from "../platform/jobs.ts";

/** Has every workspace's connections looked after. */
export const CHECK_CONNECTIONS: JobKind<unknown> = { name: "checkSsoConnections", crew: "upkeep", schedule: "23 * * * *" };
/** One job for each workspace, so that one which hangs keeps no other waiting. */
export const WARN_OF_EXPIRY: JobKind<{ tenantId: string }> = { name: "warnOfSsoExpiry", crew: "upkeep" };
