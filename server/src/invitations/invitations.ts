/**
 * Invitations. Each has two links: the mailed one, which proves that its bearer reads that mailbox, and one that can be
 * copied, which does not. Otherwise whoever may invite could make an account in anybody's name.
 */
import { v7 as uuidv7 } from "uuid";
import { changesFrom, changesTo, record } from "../audit/audit.ts";
import { hasAccount } from "../accounts/accounts.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { lockRoster, type Member } from "../members/admit.ts";
import { addMember, isMemberEmail } from "../members/members.ts";
import { announce } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { open, seal } from "../platform/seal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import { findRoleToGive } from "../roles/roles.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import * as queries from "./queries.ts";

const EXPIRY_DAYS = 7;

function sealContext(invitationId: string): string {
  return `invitation ${invitationId}`;
}

function linkTo(services: Services, token: string): string {
  // In the fragment: it reaches no server's log and no Referer.
  return `${services.publicUrl()}/invitation#${token}`;
}

function present(row: queries.InvitationRow, viewer: Member) {
  return {
    invitationId: row.invitationId,
    email: viewer.may("users.view_contact") ? row.email : null,
    roleId: row.roleId,
    roleName: row.roleName,
    invitedByName: row.invitedByName,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    status: row.expired ? ("expired" as const) : ("pending" as const),
  };
}

/** As the audit log names it. */
export function target(invitationId: string, email: string) {
  return { type: "invitation" as const, id: invitationId, name: email };
}

/** Those that nobody has accepted, newest first. */
export async function listInvitations(tx: TenantTx, viewer: Member, input: { cursor?: string | undefined; limit: number }) {
  const rows = await queries.listOpenInvitations(tx.db, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.createdAt, id: row.invitationId }));
  return { items: items.map((row) => present(row, viewer)), nextCursor };
}

/** @throws Refusal already_member, already_invited, invalid_input and forbidden for the role */
export async function createInvitation(
  services: Services,
  tx: TenantTx,
  inviter: Member,
  input: { email: string; roleId: string },
) {
  const role = await findRoleToGive(tx, inviter, input.roleId);
  if (await isMemberEmail(tx, input.email)) {
    throw new Refusal("already_member", { fields: [{ path: "email", message: "Already a member of this workspace." }] });
  }
  await queries.revokeExpired(tx.db, input.email);
  const invitationId = uuidv7();
  const copied = makeToken();
  const mailed = makeToken();
  const inserted = await queries.insertInvitation(tx.db, {
    tenantId: tx.tenantId,
    invitationId,
    email: input.email,
    roleId: role.roleId,
    invitedByName: inviter.name,
    tokenSealed: seal(services.keys.dataKey(tx.tenantId), copied, sealContext(invitationId)),
    days: EXPIRY_DAYS,
  });
  if (!inserted) {
    throw new Refusal("already_invited", {
      fields: [{ path: "email", message: "Has a pending invitation already. Withdraw it first to invite again." }],
    });
  }
  const entry = { tenantId: tx.tenantId, invitationId };
  await queries.insertDirectoryEntries(tx.db, [
    { ...entry, tokenHash: hashToken(copied), provesEmail: false },
    { ...entry, tokenHash: hashToken(mailed), provesEmail: true },
  ]);
  record(tx, inviter.actor, {
    action: "invitation.created",
    target: target(invitationId, input.email),
    changes: changesTo({ email: input.email, role: role.name }),
  });
  const tenant = await currentTenant(tx);
  await queueMail(tx.db, services.keys, {
    to: input.email,
    subject: `${inviter.name} invites you to ${tenant.name} on whoot`,
    text: `${inviter.name} invites you to join the voice workspace ${tenant.name} as ${role.name}. Open this link within ${EXPIRY_DAYS} days. It is for you alone: whoever opens it is taken for you.`,
    link: linkTo(services, mailed),
    tenantId: tx.tenantId,
  });
  await announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what: "invitations" });
  return present(orNotFound(await queries.findInvitation(tx.db, invitationId)), inviter);
}

