/**
 * Invitations. Each has two links: the mailed one, which proves that its holder reads that mailbox, and one that can be copied, which does not.
 * If the copied link proved the address, an inviter could create accounts in other people's names.
 */
import { mailedPaths } from "#contract/paths.ts";
import type { Ctx, PersonCtx, PublicCtx } from "../access/ctx.ts";
import type { Member } from "../access/member.ts";
import { lockRoster } from "../access/roster.ts";
import { changesFrom, changesTo, openAudit } from "../audit/audit.ts";
import { hasAccount } from "../access/accounts.ts";
import { reservedSeat } from "../billing/licences.ts";
import { addMember, isMemberEmail, requireMembers } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { type PageLink, pageLink } from "../platform/mail/link.ts";
import { openWithEither } from "../platform/keys.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { addressParts, nameParts } from "../platform/search-words.ts";
import { open as unseal } from "../platform/seal.ts";
import { hashToken } from "../platform/tokens.ts";
import { findRoleToGive } from "../access/role-giving.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";
import { mayResend, stateOf } from "./policy.ts";
import * as open from "./open-queries.ts";
import * as queries from "./queries.ts";

export function sealContext(invitationId: string): string {
  return `invitation ${invitationId}`;
}

export function linkTo(services: Services, token: string): PageLink {
  return pageLink(services, mailedPaths.invitation(token));
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

/** The invitation as a target in the audit log. */
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
 * Open invitations, newest first.
 * @throws Refusal forbidden for a search by somebody who may not see addresses
 */
export async function listInvitations(ctx: Ctx, input: ListInput) {
  const search = input.search?.trim() ? { parts: addressParts(input.search), names: nameParts(input.search) } : null;
  if (search !== null) ctx.member.require("users.view_contact");
  const filter = { search, state: input.status === "needs_sending" ? ("dead" as const) : input.status };
  const rows = await open.listOpenInvitations(ctx.db, filter, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.createdAt, id: row.invitationId }));
  return { items: items.map((row) => present(row, ctx.member)), nextCursor };
}

/** Pending invitations that expire within these hours. */
export function countExpiring(tx: TenantTx, hours: number): Promise<number> {
  return open.countExpiring(tx.db, hours);
}

/**
 * Pending invitations of these members that would lapse if they got the role or, with null, were suspended or removed.
 * @throws Refusal forbidden without the permission for such a change, not_found for an id that is no member's, or as findRoleToGive
 */
export async function countLapsing(
  ctx: Ctx,
  { memberIds, roleId }: { memberIds: string[]; roleId: string | null },
): Promise<number> {
  if (roleId !== null) ctx.member.require("users.change_role");
  else if (!ctx.member.may("users.suspend")) ctx.member.require("users.remove");
  await requireMembers(ctx, memberIds);
  if (roleId !== null) await findRoleToGive(ctx, { roleId });
  return open.countLapsing(ctx.db, memberIds, roleId);
}

/** Lapsed invitations, whose sender may not give their role any more. */
export function countLapsed(tx: TenantTx): Promise<number> {
  return open.countOpen(tx.db, "lapsed");
}

/** The number of pending invitations, and the address and role of the newest ones. */
export function findPending(tx: TenantTx, limit: number) {
  return open.findPending(tx.db, limit);
}

/**
 * The copyable link. Audited, because its holder sees the address and can join with it.
 * @throws Refusal forbidden for somebody who may not see addresses; not_found for an invitation that is not open; link_expired,
 *   invitation_lapsed
 */
export async function getInvitationLink(ctx: Ctx, { invitationId }: { invitationId: string }): Promise<string> {
  ctx.member.require("users.view_contact");
  const row = orNotFound(await queries.findInvitation(ctx.db, invitationId));
  const state = stateOfRow(row);
  if (state === "expired") throw new Refusal("link_expired", { detail: "This invitation has expired. Send it again first." });
  if (state === "lapsed") {
    throw new Refusal("invitation_lapsed", {
      detail: `${row.invitedByName} can't give the role ${row.roleName} any more. Send the invitation again first.`,
    });
  }
  if (state !== "pending") throw new Refusal("not_found");
  const keys = ctx.services.keys.openingKeys(ctx.tenantId);
  const token = await openWithEither(keys, (key) => unseal(key, row.tokenSealed, sealContext(row.invitationId))).catch(() => {
    // The database is older than the replaced key.
    throw new Refusal("link_expired", { detail: "This link can't be read any more. Send the invitation again first." });
  });
  ctx.audit.record({ action: "invitation.link_copied", target: target(row.invitationId, row.email) });
  return linkTo(ctx.services, token.toString());
}

