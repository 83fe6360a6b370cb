import { type BuiltInRole, whatItAllows } from "#contract/permissions.ts";
import { type Member, rolePermissions } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import { withheld } from "./policy.ts";
import * as queries from "./queries.ts";

export async function listRoles(tx: TenantTx) {
  const roles = await queries.listRoles(tx.db);
  return roles.map((role) => ({
    roleId: role.roleId,
    name: role.name,
    builtIn: role.builtIn as BuiltInRole | null,
    permissions: [...rolePermissions(role)],
  }));
}

/**
 * The role that `giver` wants to give to somebody.
 * @throws Refusal invalid_input for a role that this tenant does not have, forbidden for one that holds what the giver lacks
 */
export async function findRoleToGive(tx: TenantTx, giver: Member, roleId: string): Promise<{ roleId: string; name: string }> {
  const role = await queries.findRole(tx.db, roleId);
  if (!role) {
    throw new Refusal("invalid_input", { fields: [{ path: "roleId", message: "Choose one of the workspace's roles." }] });
  }
  const [missing] = withheld(giver, rolePermissions(role));
  if (missing) {
    throw new Refusal("forbidden", {
      detail: `Nobody can give what they don't have: ${role.name} lets people ${whatItAllows(missing)}, and your role doesn't.`,
    });
  }
  return { roleId: role.roleId, name: role.name };
}
