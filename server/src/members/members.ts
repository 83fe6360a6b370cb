import { v7 as uuidv7 } from "uuid";
import { appendNow, record } from "../audit/audit.ts";
import { announce } from "../platform/changes.ts";
import type { PlatformTx, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Member } from "./admit.ts";
import { leaveSession } from "./member-sessions.ts";
import * as queries from "./queries.ts";

/** A page of members in the order they joined. Addresses only for those who may see contact details. */
export async function listMembers(tx: TenantTx, viewer: Member, input: { cursor?: string | undefined; limit: number }) {
  const rows = await queries.listMembers(tx.db, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.joinedAt, id: row.memberId }));
  return {
    items: items.map((row) => {
      const isSelf = row.memberId === viewer.memberId;
      return {
        ...row,
        email: isSelf || viewer.may("users.view_contact") ? row.email : null,
        status: row.status as "active" | "suspended",
        isSelf,
        joinedAt: row.joinedAt.toISOString(),
      };
    }),
    nextCursor,
  };
}

/** Active members, suspended ones not counted. */
export function countMembers(tx: TenantTx): Promise<number> {
  return queries.countActive(tx.db);
}

/** Active members whose role is the built-in Admin. */
export function countAdmins(tx: TenantTx): Promise<number> {
  return queries.countActiveAdmins(tx.db);
}

/** The member has the workspace open, in sight or listening: what was recorded until now is not new to them. */
export function noteVisit(tx: TenantTx, visitor: Member): Promise<void> {
  return queries.noteVisit(tx.db, visitor.memberId);
}

/**
 * For whatever changes who is a member, with which role, or who owns the tenant: call it first, then read what the change depends on.
 * Two such changes come one after the other, so that each sees what the other left: there is always one owner, an active Admin.
 * Held against deletion too, and not against rows that merely refer to the tenant.
 * @throws Refusal not_found when the tenant is deleted
 */
export async function lockRoster(tx: TenantTx): Promise<void> {
  orNotFound(await queries.lockRoster(tx.db));
}

export async function isMemberEmail(tx: TenantTx, email: string): Promise<boolean> {
  return (await queries.findMemberByEmail(tx.db, email)) !== undefined;
}

/** Which of these addresses are members' already. */
export async function findMemberEmails(tx: TenantTx, emails: string[]): Promise<Set<string>> {
  if (emails.length === 0) return new Set();
  return new Set((await queries.findMembersByEmail(tx.db, emails)).map(({ email }) => email));
}

/** A session ends: every tenant that it entered hears of it, and no other. */
export async function noteSignOut(tx: PlatformTx, sessionId: string, tenantIds: string[], origin: Origin): Promise<void> {
  for (const tenantId of tenantIds) {
    await tx.enterTenant(tenantId);
    const member = await leaveSession(tx.db, sessionId);
    if (!member) continue;
    const target = { type: "member" as const, id: member.memberId, name: member.name };
    await appendNow(tx.db, tenantId, [{ actor: { ...member, ...origin }, event: { action: "session.signed_out", target } }]);
  }
}

/** Adds the account as a member. Null when it is one already. */
export async function addMember(
  tx: TenantTx,
  account: { accountId: string; name: string; email: string },
  roleId: string,
): Promise<string | null> {
  const memberId = uuidv7();
  const added = await queries.insertMember(tx.db, {
    tenantId: tx.tenantId,
    memberId,
    accountId: account.accountId,
    roleId,
    name: account.name,
    email: account.email,
  });
  if (added) await announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what: "members" });
  return added ? memberId : null;
}

interface NamedRole {
  roleId: string;
  name: string;
}

/** Everybody who has the one role gets the other; the caller has locked the roster and asked whether this is allowed. */
export async function replaceHeldRole(tx: TenantTx, actor: Member, from: NamedRole, to: NamedRole): Promise<void> {
  const moved = await queries.replaceRole(tx.db, from.roleId, to.roleId);
  for (const { memberId, name } of moved) {
    record(tx, actor.actor, {
      action: "member.role_changed",
      target: { type: "member", id: memberId, name },
      changes: { role: { from: from.name, to: to.name } },
    });
  }
  if (moved.length > 0) await announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what: "members" });
}