/**
 * Withdraws the open ones of these invitations.
 * @returns their number
 * @throws Refusal not_found when none is open
 */
export async function revokeInvitations(ctx: Ctx, { invitationIds }: { invitationIds: string[] }): Promise<number> {
  const rows = await queries.lockOpenInvitations(ctx.db, invitationIds);
  if (rows.length === 0) throw new Refusal("not_found");
  await queries.revokeInvitations(
    ctx.db,
    rows.map((row) => row.invitationId),
  );
  for (const row of rows) {
    ctx.audit.record({
      action: "invitation.revoked",
      target: target(row.invitationId, row.email),
      changes: changesFrom({ email: row.email, role: row.roleName }),
    });
  }
  await announceChanged(ctx, "invitations");
  return rows.length;
}

/** The directory's entry for a link's token, with the token's hash. */
async function findEntry(services: Services, token: string) {
  const tokenHash = hashToken(token);
  const entry = await services.database.asPlatformStatement("find an invitation's tenant", (db) =>
    queries.findDirectoryEntry(db, tokenHash),
  );
  return entry && { ...entry, tokenHash };
}

interface Link {
  provesEmail: boolean;
  tokenHash: Buffer;
}

/** Whether a newer mail replaced the link. An older mail may have been forwarded, so it no longer proves the address. */
function isReplaced(link: Link, row: queries.InvitationRow): boolean {
  return link.provesEmail && row.mailedHash !== null && !row.mailedHash.equals(link.tokenHash);
}

/**
 * @param link null for somebody who came without a link
 * @throws Refusal link_used, link_expired, link_replaced, invitation_revoked, invitation_lapsed
 */
export function assertUsable(row: queries.InvitationRow, link: Link | null): void {
  const state = stateOfRow(row);
  if (state === "accepted") throw new Refusal("link_used");
  if (state === "revoked") throw new Refusal("invitation_revoked");
  if (link && isReplaced(link, row)) throw new Refusal("link_replaced");
  if (state === "expired") throw new Refusal("link_expired", { detail: "This invitation has expired. Ask for a new one." });
  if (state === "lapsed") throw new Refusal("invitation_lapsed");
}

/** @throws Refusal not_found, link_used, link_expired, link_replaced, invitation_revoked, invitation_lapsed */
export async function lookUpInvitation({ services }: PublicCtx, { token }: { token: string }) {
  const entry = orNotFound(await findEntry(services, token));
  const found = await services.database.withTenant(entry.tenantId, async (tx) => {
    const row = orNotFound(await queries.findInvitation(tx.db, entry.invitationId));
    return { row, tenant: await findTenantNames(tx) };
  });
  assertUsable(found.row, entry);
  return {
    tenantName: found.tenant.name,
    email: found.row.email,
    roleName: found.row.roleName,
    invitedByName: found.row.invitedByName,
    expiresAt: found.row.expiresAt.toISOString(),
    provesEmail: entry.provesEmail,
    hasAccount: entry.provesEmail ? await hasAccount(services.database, found.row.email) : null,
  };
}

export interface InvitationProof {
  email: string;
  provesEmail: boolean;
}

/** The address of a pending invitation, and whether this token's link proves it. Null for any other token. */
export async function findInvitationProof(services: Services, token: string): Promise<InvitationProof | null> {
  const entry = await findEntry(services, token);
  if (!entry) return null;
  const row = await services.database.withTenant(entry.tenantId, (tx) => queries.findInvitation(tx.db, entry.invitationId));
  if (!row || stateOfRow(row) !== "pending" || isReplaced(entry, row)) return null;
  return { email: row.email, provesEmail: entry.provesEmail };
}

