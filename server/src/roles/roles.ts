/** Roles: what their holders may do. The built-in ones are the code's, the others the workspace's own. */
import { v7 as uuidv7 } from "uuid";
import type { RoleRefusal } from "#contract/http/roles.ts";
import { type BuiltInRole, type Permission, whatItAllows } from "#contract/permissions.ts";
import { changesBetween, changesTo, record } from "../audit/audit.ts";
import { lockRoster, type Member, readmit, rolePermissions } from "../members/admit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { isUniqueViolation } from "../platform/db/violations.ts";
import { nameKey } from "#contract/look-alikes.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { editRefusal, looksBuiltIn, roleAbilities, withheld } from "./policy.ts";
import * as queries from "./queries.ts";

/** Of a workspace's own. Every page that names roles shows them all. */
const MOST_ROLES = 100;

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

export async function listRoles(tx: TenantTx, viewer: Member) {
  return (await queries.listRoles(tx.db)).map((row) => present(row, viewer));
}

/** Without what hangs on them: counting a role's members takes as long as it has members. */
export async function listRoleNames(tx: TenantTx) {
  return (await queries.listNames(tx.db)).map((row) => ({ ...row, builtIn: row.builtIn as BuiltInRole | null }));
}

/** @throws Refusal not_found */
export async function getRole(tx: TenantTx, viewer: Member, roleId: string) {
  return present(orNotFound(await queries.findRole(tx.db, roleId)), viewer);
}

export function refuseToTouch(why: RoleRefusal, name: string, permissions: Iterable<Permission>, actor: Member): Refusal {
  switch (why) {
    case "built_in":
      return new Refusal("role_built_in");
    case "not_allowed":
      return new Refusal("forbidden");
    case "own_role":
      return new Refusal("forbidden", { detail: `${name} is your own role. Somebody else who may change roles has to do this.` });
    case "holds_more": {
      const [missing] = withheld(actor, permissions);
      const allows = missing ? ` lets people ${whatItAllows(missing)}, and your role doesn't` : " holds more than your role";
      return new Refusal("forbidden", { detail: `${name} is above your own role: it${allows}. Ask an admin of the workspace.` });
    }
  }
}

function assertMayGrant(actor: Member, permissions: readonly Permission[]): void {
  const missing = withheld(actor, permissions);
  if (missing.length === 0) return;
  throw new Refusal("forbidden", {
    detail: `Nobody can give what they don't have: your role, ${actor.roleName}, doesn't let you ${missing.map(whatItAllows).join("; ")}.`,
  });
}

/** @throws Refusal role_name_taken */
function assertNameFree(name: string, others: readonly { name: string }[]): void {
  const key = nameKey(name);
  const taken = others.find((other) => nameKey(other.name) === key);
  if (!taken && !looksBuiltIn(name)) return;
  const message = taken ? `There is a role called ${taken.name} already.` : "This looks like the name of a built-in role.";
  throw new Refusal("role_name_taken", { detail: `${message} Choose another name.`, fields: [{ path: "name", message }] });
}

async function refusingTakenName<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // Letters that PostgreSQL's lower() makes one, and our key does not.
    if (!isUniqueViolation(error)) throw error;
    throw new Refusal("role_name_taken", { fields: [{ path: "name", message: "A role with that name already exists." }] });
  }
}

const sorted = (permissions: Iterable<Permission>) => [...new Set(permissions)].sort();
const target = (role: { roleId: string; name: string }) => ({ type: "role" as const, id: role.roleId, name: role.name });

/** @throws Refusal forbidden for permissions that the creator lacks, role_name_taken, too_many_roles */
export async function createRole(tx: TenantTx, asker: Member, input: RoleInput) {
  await lockRoster(tx);
  const creator = await readmit(tx, asker);
  creator.require("roles.create");
  assertMayGrant(creator, input.permissions);
  const others = await queries.listNames(tx.db);
  if (others.filter(({ builtIn }) => builtIn === null).length >= MOST_ROLES) throw new Refusal("too_many_roles");
  assertNameFree(input.name, others);
  const role = { ...input, permissions: sorted(input.permissions) };
  const roleId = uuidv7();
  await refusingTakenName(() => queries.insertRole(tx.db, tx.tenantId, roleId, role));
  record(tx, creator.actor, {
    action: "role.created",
    target: target({ roleId, name: role.name }),
    changes: changesTo({ ...role }),
  });
  await announceChanged(tx, "roles");
  return getRole(tx, creator, roleId);
}

