/**
 * Deleting a tenant. A tombstone outside the database decides the deletion. One transaction makes the tenant disappear for everyone. Its
 * key is destroyed, so that no copy of its recordings can be opened. Then a job erases the rest (erasure.ts) and signs a receipt.
 *
 * The tombstone is written just before the transaction commits. Before it, nothing has happened. After it, the tenant is deleted even if
 * the commit fails: the transaction is then repeated (by deleter.ts, or by finishDeletions at the next start).
 */
import { timingSafeEqual } from "node:crypto";
import { parse as parseUuid, stringify as stringifyUuid } from "uuid";
import type { Ctx, PublicCtx } from "../access/ctx.ts";
import { attachDocument, endingOf, stageDocuments } from "../billing/billing.ts";
import { enter } from "../access/gate.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { StartupError } from "../platform/startup-error.ts";
import { findEmail } from "../members/members.ts";
import type { Db } from "../platform/db/pools.ts";
import { type Attachment, type MailMessage, openQueuedMail, type QueuedMail } from "../platform/mail/mail.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import type { Deletion, Tombstone } from "../platform/tombstones.ts";
import type { Services } from "../services.ts";
import { mayDeleteTenant } from "../tenants/tenants.ts";
import { enqueueErasure, isInReceipt, listFiles, newTombstone } from "./erasure.ts";
import * as queries from "./queries.ts";
import { receiptKey } from "./receipts.ts";
import { nameStrays, shareTombstones } from "./reconcile.ts";
import { isDecided, tellDatabase, tryToDestroyKey } from "./deleter.ts";

export { receiptKey } from "./receipts.ts";

/** The token of a deletion's status page: the tenant's id (16 bytes) and a secret (32 bytes), as base64url. */
function followToken(tenantId: string): string {
  return Buffer.concat([parseUuid(tenantId), Buffer.from(makeToken(), "base64url")]).toString("base64url");
}

/** @throws Refusal owner_only, confirmation_mismatch, reauthentication_required */
function assertMayDelete({ member, tenant: { slug }, principal }: Ctx, typed: { slug: string }): void {
  if (!mayDeleteTenant(member)) throw new Refusal("owner_only");
  if (typed.slug !== slug) {
    throw new Refusal("confirmation_mismatch", { fields: [{ path: "slug", message: `Type ${slug} to confirm.` }] });
  }
  assertRecentlyAuthenticated(principal);
}

/**
 * Checks the request in its transaction and deletes after that commits, so that the answer depends on the deletion alone.
 * @param input the slug that the owner typed
 * @returns the token of the deletion's status page
 * @throws Refusal owner_only, confirmation_mismatch, reauthentication_required; after the commit, what decideAndTell throws
 */
export async function deleteTenant(ctx: Ctx, input: { slug: string }): Promise<{ token: string }> {
  assertMayDelete(ctx, input);
  const { tenantId } = ctx.tenant;
  const email = orNotFound(await findEmail(ctx, ctx.member.memberId));
  const token = followToken(tenantId);
  const deletion: Deletion = { tenantId, tokenHash: hashToken(token), replay: false, linkTo: { email, token } };
  ctx.afterCommit(() => decideAndTell(ctx, deletion));
  return { token };
}

/**
 * Deletes the tenant. Whatever fails, the answer is true: nothing was changed, the tenant is deleted, or that is not known yet.
 * @throws Refusal owner_only, disk_unavailable, unavailable, not_found when another request has just deleted it
 */
async function decideAndTell({ services, principal, member: owner }: Ctx, deletion: Deletion): Promise<void> {
  const { database, log, deleter } = services;
  const { tenantId } = deletion;
  await stage(services, tenantId);
  try {
    await database.asPlatform("delete a tenant", async (platform) => {
      const erasure = await tellDatabase(services, platform, deletion);
      // Another request deletes the tenant. This one's link would lead nowhere.
      if (!erasure) throw new Refusal("not_found");
      // Read the member again behind the roster's lock: the owner may have handed over the tenant meanwhile. Needs its own share of
      // connections, because requests that wait for that lock may use up the tenant's.
      const entry = { tenantId, principal, origin: null, line: "deletion" as const };
      const now = await enter(services, entry, async ({ member }) => member);
      if (now.memberId !== owner.memberId || !mayDeleteTenant(now)) throw new Refusal("owner_only");
      await decide(services, erasure);
    });
    await tryToDestroyKey(services, tenantId);
  } catch (error) {
    const decided = await isDecided(services, deletion).catch(() => null);
    if (decided === false) throw error; // without a tombstone, the commit was never sent
    log.error({ err: error, tenantId }, "committing a decided deletion failed; trying again");
    await deleter.carryOut(deletion);
    // The disk does not say whether the deletion is decided. The deleter asks until it does.
    if (decided === null) throw new Refusal("disk_unavailable", { detail: NOT_TOLD_YET, cause: error });
  }
  log.info({ tenantId }, "tenant deleted by its owner");
}