/**
 * Makes the signed-in person a member with the invitation's role, as the role is now.
 * @returns the tenant's slug
 * @throws Refusal not_found, link_used, link_expired, link_replaced, invitation_revoked, invitation_lapsed, invitation_other_address
 */
export async function acceptInvitation(ctx: PersonCtx, { token }: { token: string }): Promise<string> {
  const entry = orNotFound(await findEntry(ctx.services, token));
  return acceptEntry(ctx, { entry, link: entry });
}

/** Does the same for an invitation found by its link or, with `link` null, by the person's address. */
export function acceptEntry(
  { services, principal, origin }: PersonCtx,
  { entry, link }: { entry: { tenantId: string; invitationId: string }; link: Link | null },
): Promise<string> {
  return services.database.withTenant(entry.tenantId, async (tx) => {
    // Lock order: roster before invitation, as in the deletion of a role.
    await lockRoster(tx);
    const row = orNotFound(await queries.lockInvitation(tx.db, entry.invitationId));
    const tenant = await findTenantNames(tx);
    if (row.email !== principal.email) {
      assertUsable(row, link);
      throw new Refusal("invitation_other_address", {
        detail: `This invitation is for ${row.email}, and you are signed in as ${principal.email}. Sign out, then open the link again.`,
      });
    }
    // The person has already accepted: they pressed the button twice, or opened the link again.
    if (row.acceptedAt && (await isMemberEmail(tx, principal.email))) return tenant.slug;
    assertUsable(row, link);
    await accept(tx, row, { ...principal, origin });
    return tenant.slug;
  });
}

interface Invited {
  accountId: string;
  email: string;
  name: string;
  origin: Origin;
}

/** @returns the member id; null when the account is already a member */
async function accept(tx: TenantTx, row: queries.InvitationRow, { origin, ...account }: Invited): Promise<string | null> {
  // A pending invitation has reserved the licence.
  const memberId = await addMember(tx, account, { roleId: row.roleId, seat: reservedSeat() });
  openAudit(tx, { memberId, name: account.name, ...origin }).record({
    action: "invitation.accepted",
    target: target(row.invitationId, row.email),
    changes: changesTo({ member: account.name, role: row.roleName }),
  });
  await queries.markAccepted(tx.db, row.invitationId);
  await announceChanged(tx, "invitations");
  return memberId;
}

/** The pending invitation to an address, if there is one. */
export async function findOpenInvitation(tx: TenantTx, email: string) {
  const [found] = await open.listOpenOf(tx.db, [email]);
  if (!found?.pending) return null;
  const row = await queries.findInvitation(tx.db, found.invitationId);
  return row ? { invitationId: row.invitationId, roleId: row.roleId } : null;
}

/**
 * Accepts an invitation for somebody whose address the workspace's single sign-on proved. The caller must have locked the roster.
 * @returns the member id; null when the account is already a member
 * @throws Refusal as `acceptInvitation`
 */
export async function acceptProved(tx: TenantTx, invitationId: string, invited: Invited): Promise<string | null> {
  const row = orNotFound(await queries.lockInvitation(tx.db, invitationId));
  if (row.email !== invited.email) throw new Refusal("invitation_other_address");
  assertUsable(row, null);
  return accept(tx, row, invited);
}

/** Moves open invitations from a role that is being deleted. `to` may be null when there are none. */
export async function replaceInvitedRole(
  ctx: Ctx,
  from: { roleId: string; name: string },
  to: { roleId: string; name: string } | null,
): Promise<void> {
  const moved = to ? await queries.replaceRole(ctx.db, from.roleId, to.roleId) : [];
  for (const { invitationId, email } of moved) {
    ctx.audit.record({
      action: "invitation.role_changed",
      target: target(invitationId, email),
      changes: { role: { from: from.name, to: to?.name ?? "" } },
    });
  }
  await queries.forgetRole(ctx.db, from.roleId);
  if (moved.length > 0) await announceChanged(ctx, "invitations");
}
