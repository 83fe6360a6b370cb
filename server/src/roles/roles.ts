/** Roles and their permissions. Built-in roles are defined in code, custom roles in the workspace. */
import { v7 as uuidv7 } from "uuid";
import type { RoleRefusal } from "#contract/http/roles.ts";
import {
  type BuiltInRole,
  isAvailable,
  type Permission,
  PERMISSION_NAMES,
  whatItAllows,
  withheld,
} from "#contract/permissions.ts";
import type { Ctx } from "../access/ctx.ts";
import { type Member, rolePermissions } from "../access/member.ts";
import { listRoleNames } from "../access/role-giving.ts";
import { behindRosterLock } from "../access/roster.ts";
import { changesBetween, changesTo } from "../audit/audit.ts";
import { announceChanged } from "../platform/changes.ts";
import { isUniqueViolation } from "../platform/db/violations.ts";
import { nameKey } from "#contract/look-alikes.ts";
import { quotaReached } from "../platform/quotas.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { editRefusal, looksBuiltIn, roleAbilities } from "./policy.ts";
import * as queries from "./queries.ts";

interface RoleInput {
  name: string;
  description: string;
  permissions: Permission[];
}

function present(row: queries.RoleRow, viewer: Member) {
  const permissions = rolePermissions(row);
  const builtIn = row.builtIn as BuiltInRole | null;
  return {
    roleId: row.roleId,
    name: row.name,
    description: row.description,
    builtIn,
    permissions: [...permissions],
    version: row.version,
    uses: { members: row.members, invitations: row.invitations, channels: row.channels },
    can: roleAbilities(viewer, { roleId: row.roleId, builtIn, permissions }),
  };
}

export async function listRoles(ctx: Ctx) {
  return (await queries.listRoles(ctx.db)).map((row) => present(row, ctx.member));
}

/** @throws Refusal not_found */
export async function getRole(ctx: Ctx, { roleId }: { roleId: string }) {
  return present(orNotFound(await queries.findRole(ctx.db, roleId)), ctx.member);
}

/** The refusal, with a sentence for the actor, for an edit or deletion of this role. */
export function refusalFor(why: RoleRefusal, name: string, permissions: Iterable<Permission>, actor: Member): Refusal {
  switch (why) {
    case "built_in":
      return new Refusal("role_built_in");
    case "not_allowed":
      return new Refusal("forbidden");
    case "own_role":
      return new Refusal("forbidden", { detail: `${name} is your own role. Ask someone else who may change roles.` });
    case "holds_more": {
      const [missing] = withheld(permissions, actor.may);
      const allows = missing ? ` lets people ${whatItAllows(missing)}, and your role doesn't` : " holds more than your role";
      return new Refusal("forbidden", { detail: `${name} is above your own role: it${allows}. Ask an admin of the workspace.` });
    }
  }
}

function assertMayGrant(actor: Member, permissions: readonly Permission[]): void {
  const missing = withheld(permissions, actor.may);
  if (missing.length === 0) return;
  throw new Refusal("forbidden", {
    detail: `You can't give what you don't have: your role, ${actor.roleName}, doesn't let you ${missing.map(whatItAllows).join("; ")}.`,
  });
}

/** @throws Refusal invalid_input for permissions that are not available yet */
function assertAvailable(gained: readonly Permission[]): void {
  const missing = PERMISSION_NAMES.filter((permission) => gained.includes(permission) && !isAvailable(permission));
  if (missing.length === 0) return;
  const message = `Not available yet, so no role can be given it: ${missing.map(whatItAllows).join("; ")}.`;
  throw new Refusal("invalid_input", { detail: message, fields: [{ path: "permissions", message }] });
}

/** @throws Refusal role_name_taken */
function assertNameFree(name: string, others: readonly { name: string }[]): void {
  const key = nameKey(name);
  const taken = others.find((other) => nameKey(other.name) === key);
  if (!taken && !looksBuiltIn(name)) return;
  const message = taken ? `There is already a role called ${taken.name}.` : "This looks like the name of a built-in role.";
  throw new Refusal("role_name_taken", { detail: `${message} Choose another name.`, fields: [{ path: "name", message }] });
}

