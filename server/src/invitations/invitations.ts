/**
 * Invitations. Each has two links: the mailed one, which proves that its bearer reads that mailbox, and one that can be
 * copied, which does not. Otherwise whoever may invite could make an account in anybody's name.
 */
import { changesFrom, changesTo, record } from "../audit/audit.ts";
import { hasAccount } from "../accounts/accounts.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { lockRoster, type Member } from "../members/admit.ts";
import { addMember, isMemberEmail, requireMembers } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { open as unseal } from "../platform/seal.ts";
import { hashToken } from "../platform/tokens.ts";
import { findRoleToGive } from "../roles/roles.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import { mayResend, stateOf } from "./policy.ts";
import * as open from "./open-queries.ts";
import * as queries from "./queries.ts";

export function sealContext(invitationId: string): string {
  return `invitation ${invitationId}`;
}

export function linkTo(services: Services, token: string): string {
  // In the fragment: it reaches no server's log and no Referer.
  return `${services.publicUrl()}/invitation#${token}`;
}

const roleOf = (row: queries.InvitationRow) => ({ builtIn: row.roleBuiltIn, permissions: row.rolePermissions });

export function stateOfRow(row: queries.InvitationRow) {
  const voucherRole = { builtIn: row.voucherBuiltIn, permissions: row.voucherPermissions };
  const voucher = row.voucherStatus === null ? null : { status: row.voucherStatus, role: voucherRole };
  return stateOf({ ...row, role: roleOf(row), voucher });
}

export function present(row: queries.InvitationRow, viewer: Member) {
  const state = stateOfRow(row);
  return {
    invitationId: row.invitationId,
    email: viewer.may("users.view_contact") ? row.email : null,
    roleId: row.roleId,
    roleName: row.roleName,
    invitedByName: row.invitedByName,
    createdAt: row.createdAt.toISOString(),
    mailedAt: row.mailedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    status: state === "expired" || state === "lapsed" ? state : ("pending" as const),
    can: { resend: mayResend(viewer, roleOf(row)), copyLink: viewer.may("users.view_contact") },
  };
}

/** As the audit log names it. */
export function target(invitationId: string, email: string) {
  return { type: "invitation" as const, id: invitationId, name: email };
}

interface ListInput {
  search?: string | undefined;
  status?: "pending" | "expired" | "needs_sending" | undefined;
  cursor?: string | undefined;
  limit: number;
}

/**
 * Those that nobody has accepted, newest first.
 * @throws Refusal forbidden for who searches addresses and may not see them
 */
export async function listInvitations(tx: TenantTx, viewer: Member, input: ListInput) {
  const search = input.search?.replaceAll("\0", "") || undefined;
  if (search !== undefined) viewer.require("users.view_contact");
  const filter = { search, state: input.status === "needs_sending" ? ("dead" as const) : input.status };
  const rows = await open.listOpenInvitations(tx.db, filter, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.createdAt, id: row.invitationId }));
  return { items: items.map((row) => present(row, viewer)), nextCursor };
}

/** Invitations that still let somebody in, and expire within these hours. */
export function countExpiring(tx: TenantTx, hours: number): Promise<number> {
  return open.countExpiring(tx.db, hours);
}

/**
 * Invitations that would let nobody in any more if these members had that role, or with null were members no more.
 * @throws Refusal forbidden for who may not do that to anybody, not_found for an id that is no member's, as findRoleToGive
 */
export async function countLapsing(tx: TenantTx, asker: Member, memberIds: string[], roleId: string | null): Promise<number> {
  if (roleId !== null) asker.require("users.change_role");
  else if (!asker.may("users.suspend")) asker.require("users.remove");
  await requireMembers(tx, memberIds);
  if (roleId !== null) await findRoleToGive(tx, asker, roleId);
  return open.countLapsing(tx.db, memberIds, roleId);
}

/** Invitations that let nobody in any more, because whoever sent them can't invite to that. */
export function countLapsed(tx: TenantTx): Promise<number> {
  return open.countOpen(tx.db, "lapsed");
}

/** Invitations that still let somebody in: how many, and the newest of them, with the address that they are for. */
export function findPending(tx: TenantTx, limit: number) {
  return open.findPending(tx.db, limit);
}

/**
 * Whoever holds a link reads in it whose address it is for, and can join by it: that it was given out is in the audit log.
 * @throws Refusal forbidden for who may not see addresses, not_found for one that is not open (any more), link_expired, invitation_lapsed
 */
export async function getInvitationLink(services: Services, tx: TenantTx, viewer: Member, invitationId: string): Promise<string> {
  viewer.require("users.view_contact");
  const row = orNotFound(await queries.findInvitation(tx.db, invitationId));
  const state = stateOfRow(row);
  if (state === "expired") throw new Refusal("link_expired", { detail: "This invitation has expired. Send it again first." });
  if (state === "lapsed") {
    throw new Refusal("invitation_lapsed", {
      detail: `${row.invitedByName} can't give the role ${row.roleName} any more. Send the invitation again first.`,
    });
  }
  if (state !== "pending") throw new Refusal("not_found");
  const token = unseal(services.keys.dataKey(tx.tenantId), row.tokenSealed, sealContext(row.invitationId));
  record(tx, viewer.actor, { action: "invitation.link_copied", target: target(row.invitationId, row.email) });
  return linkTo(services, token.toString());
}

/**
 * Withdraws those of them that are open.
 * @returns how many that were.
 * @throws Refusal not_found when none was
 */
