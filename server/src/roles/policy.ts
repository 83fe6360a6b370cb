import type { Permission } from "#contract/permissions.ts";
import type { Member } from "../members/admit.ts";

/** What the role holds and the giver does not: nobody can grant a permission that they do not hold. Empty: allowed. */
export function withheld(giver: Member, permissions: ReadonlySet<Permission>): Permission[] {
  return [...permissions].filter((permission) => !giver.may(permission));
}
