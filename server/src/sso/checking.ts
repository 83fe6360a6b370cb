/** The hourly job: has the connections of every workspace looked after. */
import { enqueueMany } from "../platform/jobs.ts";
import type { Services } from "../services.ts";
import { WARN_OF_EXPIRY } from "./jobs.ts";
import { listTenants } from "./transactions.ts";

export async function checkConnections({ database }: Services): Promise<void> {
  await database.asPlatform("which workspaces have connections to identity providers", async ({ db }) => {
    const tenantIds = await listTenants(db);
    if (tenantIds.length > 0)
      await enqueueMany(
        db,
        WARN_OF_EXPIRY,
        tenantIds.map((tenantId) => ({ tenantId })),
      );
  });
}
