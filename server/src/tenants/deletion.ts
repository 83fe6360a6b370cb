/**
 * Deleting a tenant. One transaction makes it disappear for everyone; its key is destroyed, so that every copy of its
 * recordings is noise; then a job, which can be repeated from any point, erases what is left.
 */
import { sql } from "kysely";
import { reauthenticate } from "../accounts/accounts.ts";
import type { Member } from "../members/admit.ts";
import { announce } from "../platform/changes.ts";
import { enqueue } from "../platform/jobs.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { mayDeleteTenant } from "./policy.ts";
import * as queries from "./queries.ts";

/**
 * @param input what the owner typed: the tenant's slug and their own password.
 * @throws Refusal owner_only, confirmation_mismatch, wrong_credentials
 */
export async function deleteTenant(
  services: Services,
  member: Member,
  tenant: { tenantId: string; slug: string },
  input: { slug: string; password: string },
): Promise<void> {
  if (!mayDeleteTenant(member)) throw new Refusal("owner_only");
  if (input.slug !== tenant.slug) {
    throw new Refusal("confirmation_mismatch", {
      fields: [{ path: "slug", message: `Type ${tenant.slug} to confirm.` }],
    });
  }
  await reauthenticate(services, member.accountId, input.password);
  const { tenantId } = tenant;
  await services.database.asPlatform("delete a tenant", async (tx) => {
    await queries.removeFromDirectory(tx.db, tenantId);
    await enqueue(tx.db, "eraseTenant", { tenantId }, `erase ${tenantId}`);
    await announce(tx.db, { kind: "tenantDeleted", tenantId });
    tx.afterCommit(() => services.keys.destroy(tenantId));
  });
  services.log.info({ tenantId }, "tenant deleted by its owner");
}

/** The job: erases key, files, mails, jobs and rows, in that order. Every step is harmless when it is done already. */
export async function eraseTenant(services: Services, tenantId: string): Promise<void> {
  services.keys.destroy(tenantId);
  await services.blobs.removeTenant(tenantId);
  await services.database.asPlatform("erase a deleted tenant", async (tx) => {
    await tx.enterTenant(tenantId);
    await sql`select erase_jobs(${tenantId})`.execute(tx.db);
    for (const table of queries.ERASURE_ORDER) await tx.db.deleteFrom(table).execute();
  });
  // After the jobs: one that was running may have added a mail.
  await services.mailer.outbox?.removeTenant(tenantId);
  await services.database.asPlatform("note that a tenant is erased", (tx) =>
    tx.db.deleteFrom("directory_erasures").where("tenant_id", "=", tenantId).execute(),
  );
  services.log.info({ tenantId }, "deleted tenant erased");
}

/** At start: destroys the keys of deletions that were interrupted between their transaction and the key. */
export async function finishDeletions(services: Services): Promise<void> {
  const erasures = await services.database.readAsPlatform("unfinished erasures", (db) => queries.listErasures(db));
  for (const { tenantId } of erasures) services.keys.destroy(tenantId);
}
