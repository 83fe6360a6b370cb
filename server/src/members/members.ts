/** Who belongs to the tenant: joining, and every change of role and state. The list is list.ts. */
import { v7 as uuidv7 } from "uuid";
import { appendNow, type AuditEvent, record } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { PlatformTx, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { Refusal } from "../platform/refusal.ts";
import { findRoleToGive } from "../roles/roles.ts";
import type { Services } from "../services.ts";
import { endOfferTo } from "../tenants/tenants.ts";
import { lockRoster, type Member, readmit, rolePermissions } from "./admit.ts";
import { leaveSession } from "./member-sessions.ts";
import { NEEDED, obstacle, type RosterChange } from "./policy.ts";
import * as queries from "./queries.ts";

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

/** Where the member reads mail; null for one who is no member any more. */
export async function findEmail(tx: TenantTx, memberId: string): Promise<string | null> {
  return (await queries.findEmail(tx.db, memberId))?.email ?? null;
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
  if (added) await announceChanged(tx, "members");
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
  if (moved.length > 0) await announceChanged(tx, "members");
}

/**
 * Gives each of them the role: all or none.
 * @throws Refusal as `changeRoster`, and as findRoleToGive
 */
export function changeRole(tx: TenantTx, actor: Member, memberIds: string[], roleId: string): Promise<{ changed: number }> {
  return changeRoster(tx, actor, memberIds, "changeRole", async (admitted) => {
    const role = await findRoleToGive(tx, admitted, roleId);
    return {
      action: "member.role_changed",
      isDone: (target) => target.roleId === role.roleId,
      changes: (target) => ({ role: { from: target.roleName, to: role.name } }),
      write: (ids) => queries.setRole(tx.db, ids, role.roleId),
    };
  });
}

/**
 * Their sessions stay signed in elsewhere, and enter this tenant no more; live audio ends. All or none.
 * @throws Refusal as `changeRoster`
 */
export function suspendMembers(
  services: Services,
  tx: TenantTx,
  actor: Member,
  memberIds: string[],
): Promise<{ changed: number }> {
  return changeRoster(tx, actor, memberIds, "suspend", async (admitted) => ({
    action: "member.suspended",
    isDone: (target) => target.status === "suspended",
    changes: () => ({ status: { from: "active", to: "suspended" } }),
    write: async (ids) => {
      await endOfferTo(services, tx, admitted.actor, ids, "suspended");
      await queries.setStatus(tx.db, ids, "suspended");
    },
  }));
}

/**
 * With the role that they had. All or none.
 * @throws Refusal as `changeRoster`
 */
export function reactivateMembers(tx: TenantTx, actor: Member, memberIds: string[]): Promise<{ changed: number }> {
  return changeRoster(tx, actor, memberIds, "reactivate", async () => ({
    action: "member.reactivated",
    isDone: (target) => target.status === "active",
    changes: () => ({ status: { from: "suspended", to: "active" } }),
    write: (ids) => queries.setStatus(tx.db, ids, "active"),
  }));
}

/**
 * What they said and did stays, under their name. All or none.
 * @throws Refusal as `changeRoster`
 */
export function removeMembers(
  services: Services,
  tx: TenantTx,
  actor: Member,
  memberIds: string[],
): Promise<{ changed: number }> {
  return changeRoster(tx, actor, memberIds, "remove", async (admitted) => ({
    action: "member.removed",
    isDone: () => false,
    changes: (target) => ({ role: { from: target.roleName }, status: { from: target.status } }),
    write: async (ids) => {
      await endOfferTo(services, tx, admitted.actor, ids, "removed");
      await queries.deleteMembers(tx.db, ids);
    },
  }));
}

interface Plan {
  action: AuditEvent["action"];
  /** So already: nothing to do, and nothing to tell. */
  isDone(target: queries.RosterRow): boolean;
  changes(target: queries.RosterRow): NonNullable<AuditEvent["changes"]>;
  write(memberIds: string[]): Promise<void>;
}

/**
 * One change of several members, all or none, after every other change of the roster: what decides is read behind the lock.
 * @param plan from the actor as they are now.
 * @throws Refusal not_found for an id that is no member's; forbidden, suspended, not_found for an actor who may not (any more);
 *   not_yourself, owner_protected, outranked, last_admin, with a field for each member that stands in the way
 */
async function changeRoster(
  tx: TenantTx,
  actor: Member,
  memberIds: string[],
  change: RosterChange,
  plan: (admitted: Member) => Promise<Plan>,
): Promise<{ changed: number }> {
  await lockRoster(tx);
  const admitted = await readmit(tx, actor);
  admitted.require(NEEDED[change]);
  const targets = await findAll(tx, memberIds);
  const { action, isDone, changes, write } = await plan(admitted);
  refuse(
    memberIds,
    targets.flatMap((target) => {
      const found = obstacle(admitted, { ...target, permissions: rolePermissions(target) }, change);
      return found ? [{ ...found, target }] : [];
    }),
  );
  const changing = targets.filter((target) => !isDone(target));
  if (changing.length === 0) return { changed: 0 };
  await write(changing.map(({ memberId }) => memberId));
  // The owner is an active Admin whom nothing of this touches. Should that ever be broken, this still holds.
  if ((await queries.countActiveAdmins(tx.db)) === 0) throw new Refusal("last_admin");
  for (const target of changing) {
    record(tx, admitted.actor, {
      action,
      target: { type: "member", id: target.memberId, name: target.name },
      changes: changes(target),
    });
  }
  await announceChanged(tx, "members");
  return { changed: changing.length };
}

/** @throws Refusal not_found when one of the ids is no member's */
export async function requireMembers(tx: TenantTx, memberIds: string[]): Promise<void> {
  await findAll(tx, memberIds);
}

async function findAll(tx: TenantTx, memberIds: string[]): Promise<queries.RosterRow[]> {
  const ids = [...new Set(memberIds)];
  const targets = await queries.findMembers(tx.db, ids);
  const found = new Set(targets.map(({ memberId }) => memberId));
  const gone = ids.filter((id) => !found.has(id));
  if (gone.length > 0) {
    throw new Refusal("not_found", {
      detail: "Nothing was changed: someone of them is no member of this workspace any more. Look at the list again.",
      fields: gone.map((id) => ({
        path: `memberIds.${memberIds.indexOf(id)}`,
        message: "No member of this workspace any more.",
      })),
    });
  }
  return targets;
}

/** @throws Refusal with the first obstacle's code, and a field for each */
function refuse(memberIds: string[], found: Array<{ code: Refusal["code"]; reason: string; target: queries.RosterRow }>): void {
  const [first, ...more] = found;
  if (!first) return;
  const others = more.length === 0 ? "" : ` ${more.length} more of them can't be changed either.`;
  throw new Refusal(first.code, {
    detail: `Nothing was changed. ${first.target.name}: ${first.reason}${others}`,
    fields: found.map(({ reason, target }) => ({
      path: `memberIds.${memberIds.indexOf(target.memberId)}`,
      message: `${target.name}: ${reason}`,
    })),
  });
}