export async function revokeInvitations(tx: TenantTx, revoker: Member, invitationIds: string[]): Promise<number> {
  const rows = await queries.lockOpenInvitations(tx.db, invitationIds);
  if (rows.length === 0) throw new Refusal("not_found");
  await queries.revokeInvitations(
    tx.db,
    rows.map((row) => row.invitationId),
  );
  for (const row of rows) {
    record(tx, revoker.actor, {
      action: "invitation.revoked",
      target: target(row.invitationId, row.email),
      changes: changesFrom({ email: row.email, role: row.roleName }),
    });
  }
  await announceChanged(tx, "invitations");
  return rows.length;
}

/** A link's token with the invitation that it belongs to. */
async function findEntry(services: Services, token: string) {
  const tokenHash = hashToken(token);
  const entry = await services.database.readAsPlatform("find an invitation's tenant", (db) =>
    queries.findDirectoryEntry(db, tokenHash),
  );
  return entry && { ...entry, tokenHash };
}

interface Link {
  provesEmail: boolean;
  tokenHash: Buffer;
}

/** A mailed link is good until the next mail: whoever got an older one forwarded does not prove the address with it. */
function isReplaced(link: Link, row: queries.InvitationRow): boolean {
  return link.provesEmail && row.mailedHash !== null && !row.mailedHash.equals(link.tokenHash);
}

/**
 * @param link null for whoever came without one.
 * @throws Refusal link_used, link_expired, link_replaced, invitation_revoked, invitation_lapsed
 */
export function assertGood(row: queries.InvitationRow, link: Link | null): void {
  const state = stateOfRow(row);
  if (state === "accepted") throw new Refusal("link_used");
  if (state === "revoked") throw new Refusal("invitation_revoked");
  if (link && isReplaced(link, row)) throw new Refusal("link_replaced");
  if (state === "expired") throw new Refusal("link_expired", { detail: "This invitation has expired. Ask for a new one." });
  if (state === "lapsed") throw new Refusal("invitation_lapsed");
}

/** @throws Refusal not_found, link_used, link_expired, link_replaced, invitation_revoked, invitation_lapsed */
export async function lookUpInvitation(services: Services, token: string) {
  const entry = orNotFound(await findEntry(services, token));
  const found = await services.database.withTenant(entry.tenantId, async (tx) => {
    const row = orNotFound(await queries.findInvitation(tx.db, entry.invitationId));
    return { row, tenant: await currentTenant(tx) };
  });
  assertGood(found.row, entry);
  return {
    tenantName: found.tenant.name,
    email: found.row.email,
    roleName: found.row.roleName,
    invitedByName: found.row.invitedByName,
    expiresAt: found.row.expiresAt.toISOString(),
    provesEmail: entry.provesEmail,
    hasAccount: entry.provesEmail ? await hasAccount(services, found.row.email) : null,
  };
}

export interface InvitationProof {
  email: string;
  provesEmail: boolean;
}

/** What an open invitation says of the address of whoever holds its link; null for any other token. */
export async function findInvitationProof(services: Services, token: string): Promise<InvitationProof | null> {
  const entry = await findEntry(services, token);
  if (!entry) return null;
  const row = await services.database.withTenant(entry.tenantId, (tx) => queries.findInvitation(tx.db, entry.invitationId));
  if (!row || stateOfRow(row) !== "pending" || isReplaced(entry, row)) return null;
  return { email: row.email, provesEmail: entry.provesEmail };
}

/**
 * Makes the signed-in person a member, of the role as it is now.
 * @returns the tenant's slug.
 * @throws Refusal not_found, link_used, link_expired, link_replaced, invitation_revoked, invitation_lapsed, invitation_other_address
 */
export async function acceptInvitation(services: Services, account: SignedIn, token: string, origin: Origin): Promise<string> {
  const entry = orNotFound(await findEntry(services, token));
  return acceptEntry(services, account, entry, entry, origin);
}

/** The same for an invitation that the directory knows, however it was found; `link` null: not by a link. */
export function acceptEntry(
  services: Services,
  account: SignedIn,
  entry: { tenantId: string; invitationId: string },
  link: Link | null,
  origin: Origin,
): Promise<string> {
  return services.database.withTenant(entry.tenantId, async (tx) => {
    // Before the invitation: whoever deletes its role has locked the roster, and waits for the invitation.
    await lockRoster(tx);
    const row = orNotFound(await queries.lockInvitation(tx.db, entry.invitationId));
    const tenant = await currentTenant(tx);
    if (row.email !== account.email) {
      assertGood(row, link);
      throw new Refusal("invitation_other_address", {
        detail: `This invitation is for ${row.email}, and you are signed in as ${account.email}. Sign out, then open the link again.`,
      });
    }
    // The button pressed twice, or the link opened again, by the one who accepted.
    if (row.acceptedAt && (await isMemberEmail(tx, account.email))) return tenant.slug;
    assertGood(row, link);
    const memberId = await addMember(tx, account, row.roleId);
    record(
      tx,
      { memberId, name: account.name, ...origin },
      {
        action: "invitation.accepted",
        target: target(entry.invitationId, row.email),
        changes: changesTo({ member: account.name, role: row.roleName }),
      },
    );
    await queries.markAccepted(tx.db, entry.invitationId);
    await announceChanged(tx, "invitations");
    return tenant.slug;
  });
}

/** For a role that is being deleted: `to` may be null when no open invitation is to it. */
export async function replaceInvitedRole(
  tx: TenantTx,
  actor: Member,
  from: { roleId: string; name: string },
  to: { roleId: string; name: string } | null,
): Promise<void> {
  const moved = to ? await queries.replaceRole(tx.db, from.roleId, to.roleId) : [];
  for (const { invitationId, email } of moved) {
    record(tx, actor.actor, {
      action: "invitation.role_changed",
      target: target(invitationId, email),
      changes: { role: { from: from.name, to: to?.name ?? "" } },
    });
  }
  await queries.forgetRole(tx.db, from.roleId);
  if (moved.length > 0) await announceChanged(tx, "invitations");
}