/** @throws Refusal disk_unavailable */
async function stage(services: Services, tenantId: string): Promise<void> {
  try {
    await stageDocuments(services, tenantId);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new Refusal("disk_unavailable", { detail: NOT_ARCHIVED, cause: error });
  }
}

const NOT_ARCHIVED =
  "Nothing was deleted. The law demands that invoices are kept, and whoot's disk is full or doesn't answer, so they can't be put into the archive.";

const NOT_TOLD_YET =
  "whoot's disk doesn't answer, so it isn't known yet whether the workspace is deleted. Look again in a moment. " +
  "If it is gone, the link to its receipt comes by mail.";

/** Writes the tombstone. @throws Refusal disk_unavailable; not_found when one exists that the database does not know yet */
async function decide(services: Services, erasure: queries.NewErasure): Promise<void> {
  try {
    await services.tombstones.update(erasure.tenantId, (existing) => {
      if (existing) throw new Refusal("not_found");
      return newTombstone(erasure);
    });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("disk_unavailable", { cause: error });
  }
}

/** What ends with the workspace. @throws Refusal owner_only */
export async function previewDeletion(ctx: Ctx) {
  if (!mayDeleteTenant(ctx.member)) throw new Refusal("owner_only");
  const ending = await endingOf(ctx.services, ctx);
  const unrecorded = ending?.unrecorded.map(({ number, received }) => ({ number, received })) ?? [];
  return { billing: ending && { ...ending, unrecorded } };
}

