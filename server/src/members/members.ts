/** Changes of the roster: joining, roles, suspension, removal. The member list is in list.ts. */
import { v7 as uuidv7 } from "uuid";
import type { Permission } from "#contract/permissions.ts";
import type { Ctx } from "../access/ctx.ts";
import { rolePermissions } from "../access/member.ts";
import { behindRosterLock } from "../access/roster.ts";
import { type Seat, takeSeats } from "../billing/licences.ts";
import { appendNow, type AuditEvent } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { findRoleToGive } from "../access/role-giving.ts";
import { endOfferTo } from "../tenants/ownership-offer.ts";
import { NEEDED, obstacle, type RosterChange } from "./policy.ts";
import * as queries from "./queries.ts";

export { mailHolders } from "./holder-mails.ts";
export { mayChange } from "./policy.ts";

/** The number of active members. */
export function countMembers(tx: TenantTx): Promise<number> {
  return queries.countActive(tx.db);
}

/** The number of active members whose role is the built-in Admin. */
export function countAdmins(tx: TenantTx): Promise<number> {
  return queries.countActiveAdmins(tx.db);
}

/** Active members whose role has the permission, at most 100: the owner first, the others in the order in which they joined. */
export async function listHolders(tx: TenantTx, permission: Permission): Promise<{ memberId: string; name: string }[]> {
  const holders = await queries.findHolders(tx.db, permission);
  return holders.map(({ memberId, name }) => ({ memberId, name }));
}

/** Records that the member has the workspace open and visible, or listens: recordings up to now are not new to them. */
export function noteVisit(ctx: Ctx): Promise<void> {
  return queries.noteVisit(ctx.db, ctx.member.memberId);
}

/** The member's email address; null when they are no longer a member. */
export async function findEmail(tx: TenantTx, memberId: string): Promise<string | null> {
  return (await queries.findEmail(tx.db, memberId))?.email ?? null;
}

export async function isMemberEmail(tx: TenantTx, email: string): Promise<boolean> {
  return (await queries.findMemberByEmail(tx.db, email)) !== undefined;
}

/** Finds which of the addresses belong to members. */
export async function findMemberEmails(tx: TenantTx, emails: string[]): Promise<Set<string>> {
  if (emails.length === 0) return new Set();
  return new Set((await queries.findMembersByEmail(tx.db, emails)).map(({ email }) => email));
}

/** Copies an account's new name to the tenant that the transaction entered, and audits it. */
export async function renameMember(
  db: Db,
  { tenantId, accountId, name, origin }: { tenantId: string; accountId: string; name: string; origin: Origin },
): Promise<void> {
  const member = await queries.findMemberOf(db, tenantId, accountId);
  if (!member || member.name === name) return;
  const before = { memberId: member.memberId, name: member.name };
  await queries.rename(db, tenantId, before.memberId, name);
  const target = { type: "member" as const, id: before.memberId, name };
  const event = { action: "member.renamed" as const, target, changes: { name: { from: before.name, to: name } } };
  await appendNow(db, tenantId, [{ actor: { ...before, ...origin }, event }]);
  await announceChanged({ db, tenantId }, "members");
}

/** Copies an account's new address to the tenant that the transaction entered, and audits it. */
export async function changeMemberEmail(
  db: Db,
  { tenantId, accountId, email, origin }: { tenantId: string; accountId: string; email: string; origin: Origin },
): Promise<void> {
  const member = await queries.findMemberOf(db, tenantId, accountId);
  if (!member) return;
  const { email: from, ...before } = member;
  await queries.setEmail(db, tenantId, before.memberId, email);
  const target = { type: "member" as const, id: before.memberId, name: before.name };
  const event = { action: "member.email_changed" as const, target, changes: { email: { from, to: email } } };
  await appendNow(db, tenantId, [{ actor: { ...before, ...origin }, event }]);
  await announceChanged({ db, tenantId }, "members");
}

