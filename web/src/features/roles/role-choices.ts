import type { Role } from "../../api/types.ts";

/** Roles to choose from: those that hold more than one's own are shown, and can't be chosen. */
export const roleChoices = (roles: readonly Role[]) =>
  roles.map(({ roleId, name, can }) => ({
    value: roleId,
    label: can.give ? name : `${name} (allows more than your role)`,
    disabled: !can.give,
  }));
