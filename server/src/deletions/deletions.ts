/**
 * Deleting a tenant. One transaction makes it disappear for everyone; a tombstone outside the database remembers that; its key is
 * destroyed, so that every copy of its recordings is noise; then a job erases what is left (erasure.ts), and a signed receipt says so.
 */
import { timingSafeEqual } from "node:crypto";
import { parse as parseUuid, stringify as stringifyUuid } from "uuid";
import { reauthenticate } from "../accounts/accounts.ts";
import { lockRoster, type Member, readmit } from "../members/admit.ts";
import { findEmail } from "../members/members.ts";
import { announce } from "../platform/changes.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import { enqueue, type JobPayloads } from "../platform/jobs.ts";
import { openQueuedMail, queueMail } from "../platform/mail/mail.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { currentTenant, mayDeleteTenant } from "../tenants/tenants.ts";
import { destroyKey, listFiles } from "./erasure.ts";
import * as queries from "./queries.ts";

function enqueueErasure(db: Db, tenantId: string): Promise<void> {
  return enqueue(db, "eraseTenant", { tenantId }, `erase ${tenantId}`);
}

/** What a deletion is followed by: which one (16 bytes), and a secret (32 bytes), as base64url. */
function followToken(tenantId: string): string {
  return Buffer.concat([parseUuid(tenantId), Buffer.from(makeToken(), "base64url")]).toString("base64url");
}

/**
 * @param input what the owner typed: the tenant's slug and their own password.
 * @returns the token that the deletion is followed by.
 * @throws Refusal owner_only, confirmation_mismatch, wrong_credentials, not_found when it was deleted a moment ago
 */
export async function deleteTenant(
  services: Services,
  tx: TenantTx,
  member: Member,
  input: { slug: string; password: string },
): Promise<{ token: string }> {
  if (!mayDeleteTenant(member)) throw new Refusal("owner_only");
  const { tenantId, slug } = await currentTenant(tx);
  if (input.slug !== slug) {
    throw new Refusal("confirmation_mismatch", { fields: [{ path: "slug", message: `Type ${slug} to confirm.` }] });
  }
  await reauthenticate(services, member.accountId, input.password);
  // Read again after the wait: who handed the tenant over meanwhile deletes it no more.
  await lockRoster(tx);
  if (!mayDeleteTenant(await readmit(tx, member))) throw new Refusal("owner_only");
  const email = orNotFound(await findEmail(tx, member.memberId));
  const token = followToken(tenantId);
  await services.database.asPlatform("delete a tenant", async ({ db, afterCommit }) => {
    // Of two at once the second deletes nothing: its link would lead nowhere.
    if (!(await queries.beginErasure(db, tenantId, { tokenHash: hashToken(token), replay: false })))
      throw new Refusal("not_found");
    await enqueueErasure(db, tenantId);
    await announce(db, { kind: "tenantDeleted", tenantId });
    // About no tenant any more, and without its name: this mail is to outlive it.
    await queueMail(db, services.keys, {
      to: email,
      subject: "You deleted a workspace on whoot",
      text:
        "The workspace that you deleted is gone for everyone, and the key of its recordings is destroyed. " +
        "This link shows how far the erasure of the rest is and, at the end, the signed receipt. It needs no sign-in: keep it to yourself.",
      link: `${services.publicUrl()}/deletion#${token}`,
      tenantId: null,
    });
    afterCommit(async () => {
      try {
        await bury(services, tenantId);
      } catch (error) {
        services.log.error({ err: error, tenantId }, "a deleted tenant's tombstone couldn't be written; the erasure tries again");
      }
    });
  });
  services.log.info({ tenantId }, "tenant deleted by its owner");
  return { token };
}

async function bury(services: Services, tenantId: string): Promise<void> {
  const erasure = await services.database.readAsPlatform("what was just deleted", (db) => queries.findErasure(db, tenantId));
  if (erasure) await destroyKey(services, erasure);
}

/** How far the deletion is that the token follows. @throws Refusal not_found */
export async function lookUpDeletion(services: Services, token: string) {
  const bytes = Buffer.from(token, "base64url");
  const tenantId = stringifyOrNull(bytes.subarray(0, 16));
  const tombstone = orNotFound(tenantId === null ? null : await services.tombstones.find(tenantId));
  const hash = hashToken(token);
  const expected = Buffer.from(tombstone.tokenHash ?? "", "hex");
  if (expected.length !== hash.length || !timingSafeEqual(expected, hash)) throw new Refusal("not_found");
  const { receipt } = tombstone;
  const erasure = receipt
    ? undefined
    : await services.database.readAsPlatform("how far an erasure is", (db) => queries.findErasure(db, tombstone.tenantId));
  const totals = erasure?.totals ?? {};
  const counts: queries.Counts = erasure?.counts ?? {};
  const steps = receipt
    ? receipt.erased.map(({ kind, count }) => ({ kind, erased: count, total: count }))
    : Object.entries(totals)
        .map(([kind, total]) => ({ kind, erased: Math.min(counts[kind] ?? 0, total), total }))
        .filter(({ total }) => total > 0);
  return {
    deletedAt: tombstone.deletedAt,
    keyDestroyedAt: tombstone.keyDestroyedAt,
    completedAt: receipt?.completedAt ?? null,
    steps,
    receipt,
  };
}

function stringifyOrNull(bytes: Buffer): string | null {
  try {
    return stringifyUuid(bytes);
  } catch {
    return null;
  }
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
  if (tenantId !== null && (await isGone())) await services.mailer.kept.removeTenant(tenantId);
}

/**
 * At start, before anything is served: deletes again what a restored backup brought back, and goes on with what was interrupted,
 * be it between the transaction and the tombstone, or the tombstone and the key; the job may have been given up, or stay locked for
 * hours by the process that crashed. By its end no deleted tenant can be found or opened; its rows and files go with the job.
 */
export async function finishDeletions(services: Services): Promise<void> {
  const { database, tombstones } = services;
  for (const tenantId of await findReturned(services, await tombstones.list())) {
    await database.asPlatform("delete a tenant again that a backup brought back", (tx) =>
      queries.beginErasure(tx.db, tenantId, { tokenHash: null, replay: true }),
    );
    services.log.warn({ tenantId }, "a deleted tenant was back, from a backup; deleting it again");
  }
  for (const { tenantId } of await database.readAsPlatform("unfinished erasures", (db) => queries.listErasures(db))) {
    await bury(services, tenantId);
    await database.asPlatform("erase a deleted tenant after a crash or a restore", (tx) => enqueueErasure(tx.db, tenantId));
  }
}

/** Those of the deleted tenants of which there is anything: in the database, a key, or files. */
async function findReturned(services: Services, deleted: string[]): Promise<Set<string>> {
  const returned = new Set<string>();
  for (let from = 0; from < deleted.length; from += 1_000) {
    const some = deleted.slice(from, from + 1_000);
    const known = await services.database.readAsPlatform("whether deleted tenants are back", (db) => queries.findKnown(db, some));
    for (const tenantId of known) returned.add(tenantId);
  }
  for (const tenantId of deleted) {
    if (services.keys.has(tenantId) || (await listFiles(services, tenantId)).length > 0) returned.add(tenantId);
  }
  return returned;
}
