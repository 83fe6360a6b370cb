import type { RoleRefusal } from "#contract/http/roles.ts";
import { BUILT_IN_ROLES, type Permission } from "#contract/permissions.ts";
import type { Member } from "../members/admit.ts";
import { lettersOf } from "#contract/look-alikes.ts";

type Actor = Pick<Member, "roleId" | "may">;

export interface RoleRule {
  roleId: string;
  builtIn: string | null;
  permissions: ReadonlySet<Permission>;
}

/** What the role holds and the giver does not: nobody can grant a permission that they do not hold. Empty: allowed. */
export function withheld(giver: Pick<Member, "may">, permissions: Iterable<Permission>): Permission[] {
  return [...permissions].filter((permission) => !giver.may(permission));
}

/**
 * Why this member may not use `permission` on this role. Null: they may.
 *
 * A role that holds more than oneself is above oneself, and is neither added to nor taken from. One's own role is left to somebody
 * else: more than it holds nobody could give it anyway, and whoever takes from it saws off the branch they sit on, maybe the last
 * one that could put it back.
 */
function refusal(actor: Actor, permission: "roles.edit" | "roles.delete", role: RoleRule): RoleRefusal | null {
  if (role.builtIn !== null) return "built_in";
  if (!actor.may(permission)) return "not_allowed";
  if (role.roleId === actor.roleId) return "own_role";
  return withheld(actor, role.permissions).length > 0 ? "holds_more" : null;
}

export const editRefusal = (actor: Actor, role: RoleRule) => refusal(actor, "roles.edit", role);
export const deleteRefusal = (actor: Actor, role: RoleRule) => refusal(actor, "roles.delete", role);

/** What the interface may offer this member; each is enforced again where it is done. */
export function roleAbilities(actor: Actor, role: RoleRule) {
  const [edit, remove] = [editRefusal(actor, role), deleteRefusal(actor, role)];
  return {
    edit: edit === null,
    editRefusal: edit,
    delete: remove === null,
    deleteRefusal: remove,
    give: withheld(actor, role.permissions).length === 0,
  };
}

export interface Uses {
  members: number;
  invitations: number;
  channels: number;
}

/** What it takes, beyond roles.delete, to put another role in the place of one: to give a role is to give a role, however it comes about. */
export function permissionsToReplace(uses: Uses): Permission[] {
  return [
    ...(uses.members > 0 ? (["users.change_role"] as const) : []),
    ...(uses.invitations > 0 ? (["users.invite"] as const) : []),
    // Or somebody puts their own role in the place of one that may talk where theirs may not.
    ...(uses.channels > 0 ? (["channels.set_transmission"] as const) : []),
  ];
}

/** Names that a person in power has, whatever the table of roles calls it. */
const TITLES: readonly string[] = [...BUILT_IN_ROLES, "administrator", "owner"];

/** Whether a name could be taken for that of a built-in role or of the owner, though it is spelled with other letters and signs. */
export function looksBuiltIn(name: string): boolean {
  return TITLES.includes(lettersOf(name));
}
