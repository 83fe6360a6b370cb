/**
 * Deleting a tenant. A tombstone outside the database decides it; one transaction makes the tenant disappear for everyone; its key is
 * destroyed, so that every copy of its recordings is noise; then a job erases what is left (erasure.ts), and a signed receipt says so.
 *
 * The tombstone is written when all of the transaction is done but its commit. Before it nothing has happened; from it on the tenant
 * is deleted, whatever becomes of that commit: it is told to the database again (deleter.ts; finishDeletions at a start).
 */
import { timingSafeEqual } from "node:crypto";
import { parse as parseUuid, stringify as stringifyUuid } from "uuid";
import { StartupError } from "../config.ts";
import { reauthenticate } from "../accounts/accounts.ts";
import { type Member, readmit } from "../members/admit.ts";
import { findEmail } from "../members/members.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import type { JobPayloads } from "../platform/jobs.ts";
import { openQueuedMail } from "../platform/mail/mail.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import type { Tombstone } from "../platform/tombstones.ts";
import type { Services } from "../services.ts";
import { currentTenant, mayDeleteTenant } from "../tenants/tenants.ts";
import { enqueueErasure, isInReceipt, listFiles, newTombstone } from "./erasure.ts";
import * as queries from "./queries.ts";
import { receiptKey } from "./receipts.ts";
import { nameStrays, shareTombstones } from "./reconcile.ts";
import { tryToDestroyKey, type Deletion, isDecided, tellDatabase, type Deleter } from "./deleter.ts";

/** What a deletion is followed by: which one (16 bytes), and a secret (32 bytes), as base64url. */
function followToken(tenantId: string): string {
  return Buffer.concat([parseUuid(tenantId), Buffer.from(makeToken(), "base64url")]).toString("base64url");
}

/**
 * Checks in the request's transaction, and deletes when that is over: what the owner is told hangs on nothing but the deletion itself.
 * @param input what the owner typed: the tenant's slug and their own password.
 * @returns the token that the deletion is followed by.
 * @throws Refusal owner_only, confirmation_mismatch, wrong_credentials; after the commit what decideAndTell throws
 */
export async function deleteTenant(
  services: Services,
  deleter: Deleter,
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
  const email = orNotFound(await findEmail(tx, member.memberId));
  const token = followToken(tenantId);
  const deletion: Deletion = { tenantId, tokenHash: hashToken(token), replay: false, linkTo: { email, token } };
  tx.afterCommit(() => decideAndTell(services, deleter, member, deletion));
  return { token };
}

/**
 * Says truly what became of it, whatever breaks: that nothing was changed, that it is deleted, or that it can't be told yet.
 * @throws Refusal owner_only, disk_unavailable, unavailable, not_found when it was deleted a moment ago
 */
async function decideAndTell(services: Services, deleter: Deleter, owner: Member, deletion: Deletion): Promise<void> {
  const { database, log } = services;
  const { tenantId } = deletion;
  try {
    await database.asPlatform("delete a tenant", async (platform) => {
      const erasure = await tellDatabase(services, platform, deletion);
      // Of two at once the second deletes nothing: its link would lead nowhere.
      if (!erasure) throw new Refusal("not_found");
      // Read again behind the roster's lock: who handed the tenant over meanwhile deletes it no more. Requests that wait for that lock
      // may fill the tenant's line; this has one of its own.
      const now = await database.withTenant(tenantId, (tx) => readmit(tx, owner), undefined, "deletion ");
      if (!mayDeleteTenant(now)) throw new Refusal("owner_only");
      await decide(services, erasure);
    });
    await tryToDestroyKey(services, tenantId);
  } catch (error) {
    const decided = await isDecided(services, deletion).catch(() => null);
    if (decided === false) throw error; // without its tombstone the commit was never sent
    log.error({ err: error, tenantId }, "the database couldn't be told of a deletion; it is told again");
    await deleter.carryOut(deletion);
    // A disk that doesn't say whether it was decided: the deleter asks it until it does.
    if (decided === null) throw new Refusal("disk_unavailable", { detail: NOT_TOLD_YET, cause: error });
  }
  log.info({ tenantId }, "tenant deleted by its owner");
}

