/** Who may give which role: nobody may give permissions that they lack. The features members, invitations and roles all use it. */
import { type BuiltInRole, whatItAllows, withheld } from "#contract/permissions.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Ctx } from "./ctx.ts";
import { type Member, rolePermissions } from "./member.ts";

interface RoleRow {
  name: string;
  builtIn: string | null;
  permissions: string[] | null;
}

function refusalToGive(giver: Member, role: RoleRow): string | null {
  const [missing] = withheld(rolePermissions(role), giver.may);
  if (!missing) return null;
  return `You can't give what you don't have: ${role.name} lets people ${whatItAllows(missing)}, and your role doesn't.`;
}

export interface RoleToGive {
  roleId: string;
  name: string;
  /** Why the giver can't give this role, or null. */
  refusal: string | null;
}

/** Every role of the tenant, and whether the member may give it. */
export async function listRolesToGive({ db, member }: Ctx): Promise<RoleToGive[]> {
  const roles = await db
    .selectFrom("roles")
    .select(["role_id as roleId", "name", "built_in as builtIn", "permissions"])
    .execute();
  return roles.map((role) => ({ roleId: role.roleId, name: role.name, refusal: refusalToGive(member, role) }));
}

/** Only ids and names: the member counts of roles take as long to read as there are members. */
export async function listRoleNames({ db }: TenantTx) {
  const rows = await db.selectFrom("roles").select(["role_id as roleId", "name", "built_in as builtIn"]).execute();
  return rows.map((row) => ({ ...row, builtIn: row.builtIn as BuiltInRole | null }));
}

/**
 * Finds a role that the member wants to give to somebody. If the role is being deleted, it waits for that and then does not find it. A role
 * that it finds cannot be deleted until the transaction ends.
 * @param input `field`: the request's field to name in a refusal
 * @throws Refusal invalid_input for a role that the tenant does not have, forbidden for one with a permission that the giver lacks
 */
export async function findRoleToGive(
  { db, member }: Ctx,
  { roleId, field = "roleId" }: { roleId: string; field?: string },
): Promise<{ roleId: string; name: string }> {
  const role = await db
    .selectFrom("roles")
    .select(["role_id as roleId", "name", "built_in as builtIn", "permissions"])
    .where("role_id", "=", roleId)
    .forKeyShare()
    .executeTakeFirst();
  if (!role) {
    throw new Refusal("invalid_input", { fields: [{ path: field, message: "Choose one of the workspace's roles." }] });
  }
  const refusal = refusalToGive(member, role);
  if (refusal !== null) throw new Refusal("forbidden", { detail: refusal });
  return { roleId: role.roleId, name: role.name };
}
