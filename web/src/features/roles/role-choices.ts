import type { Role } from "../../api/types.ts";

/** Options for a role field. Roles that allow more than the person's own are shown but disabled. */
export const roleChoices = (roles: readonly Role[]) =>
  roles.map(({ roleId, name, can }) => ({
    value: roleId,
    label: can.give ? name : `${name} (allows more than your role)`,
    disabled: !can.give,
  }));