export interface RoleToGive {
  roleId: string;
  name: string;
  /** Why the giver can't give it; null when they can. */
  refusal: string | null;
}

function refusalToGive(
  giver: Member,
  role: { name: string; builtIn: string | null; permissions: string[] | null },
): string | null {
  const [missing] = withheld(giver, rolePermissions(role));
  if (!missing) return null;
  return `Nobody can give what they don't have: ${role.name} lets people ${whatItAllows(missing)}, and your role doesn't.`;
}

/** Every role of the tenant, and whether `giver` can give it. */
export async function listRolesToGive(tx: TenantTx, giver: Member): Promise<RoleToGive[]> {
  const roles = await queries.listAllowed(tx.db);
  return roles.map((role) => ({ roleId: role.roleId, name: role.name, refusal: refusalToGive(giver, role) }));
}

/**
 * Acts on everybody who has the role: their next request is admitted with it, their open pages and live audio hear of it.
 * @param input `version`: of the role as the editor saw it
 * @throws Refusal not_found, role_built_in, role_changed, role_name_taken, forbidden for a role that is one's own or above oneself,
 * before or after
 */
export async function updateRole(
  tx: TenantTx,
  asker: Member,
  roleId: string,
  { version, ...changes }: { version: number } & { [Key in keyof RoleInput]?: RoleInput[Key] | undefined },
) {
  await lockRoster(tx);
  const editor = await readmit(tx, asker);
  editor.require("roles.edit");
  const before = orNotFound(await queries.findRole(tx.db, roleId));
  const held = rolePermissions(before);
  const refusal = editRefusal(editor, { ...before, permissions: held });
  if (refusal) throw refuseToTouch(refusal, before.name, held, editor);
  if (before.version !== version) throw new Refusal("role_changed");
  const after = {
    name: changes.name ?? before.name,
    description: changes.description ?? before.description,
    permissions: sorted(changes.permissions ?? held),
  };
  assertMayGrant(editor, after.permissions);
  if (after.name !== before.name) {
    const roles = await queries.listNames(tx.db);
    assertNameFree(
      after.name,
      roles.filter((role) => role.roleId !== roleId),
    );
  }
  const added = after.permissions.filter((permission) => !held.has(permission));
  const removed = sorted(held.difference(new Set(after.permissions)));
  const told = {
    ...changesBetween(
      { name: before.name, description: before.description },
      { name: after.name, description: after.description },
    ),
    ...(added.length > 0 && { permissionsAdded: { to: added } }),
    ...(removed.length > 0 && { permissionsRemoved: { from: removed } }),
  };
  if (Object.keys(told).length === 0) return present(before, editor);
  await refusingTakenName(() => queries.updateRole(tx.db, roleId, after));
  record(tx, editor.actor, { action: "role.edited", target: target({ roleId, name: after.name }), changes: told });
  await announceChanged(tx, "roles");
  return getRole(tx, editor, roleId);
}

/**
 * The role that `giver` wants to give to somebody. It stays until the transaction ends.
 * @param field of the input that names it, for the refusal
 * @throws Refusal invalid_input for a role that this tenant does not have, forbidden for one that holds what the giver lacks
 */
export async function findRoleToGive(
  tx: TenantTx,
  giver: Member,
  roleId: string,
  field = "roleId",
): Promise<{ roleId: string; name: string }> {
  const role = await queries.holdRole(tx.db, roleId);
  if (!role) {
    throw new Refusal("invalid_input", { fields: [{ path: field, message: "Choose one of the workspace's roles." }] });
  }
  const refusal = refusalToGive(giver, role);
  if (refusal !== null) throw new Refusal("forbidden", { detail: refusal });
  return { roleId: role.roleId, name: role.name };
}