const NOT_TOLD_YET =
  "whoot's disk doesn't answer: it can't be told yet whether the workspace is deleted. Look again in a moment. " +
  "Should it be gone, the link to its receipt comes by mail.";

/** @throws Refusal disk_unavailable; not_found when it is decided already, and the database is still to be told */
async function decide(services: Services, erasure: queries.NewErasure): Promise<void> {
  try {
    await services.tombstones.update(erasure.tenantId, (found) => {
      if (found) throw new Refusal("not_found");
      return newTombstone(erasure);
    });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("disk_unavailable", { cause: error });
  }
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
  try {
    await services.mailer.send(openQueuedMail(services.keys, job));
  } catch (error) {
    if (await isGone()) return; // the folder that it was to lie in is erased
    throw error;
  }
  if (tenantId !== null && (await isGone())) await services.mailer.kept.removeTenant(tenantId);
}

/**
 * At start, before anything is served: deletes again what a restored backup brought back, and goes on with what was interrupted,
 * be it between the tombstone and the commit, or the commit and the key; the job may have been given up, or stay locked for
 * hours by the process that crashed. By its end no deleted tenant can be found or opened; its rows and files go with the job.
 */
export async function finishDeletions(services: Services): Promise<void> {
  const { database } = services;
  await assertSigner(services);
  const deleted = await shareTombstones(services);
  for (const tenantId of await findReturned(services, deleted)) await deleteAgain(services, tenantId);
  for (const { tenantId } of await database.readAsPlatform("unfinished erasures", (db) => queries.listErasures(db))) {
    await tryToDestroyKey(services, tenantId);
    await database.asPlatform("erase a deleted tenant after a crash or a restore", (tx) => enqueueErasure(tx.db, tenantId));
  }
  await nameStrays(services, deleted);
}

/**
 * Where all tenants are deleted no tenant's key is left to tell that the master key is another one; but the receipts were signed by the
 * right one, and would be signed anew by this.
 */
async function assertSigner({ keys, tombstones }: Services): Promise<void> {
  const signers = await tombstones.signers();
  const signer = receiptKey(keys);
  if (signers.length === 0 || signers.includes(signer)) return;
  throw new StartupError(
    "The receipts of deleted workspaces were signed with another master key. Set WHOOT_MASTER_KEY, or put master.key back, as it was. " +
      `Should it be lost for good, add the line ${signer} to ${tombstones.signersFile}: the next receipts are signed with this one.`,
  );
}

async function deleteAgain(services: Services, tenantId: string): Promise<void> {
  const tombstone = await services.tombstones.find(tenantId);
  await services.database.asPlatform("delete a tenant again of which there is still something", async (tx) => {
    const { db } = tx;
    const known = await queries.findErasure(db, tenantId);
    // A backup of the midst of an erasure: how far it was then is no news, the receipt has it.
    if (known && tombstone && isInReceipt(known, tombstone)) await queries.noteErased(db, tombstone);
    else if (known) return; // interrupted; goes on where it was
    const decidedOnly = tombstone !== null && tombstone.keyDestroyedAt === null;
    const again = { tenantId, tokenHash: null, replay: true, linkTo: null };
    if (!(await tellDatabase(services, tx, decidedOnly ? await firstTime(db, tombstone) : again))) return;
    services.log.warn({ tenantId, decidedOnly }, "of a deleted tenant there was something; deleting it again");
  });
}

/**
 * The deletion itself, of a process that was killed before the database knew of it or anybody could be answered. The secret of its
 * link is lost, or in a mail that may be lost: its owner gets another.
 */
async function firstTime(db: Db, { tenantId, tokenHash }: Tombstone): Promise<Deletion> {
  const email = await queries.findOwnerEmail(db, tenantId);
  const deletion = { tenantId, tokenHash: tokenHash === null ? null : Buffer.from(tokenHash, "hex"), replay: false };
  if (email === null) return { ...deletion, linkTo: null };
  const token = followToken(tenantId);
  return { ...deletion, tokenHash: hashToken(token), linkTo: { email, token } };
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
