/**
 * Reads the metadata of connections again from their URL, daily and on request. Changes are trusted only if a member vouches for the URL:
 * the one who entered it, if they could still do so, or the one who asks for the reading.
 */
import { HELD_METADATA, type HeldMetadata } from "#contract/sso.ts";
import type { Ctx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { behindRosterLock, isDeleted, lockRoster } from "../access/roster.ts";
import { type Audit, changesBetween, openAudit, WHOOT } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { changeConnection } from "./changing.ts";
import { mailConfigurers } from "./mails.ts";
import { isHeld, type MetadataProblem } from "./metadata-problem.ts";
import { presentOne } from "./presenting.ts";
import { readMetadataAt } from "./provider-settings.ts";
import type { Connection } from "./queries.ts";
import * as queries from "./queries.ts";
import { assertMayChangeTrust, trusteeStillMay } from "./trust-rights.ts";
import { forAudit, isSameTrust, targetOf } from "./trust.ts";

type Read = Awaited<ReturnType<typeof readMetadataAt>>;

interface Reading {
  row: Connection;
  read: Read;
  /** The id of the member who vouches for the URL; null if nobody does. */
  voucher: string | null;
  audit: Audit;
}

/** The connection with the settings that were read. The same certificates in another order are no change. */
function withRead(row: Connection, { signOnUrl, signOnBinding, certificates }: Exclude<Read, { fault: unknown }>): Connection {
  const isSameSet = new Set(row.certificates).symmetricDifference(new Set(certificates)).size === 0;
  return { ...row, signOnUrl, signOnBinding, certificates: isSameSet ? row.certificates : certificates };
}

/** The connection after the reading, and the problem that keeps the metadata from being taken over. */
function judge({ row, read, voucher }: Reading): { after: Connection; problem: MetadataProblem | null } {
  const now = new Date();
  const failed = (problem: MetadataProblem) => ({
    problem,
    after: { ...row, metadataTriedAt: now, metadataProblem: problem },
  });
  if ("fault" in read) return failed({ reason: read.fault });
  const { idpEntityId } = read;
  if (idpEntityId !== row.idpEntityId) return failed({ reason: "other_entity", received: idpEntityId });
  if (voucher === null) return failed({ reason: "out_of_reach" });
  const after: Connection = {
    ...withRead(row, read),
    metadataReadAt: now,
    metadataTriedAt: now,
    metadataProblem: null,
    trustedBy: voucher,
  };
  return { problem: null, after: isSameTrust(row, after) ? after : { ...after, testedAt: null, testedBy: null } };
}

/** Stores the result of a reading, and records and mails what changed. */
async function apply(services: Services, tx: TenantTx, reading: Reading): Promise<void> {
  const { row, audit } = reading;
  const { after, problem } = judge(reading);
  // The provider withdrew the certificates that are gone, so not even the session that asked for the reading keeps a proof by them.
  await changeConnection(tx, { before: row, after, editorsSession: null });
  if (!isSameTrust(row, after)) {
    const roles = await queries.findRoleNames(tx.db);
    audit.record({
      action: "sso.connection_changed",
      target: targetOf(row),
      changes: changesBetween(forAudit(row, roles), forAudit(after, roles)),
    });
    await mailConfigurers(services, tx, (tenant) => ({
      subject: mailWords`Single sign-on of ${tenant} was changed`,
      text: mailWords`The identity provider's metadata at the URL of the single sign-on connection ${row.name} of ${tenant} have changed, and whoot took the change over. Whoever controls this connection decides who can sign in through it. If you didn't expect this change, check it now:`,
    }));
  }
  // A problem that persists is mailed once.
  if (problem && isHeld(problem) && problem.reason !== row.metadataProblem?.reason) {
    const { reason, received } = problem;
    const changes = {
      problem: { to: reason },
      ...(received !== undefined && { idpEntityId: { from: row.idpEntityId, to: received } }),
    };
    audit.record({ action: "sso.metadata_held", target: targetOf(row), changes });
    await mailConfigurers(services, tx, (tenant) => ({
      subject: mailWords`Single sign-on of ${tenant}: the metadata can't be taken over`,
      text: mailWords`whoot read the identity provider's metadata again for the single sign-on connection ${row.name} of ${tenant}. ${HELD_METADATA[reason as HeldMetadata]} Nothing was changed, but sign-ins may fail once the provider's certificate is replaced:`,
    }));
  }
  await announceChanged(tx, "sso");
}

/** The daily job of one connection. @throws Refusal unavailable, when no thread was free in time */
export async function refreshMetadata(
  services: Services,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
): Promise<void> {
  const { database } = services;
  const found = await database.withTenant(tenantId, async (tx) =>
    (await isDeleted(tx)) ? undefined : queries.findConnection(tx.db, connectionId),
  );
  if (!found?.enabled || found.metadataUrl === null) return;
  const read = await readMetadataAt(services, tenantId, found.metadataUrl);
  await database.withTenant(tenantId, async (tx) => {
    if (await isDeleted(tx)) return;
    await lockRoster(tx);
    const row = await queries.lockConnection(tx.db, connectionId);
    if (!row || row.metadataUrl !== found.metadataUrl) return;
    const voucher = (await trusteeStillMay(tx, row)) ? row.trustedBy : null;
    await apply(services, tx, { row, read, voucher, audit: openAudit(tx, WHOOT) });
  });
}

export interface Prepared {
  url: string;
  read: Read;
}

/** @returns a function that reads the metadata; call it after the transaction. @throws Refusal not_found, reauthentication_required */
export async function prepareReading(ctx: Ctx, { connectionId }: { connectionId: string }): Promise<() => Promise<Prepared>> {
  assertRecentlyAuthenticated(ctx.principal);
  const { metadataUrl: url } = orNotFound(await queries.findConnection(ctx.db, connectionId));
  if (url === null) throw new Refusal("not_found", { detail: "This connection's metadata didn't come from a URL." });
  return async () => ({ url, read: await readMetadataAt(ctx.services, ctx.tenantId, url) });
}

/**
 * Takes over metadata that were read at a member's request. The member vouches for them if something changed, or if the trustee no longer
 * can.
 * @throws Refusal reauthentication_required, outranked; not_found when the connection or its URL has changed meanwhile
 */
export async function takeOverMetadata(stale: Ctx, { connectionId, prepared }: { connectionId: string; prepared: Prepared }) {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sso");
  const row = orNotFound(await queries.lockConnection(ctx.db, connectionId));
  await assertMayChangeTrust(ctx, connectionId);
  if (row.metadataUrl !== prepared.url)
    throw new Refusal("not_found", { detail: "Somebody changed the connection just now. Look again." });
  ctx.audit.record({ action: "sso.metadata_read", target: targetOf(row) });
  const { read } = prepared;
  const isUnchanged = !("fault" in read) && isSameTrust(row, withRead(row, read));
  const voucher = isUnchanged && (await trusteeStillMay(ctx, row)) ? row.trustedBy : ctx.member.memberId;
  await apply(ctx.services, ctx, { row, read, voucher, audit: ctx.audit });
  return presentOne(ctx, connectionId);
}
