import type { JobKind } from "../platform/jobs.ts";

/** Queues CHECK_TENANT for every workspace with a connection. */
export const CHECK_CONNECTIONS: JobKind<unknown> = { name: "checkSsoConnections", crew: "upkeep", schedule: "23 * * * *" };
/** Checks the connections of one workspace. Each workspace has a job of its own, so that one that hangs does not delay the others. */
export const CHECK_TENANT: JobKind<{ tenantId: string }> = { name: "checkTenantsSso", crew: "upkeep" };
export const REFRESH_METADATA: JobKind<{ tenantId: string; connectionId: string }> = {
  name: "refreshSsoMetadata",
  crew: "lookups",
};
