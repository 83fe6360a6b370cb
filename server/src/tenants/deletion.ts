/**
 * Deleting a tenant. One transaction makes it disappear for everyone; its key is destroyed, so that every copy of its
 * recordings is noise; then a job, which can be repeated from any point, erases what is left.
 */
import { reauthenticate } from "../accounts/accounts.ts";
import type { Member } from "../members/admit.ts";
import { announce } from "../platform/changes.ts";
import type { Db } from "../platform/db/pools.ts";
import { enqueue, type JobPayloads } from "../platform/jobs.ts";
import { openQueuedMail } from "../platform/mail/mail.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { mayDeleteTenant } from "./policy.ts";
import * as queries from "./queries.ts";

function enqueueErasure(db: Db, tenantId: string): Promise<void> {
  return enqueue(db, "eraseTenant", { tenantId }, `erase ${tenantId}`);
}

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
    await enqueueErasure(tx.db, tenantId);
    await announce(tx.db, { kind: "tenantDeleted", tenantId });
    tx.afterCommit(() => services.keys.destroy(tenantId));
  });
  services.log.info({ tenantId }, "tenant deleted by its owner");
}

/**
 * The job: erases key, files, rows, directory, jobs and mails. Every step is harmless when it is done already. Requests that
 * were admitted before the deletion may still be writing: the tenant's own row goes last of all rows, and waits for them (they
 * hold it by their foreign keys). Should they have added rows, it fails and the job is tried again; what they put into the
 * directory, the jobs and the files goes after it.
 */
export async function eraseTenant(services: Services, tenantId: string): Promise<void> {
  // The app role may enqueue jobs, and cannot write this list: it is what makes the job an order.
  const erasures = await services.database.readAsPlatform("whether a tenant is to be erased", (db) => queries.listErasures(db));
  if (!erasures.some((erasure) => erasure.tenantId === tenantId)) return;
  services.keys.destroy(tenantId);
  await services.blobs.removeTenant(tenantId);
  await services.database.asPlatform("erase a deleted tenant", async (tx) => {
    await tx.enterTenant(tenantId);
    await queries.eraseRows(tx.db);
    await queries.removeFromDirectory(tx.db, tenantId);
    await queries.eraseJobs(tx.db, tenantId);
  });
  await services.blobs.removeTenant(tenantId);
  await services.mailer.outbox?.removeTenant(tenantId);
  await services.database.asPlatform("note that a tenant is erased", (tx) => queries.noteErased(tx.db, tenantId));
  services.log.info({ tenantId }, "deleted tenant erased");
}

/** The job that sends a mail: nothing for a tenant that was deleted, before it or in the middle of it. */
export async function sendMail(services: Services, job: JobPayloads["sendMail"]): Promise<void> {
  const { tenantId } = job;
  const isGone = async () =>
    tenantId !== null &&
    !(await services.database.readAsPlatform("whether a mail's tenant is still there", (db) =>
      queries.tenantIsFindable(db, tenantId),
    ));
  if (await isGone()) return;
  await services.mailer.send(openQueuedMail(services.keys, job));
  if (tenantId !== null && (await isGone())) await services.mailer.outbox?.removeTenant(tenantId);
}

/**
 * At start: destroys the keys of deletions that were interrupted between their transaction and the key, and asks for the
 * erasure again: the job may have been given up, or stay locked for hours by the process that crashed.
 */
export async function finishDeletions(services: Services): Promise<void> {
  const erasures = await services.database.readAsPlatform("unfinished erasures", (db) => queries.listErasures(db));
  for (const { tenantId } of erasures) {
    services.keys.destroy(tenantId);
    await services.database.asPlatform("erase a deleted tenant after a crash", (tx) => enqueueErasure(tx.db, tenantId));
  }
}