/** Open invitations that expire within these hours. */
export function countExpiring(tx: TenantTx, hours: number): Promise<number> {
  return queries.countExpiring(tx.db, hours);
}

/** @throws Refusal not_found for one that is not open (any more), link_expired */
export async function getInvitationLink(services: Services, tx: TenantTx, invitationId: string): Promise<string> {
  const row = await queries.findInvitation(tx.db, invitationId);
  if (!row || row.acceptedAt || row.revokedAt) throw new Refusal("not_found");
  if (row.expired) throw new Refusal("link_expired");
  const token = open(services.keys.dataKey(tx.tenantId), row.tokenSealed, sealContext(row.invitationId));
  return linkTo(services, token.toString());
}

/** @throws Refusal not_found */
export async function revokeInvitation(tx: TenantTx, revoker: Member, invitationId: string): Promise<void> {
  const row = orNotFound(await queries.lockInvitation(tx.db, invitationId));
  if (!(await queries.revokeInvitation(tx.db, invitationId))) throw new Refusal("not_found");
  record(tx, revoker.actor, {
    action: "invitation.revoked",
    target: target(invitationId, row.email),
    changes: changesFrom({ email: row.email, role: row.roleName }),
  });
  await announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what: "invitations" });
}

function findEntry(services: Services, token: string) {
  return services.database.readAsPlatform("find an invitation's tenant", (db) =>
    queries.findDirectoryEntry(db, hashToken(token)),
  );
}

/** @throws Refusal link_used, link_expired, invitation_revoked */
export function assertOpen(row: { acceptedAt: Date | null; revokedAt: Date | null; expired: boolean }): void {
  if (row.acceptedAt) throw new Refusal("link_used");
  if (row.revokedAt) throw new Refusal("invitation_revoked");
  if (row.expired) throw new Refusal("link_expired", { detail: "This invitation has expired. Ask for a new one." });
}

/** @throws Refusal not_found, link_used, link_expired, invitation_revoked */
export async function lookUpInvitation(services: Services, token: string) {
  const entry = orNotFound(await findEntry(services, token));
  const found = await services.database.withTenant(entry.tenantId, async (tx) => {
    const row = orNotFound(await queries.findInvitation(tx.db, entry.invitationId));
    return { row, tenant: await currentTenant(tx) };
  });
  assertOpen(found.row);
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
  if (!row || row.acceptedAt || row.revokedAt || row.expired) return null;
  return { email: row.email, provesEmail: entry.provesEmail };
}

/**
 * Makes the signed-in person a member.
 * @returns the tenant's slug.
 * @throws Refusal not_found, link_used, link_expired, invitation_revoked, invitation_other_address
 */
export async function acceptInvitation(services: Services, account: SignedIn, token: string, origin: Origin): Promise<string> {
  return acceptEntry(services, account, orNotFound(await findEntry(services, token)), origin);
}

/** The same for an invitation that the directory knows, however it was found. */
export function acceptEntry(
  services: Services,
  account: SignedIn,
  entry: { tenantId: string; invitationId: string },
  origin: Origin,
): Promise<string> {
  return services.database.withTenant(entry.tenantId, async (tx) => {
    // Before the invitation: whoever deletes its role has locked the roster, and waits for the invitation.
    await lockRoster(tx);
    const row = orNotFound(await queries.lockInvitation(tx.db, entry.invitationId));
    const tenant = await currentTenant(tx);
    if (row.email !== account.email) {
      assertOpen(row);
      throw new Refusal("invitation_other_address", {
        detail: `This invitation is for ${row.email}, and you are signed in as ${account.email}. Sign out, then open the link again.`,
      });
    }
    // The button pressed twice, or the link opened again, by the one who accepted.
    if (row.acceptedAt && (await isMemberEmail(tx, account.email))) return tenant.slug;
    assertOpen(row);
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
    await announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what: "invitations" });
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
  if (moved.length > 0) await announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what: "invitations" });
}