/** The progress of the token's deletion, and its receipt once it is done. @throws Refusal not_found */
export async function lookUpDeletion({ services }: PublicCtx, { token }: { token: string }) {
  const bytes = Buffer.from(token, "base64url");
  const tenantId = stringifyOrNull(bytes.subarray(0, 16));
  const tombstone = orNotFound(tenantId === null ? null : await services.tombstones.find(tenantId));
  const hash = hashToken(token);
  const expected = Buffer.from(tombstone.tokenHash ?? "", "hex");
  if (expected.length !== hash.length || !timingSafeEqual(expected, hash)) throw new Refusal("not_found");
  const { receipt } = tombstone;
  const erasure = receipt
    ? undefined
    : await services.database.asPlatformStatement("how far an erasure is", (db) => queries.findErasure(db, tombstone.tenantId));
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
    waitsFor: (erasure?.waitsFor ?? null) as "archive" | "provider" | null,
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

/** A document that can't be made must not hold back its mail, which has a link to the document. */
async function attachmentsOf(services: Services, { tenantId, documentId }: MailMessage): Promise<Attachment[]> {
  if (tenantId === null || documentId === undefined) return [];
  try {
    return [await attachDocument(services, { tenantId, invoiceId: documentId })];
  } catch (error) {
    if (error instanceof Refusal && error.code === "unavailable") throw error; // the job tries again
    services.log.error({ err: error, tenantId, documentId }, "a mail goes without its document");
    return [];
  }
}

/** The job that sends a mail. Leaves nothing behind if the mail's tenant is deleted before or while it runs. */
export async function sendMail(services: Services, job: QueuedMail): Promise<void> {
  const { tenantId } = job;
  const isGone = async () =>
    tenantId !== null &&
    !(await services.database.asPlatformStatement("whether a mail's tenant is still there", (db) =>
      queries.tenantIsFindable(db, tenantId),
    ));
  if (await isGone()) return;
  try {
    const message = openQueuedMail(services.keys, job);
    await services.mailer.send(message, await attachmentsOf(services, message));
  } catch (error) {
    if (await isGone()) return; // the erasure removed the tenant's outbox folder
    throw error;
  }
  if (tenantId !== null && (await isGone())) await services.mailer.kept.removeTenant(tenantId);
}

/**
 * At start, before anything is served: deletes again what a restored backup brought back, and continues interrupted deletions,
 * whether between tombstone and commit or between commit and key. Queues the erasures again, because a crashed process may keep
 * their jobs locked for hours. Afterwards no deleted tenant can be found or opened; the job erases its rows and files.
 */
export async function finishDeletions(services: Services): Promise<void> {
  const { database } = services;
  await assertSigner(services);
  const { deleted, unfinished } = await shareTombstones(services);
  // A database from before the workspace existed knows nothing of an unfinished erasure, whose documents wait for the archive.
  const again = (await findReturned(services, deleted)).union(new Set(unfinished));
  for (const tenantId of again) await deleteAgain(services, tenantId);
  for (const { tenantId } of await database.asPlatformStatement("unfinished erasures", (db) => queries.listErasures(db))) {
    await tryToDestroyKey(services, tenantId);
    await database.asPlatform("erase a deleted tenant after a crash or a restore", (tx) => enqueueErasure(tx.db, tenantId));
  }
  await nameStrays(services, deleted);
}

/**
 * Detects a wrong master key by the signers of earlier receipts, because after all tenants are deleted no tenant key reveals it. Otherwise
 * existing receipts would be signed again with the wrong key.
 * @throws StartupError
 */
async function assertSigner({ keys, tombstones }: Services): Promise<void> {
  const signers = await tombstones.signers();
  const signer = receiptKey(keys);
  if (signers.length === 0 || signers.includes(signer)) return;
  throw new StartupError(
    "The receipts of deleted workspaces were signed with another master key. Set WHOOT_MASTER_KEY to that key, or put its master.key back. " +
      `If that key is lost for good, add the line ${signer} to ${tombstones.signersFile}: new receipts are then signed with the current key.`,
  );
}

async function deleteAgain(services: Services, tenantId: string): Promise<void> {
  const tombstone = await services.tombstones.find(tenantId);
  await services.database.asPlatform("delete a tenant again of which there is still something", async (tx) => {
    const { db } = tx;
    const known = await queries.findErasure(db, tenantId);
    // The backup was taken during an erasure that the receipt already covers: drop its progress.
    if (known && tombstone && isInReceipt(known, tombstone)) await queries.noteErased(db, tombstone);
    else if (known) return; // an interrupted erasure continues where it was
    const decidedOnly = tombstone !== null && tombstone.keyDestroyedAt === null;
    const repetition = { tenantId, tokenHash: null, replay: true, linkTo: null };
    if (!(await tellDatabase(services, tx, decidedOnly ? await firstTime(db, tombstone) : repetition))) return;
    if (tombstone?.forReceipt) await queries.noteForReceipt(db, tenantId, tombstone.forReceipt);
    services.log.warn({ tenantId, decidedOnly }, "found data of a deleted tenant; deleting it again");
  });
}

/**
 * The deletion of a tombstone whose process was killed before the commit and the answer. The owner gets a new link, because the old
 * link's secret is lost or in a mail that may be lost.
 */
async function firstTime(db: Db, { tenantId, tokenHash }: Tombstone): Promise<Deletion> {
  const email = await queries.findOwnerEmail(db, tenantId);
  const deletion = { tenantId, tokenHash: tokenHash === null ? null : Buffer.from(tokenHash, "hex"), replay: false };
  if (email === null) return { ...deletion, linkTo: null };
  const token = followToken(tenantId);
  return { ...deletion, tokenHash: hashToken(token), linkTo: { email, token } };
}

/** The deleted tenants that have rows in the database, a key, or files. */
async function findReturned(services: Services, deleted: string[]): Promise<Set<string>> {
  const returned = new Set<string>();
  for (let from = 0; from < deleted.length; from += 1_000) {
    const chunk = deleted.slice(from, from + 1_000);
    const known = await services.database.asPlatformStatement("whether deleted tenants are back", (db) =>
      queries.findKnown(db, chunk),
    );
    for (const tenantId of known) returned.add(tenantId);
  }
  for (const tenantId of deleted) {
    if (services.keys.has(tenantId) || (await listFiles(services, tenantId)).length > 0) returned.add(tenantId);
  }
  return returned;
}