async function refusingTakenName<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // PostgreSQL's lower() unifies some letters that nameKey does not.
    if (!isUniqueViolation(error)) throw error;
    throw new Refusal("role_name_taken", { fields: [{ path: "name", message: "A role with that name already exists." }] });
  }
}

const sorted = (permissions: Iterable<Permission>) => [...new Set(permissions)].sort();
const target = (role: { roleId: string; name: string }) => ({ type: "role" as const, id: role.roleId, name: role.name });

/** @throws Refusal forbidden for permissions that the creator lacks; invalid_input for unavailable ones; role_name_taken, quota_reached */
export async function createRole(stale: Ctx, input: RoleInput) {
  const ctx = await behindRosterLock(stale);
  ctx.member.require("roles.create");
  assertMayGrant(ctx.member, input.permissions);
  assertAvailable(input.permissions);
  const others = await listRoleNames(ctx);
  const max = ctx.services.config.quotas.roles;
  if (others.filter(({ builtIn }) => builtIn === null).length >= max) throw quotaReached("custom roles", max);
  assertNameFree(input.name, others);
  const role = { ...input, permissions: sorted(input.permissions) };
  const roleId = uuidv7();
  await refusingTakenName(() => queries.insertRole(ctx.db, ctx.tenantId, roleId, role));
  ctx.audit.record({
    action: "role.created",
    target: target({ roleId, name: role.name }),
    changes: changesTo({ ...role }),
  });
  await announceChanged(ctx, "roles");
  return getRole(ctx, { roleId });
}

/**
 * Changes a custom role. Members' next requests are admitted with the new permissions, and the announcement updates open pages and live audio.
 * @param input `version`: the version that the editor saw
 * @throws Refusal not_found, role_built_in, role_changed, role_name_taken; forbidden for the actor's own role, and for a role that holds more than
 *   theirs before or after; invalid_input for an added permission that is not available
 */
export async function updateRole(
  stale: Ctx,
  {
    roleId,
    version,
    ...changes
  }: { roleId: string; version: number } & { [Key in keyof RoleInput]?: RoleInput[Key] | undefined },
) {
  const ctx = await behindRosterLock(stale);
  ctx.member.require("roles.edit");
  const before = orNotFound(await queries.findRole(ctx.db, roleId));
  const held = rolePermissions(before);
  const refusal = editRefusal(ctx.member, { ...before, permissions: held });
  if (refusal) throw refusalFor(refusal, before.name, held, ctx.member);
  if (before.version !== version) throw new Refusal("role_changed");
  const after = {
    name: changes.name ?? before.name,
    description: changes.description ?? before.description,
    permissions: sorted(changes.permissions ?? held),
  };
  assertMayGrant(ctx.member, after.permissions);
  const added = after.permissions.filter((permission) => !held.has(permission));
  assertAvailable(added);
  if (after.name !== before.name) {
    const roles = await listRoleNames(ctx);
    assertNameFree(
      after.name,
      roles.filter((role) => role.roleId !== roleId),
    );
  }
  const removed = sorted(held.difference(new Set(after.permissions)));
  const audited = {
    ...changesBetween(
      { name: before.name, description: before.description },
      { name: after.name, description: after.description },
    ),
    ...(added.length > 0 && { permissionsAdded: { to: added } }),
    ...(removed.length > 0 && { permissionsRemoved: { from: removed } }),
  };
  if (Object.keys(audited).length === 0) return present(before, ctx.member);
  await refusingTakenName(() => queries.updateRole(ctx.db, roleId, after));
  ctx.audit.record({ action: "role.edited", target: target({ roleId, name: after.name }), changes: audited });
  await announceChanged(ctx, "roles");
  return getRole(ctx, { roleId });
}