/** Adds the account as a member, who takes the licence. @returns the member id; null when the account is already a member */
export async function addMember(
  tx: TenantTx,
  account: { accountId: string; name: string; email: string },
  { roleId, seat }: { roleId: string; seat: Seat },
): Promise<string | null> {
  const memberId = uuidv7();
  const added = await queries.insertMember(tx.db, seat, {
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

/** Gives everybody who has the role `from` the role `to`. The caller must lock the roster and check permissions first. */
export async function replaceHeldRole(ctx: Ctx, from: NamedRole, to: NamedRole): Promise<void> {
  const moved = await queries.replaceRole(ctx.db, from.roleId, to.roleId);
  for (const { memberId, name } of moved) {
    ctx.audit.record({
      action: "member.role_changed",
      target: { type: "member", id: memberId, name },
      changes: { role: { from: from.name, to: to.name } },
    });
  }
  if (moved.length > 0) await announceChanged(ctx, "members");
}

interface ManyMembers {
  memberIds: string[];
}

/**
 * Gives the members the role: all of them or none.
 * @throws Refusal as `changeRoster`, and as findRoleToGive
 */
export function changeRole(stale: Ctx, { memberIds, roleId }: ManyMembers & { roleId: string }): Promise<{ changed: number }> {
  return changeRoster(stale, memberIds, {
    change: "changeRole",
    action: "member.role_changed",
    plan: async (ctx) => {
      const role = await findRoleToGive(ctx, { roleId });
      return {
        isDone: (target) => target.roleId === role.roleId,
        changes: (target) => ({ role: { from: target.roleName, to: role.name } }),
        write: (ids) => queries.setRole(ctx.db, ids, role.roleId),
      };
    },
  });
}

/**
 * Suspends the members: all of them or none. They stay signed in, but cannot enter this tenant, and their live audio ends.
 * @throws Refusal as `changeRoster`
 */
export function suspendMembers(stale: Ctx, { memberIds }: ManyMembers): Promise<{ changed: number }> {
  return changeRoster(stale, memberIds, {
    change: "suspend",
    action: "member.suspended",
    plan: async (ctx) => ({
      isDone: (target) => target.status === "suspended",
      changes: () => ({ status: { from: "active", to: "suspended" } }),
      async write(ids) {
        await endOfferTo(ctx, ids, "suspended");
        await queries.suspend(ctx.db, ids);
      },
    }),
  });
}

/**
 * Reactivates the members with their earlier role: all of them or none.
 * @throws Refusal licences_taken, or as `changeRoster`
 */
export function reactivateMembers(stale: Ctx, { memberIds }: ManyMembers): Promise<{ changed: number }> {
  return changeRoster(stale, memberIds, {
    change: "reactivate",
    action: "member.reactivated",
    plan: async (ctx) => ({
      isDone: (target) => target.status === "active",
      changes: () => ({ status: { from: "suspended", to: "active" } }),
      write: async (ids) => queries.reactivate(ctx.db, await takeSeats(ctx, ids.length), ids),
    }),
  });
}

/**
 * Removes the members: all of them or none. Their recordings and audit entries stay, under their name.
 * @throws Refusal as `changeRoster`
 */
export function removeMembers(stale: Ctx, { memberIds }: ManyMembers): Promise<{ changed: number }> {
  return changeRoster(stale, memberIds, {
    change: "remove",
    action: "member.removed",
    plan: async (ctx) => ({
      isDone: () => false,
      changes: (target) => ({ role: { from: target.roleName }, status: { from: target.status } }),
      async write(ids) {
        await endOfferTo(ctx, ids, "removed");
        await queries.deleteMembers(ctx.db, ids);
      },
    }),
  });
}

interface Plan {
  /** The member needs no change and no audit entry. */
  isDone(target: queries.RosterRow): boolean;
  changes(target: queries.RosterRow): NonNullable<AuditEvent["changes"]>;
  write(memberIds: string[]): Promise<void>;
}

interface Change {
  change: RosterChange;
  action: AuditEvent["action"];
  /** @param ctx read after the roster was locked */
  plan(ctx: Ctx): Promise<Plan>;
}

/**
 * Makes one change to several members: all of them or none. Locks the roster first and reads everything that decides after that.
 * @throws Refusal not_found for an id that is no member's; forbidden, suspended or not_found for an actor who may not, or no longer;
 *   not_yourself, owner_protected or outranked, with a field for each member who cannot be changed; last_admin
 */
async function changeRoster(stale: Ctx, memberIds: string[], { change, action, plan }: Change): Promise<{ changed: number }> {
  const ctx = await behindRosterLock(stale);
  ctx.member.require(NEEDED[change]);
  const targets = await findAll(ctx, memberIds);
  const { isDone, changes, write } = await plan(ctx);
  refuse(
    memberIds,
    targets.flatMap((target) => {
      const blocked = obstacle(ctx.member, { ...target, permissions: rolePermissions(target) }, change);
      return blocked ? [{ ...blocked, target }] : [];
    }),
  );
  const changing = targets.filter((target) => !isDone(target));
  if (changing.length === 0) return { changed: 0 };
  await write(changing.map(({ memberId }) => memberId));
  // Cannot happen while the owner is an active Admin, whom no change here touches. Checked in case that is ever broken.
  if ((await queries.countActiveAdmins(ctx.db)) === 0) throw new Refusal("last_admin");
  for (const target of changing) {
    ctx.audit.record({
      action,
      target: { type: "member", id: target.memberId, name: target.name },
      changes: changes(target),
    });
  }
  await announceChanged(ctx, "members");
  return { changed: changing.length };
}

/**
 * The member, if the caller may make this change to them. Call it behind the roster's lock.
 * @throws Refusal forbidden, not_found; not_yourself, owner_protected, outranked
 */
export async function requireChangeable(ctx: Ctx, memberId: string, change: RosterChange): Promise<queries.RosterRow> {
  ctx.member.require(NEEDED[change]);
  const [target] = await findAll(ctx, [memberId]);
  const found = orNotFound(target);
  const blocked = obstacle(ctx.member, { ...found, permissions: rolePermissions(found) }, change);
  if (blocked) throw new Refusal(blocked.code, { detail: `${found.name}: ${blocked.reason}` });
  return found;
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
      detail: "Nothing was changed: at least one of them is no longer a member of this workspace. Check the list and try again.",
      fields: gone.map((id) => ({
        path: `memberIds.${memberIds.indexOf(id)}`,
        message: "No longer a member of this workspace.",
      })),
    });
  }
  return targets;
}

/** @throws Refusal with the first obstacle's code, and a field for each obstacle; nothing when there are none */
function refuse(memberIds: string[], blocked: Array<{ code: Refusal["code"]; reason: string; target: queries.RosterRow }>): void {
  const [first, ...more] = blocked;
  if (!first) return;
  const others = more.length === 0 ? "" : ` ${more.length} more of them can't be changed either.`;
  throw new Refusal(first.code, {
    detail: `Nothing was changed. ${first.target.name}: ${first.reason}${others}`,
    fields: blocked.map(({ reason, target }) => ({
      path: `memberIds.${memberIds.indexOf(target.memberId)}`,
      message: `${target.name}: ${reason}`,
    })),
  });
}
