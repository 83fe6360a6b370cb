/** The hourly job: queues a check of every workspace that has connections. */
import { isDeleted } from "../access/roster.ts";
import { enqueueMany } from "../platform/jobs.ts";
import type { Services } from "../services.ts";
import { warnOfExpiry } from "./expiry.ts";
import { CHECK_TENANT, REFRESH_METADATA } from "./jobs.ts";
import { listDueForReading } from "./queries.ts";
import { listTenants } from "./transactions.ts";

export async function checkConnections({ database }: Services): Promise<void> {
  await database.asPlatform("which workspaces have connections to identity providers", async ({ db }) => {
    const tenants = (await listTenants(db)).map((tenantId) => ({ tenantId }));
    if (tenants.length > 0) await enqueueMany(db, CHECK_TENANT, tenants);
  });
}

/** Warns of certificates that expire, and queues the reading of metadata that were last read a day ago. */
export async function checkTenant(services: Services, { tenantId }: { tenantId: string }): Promise<void> {
  await services.database.withTenant(tenantId, async (tx) => {
    if (await isDeleted(tx)) return;
    await warnOfExpiry(services, tx);
    const due = (await listDueForReading(tx.db)).map((connectionId) => ({ tenantId, connectionId }));
    if (due.length > 0) await enqueueMany(tx.db, REFRESH_METADATA, due);
  });
}
