import type { Member } from "../access/member.ts";
import type { RoleRefusal } from "#contract/http/roles.ts";
import { BUILT_IN_ROLES, type Permission, withheld } from "#contract/permissions.ts";
import { lettersOf } from "#contract/look-alikes.ts";

type Actor = Pick<Member, "roleId" | "may">;

export interface RoleRule {
  roleId: string;
  builtIn: string | null;
  permissions: ReadonlySet<Permission>;
}

/**
 * Why this member may not use `permission` on this role. Null: they may.
 *
 * Nobody changes a role that holds permissions they lack. Nobody changes their own role either: they could not add to it, and by taking from it
 * they could lock themselves out, maybe as the last one who could restore it.
 */
function refusal(actor: Actor, permission: "roles.edit" | "roles.delete", role: RoleRule): RoleRefusal | null {
  if (role.builtIn !== null) return "built_in";
  if (!actor.may(permission)) return "not_allowed";
  if (role.roleId === actor.roleId) return "own_role";
  return withheld(role.permissions, actor.may).length > 0 ? "holds_more" : null;
}

export const editRefusal = (actor: Actor, role: RoleRule) => refusal(actor, "roles.edit", role);
export const deleteRefusal = (actor: Actor, role: RoleRule) => refusal(actor, "roles.delete", role);

/** What the interface may offer this member. Each operation checks again. */
export function roleAbilities(actor: Actor, role: RoleRule) {
  const [edit, remove] = [editRefusal(actor, role), deleteRefusal(actor, role)];
  return {
    edit: edit === null,
    editRefusal: edit,
    delete: remove === null,
    deleteRefusal: remove,
    give: withheld(role.permissions, actor.may).length === 0,
  };
}

export interface Uses {
  members: number;
  invitations: number;
  channels: number;
}

/** The permissions, beyond roles.delete, to replace a role: the same as for giving the replacement directly. */
export function permissionsToReplace(uses: Uses): Permission[] {
  return [
    ...(uses.members > 0 ? (["users.change_role"] as const) : []),
    ...(uses.invitations > 0 ? (["users.invite"] as const) : []),
    // Or somebody could replace a role that may talk on a restricted channel by their own, which may not.
    ...(uses.channels > 0 ? (["channels.set_transmission"] as const) : []),
  ];
}

/** Names that suggest power over the workspace. */
const TITLES: readonly string[] = [...BUILT_IN_ROLES, "administrator", "owner"];

/** Whether a name looks like that of a built-in role or the owner, even with look-alike letters or added punctuation. */
export function looksBuiltIn(name: string): boolean {
  return TITLES.includes(lettersOf(name));
}
