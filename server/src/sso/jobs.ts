import type { JobKind } from "../platform/jobs.ts";

/** Has every workspace's connections looked after. */
export const CHECK_CONNECTIONS: JobKind<unknown> = { name: "checkSsoConnections", crew: "upkeep", schedule: "23 * * * *" };
/** Looks after the connections of one workspace. A job for each, so that one which hangs keeps no other waiting. */
export const CHECK_TENANT: JobKind<{ tenantId: string }> = { name: "checkTenantsSso", crew: "upkeep" };
export const REFRESH_METADATA: JobKind<{ tenantId: string; connectionId: string }> = {
  name: "refreshSsoMetadata",
  crew: "lookups",
};
