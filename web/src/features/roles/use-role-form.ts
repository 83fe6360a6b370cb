import type { Permission } from "#contract/permissions.ts";
import { createRole } from "#contract/http/roles.ts";
import { useForm } from "@mantine/form";
import type { Role } from "../../api/types.ts";
import { validateWith } from "../../api/validate.ts";
import { without } from "../../ui/sets.ts";

export type RoleValues = Pick<Role, "name" | "description" | "permissions">;
export type RoleFormState = ReturnType<typeof useRoleForm>;

export function valuesOf({ name, description, permissions }: RoleValues): RoleValues {
  return { name, description, permissions };
}

export function useRoleForm(initial: RoleValues) {
  return useForm<RoleValues>({ initialValues: initial, validate: validateWith(createRole.body) });
}

export const heldBy = ({ permissions }: Pick<RoleValues, "permissions">): ReadonlySet<Permission> => new Set(permissions);

/** Says what saving would change; null for nothing. */
export function changeWords(from: RoleValues, to: RoleValues): string | null {
  const [before, after] = [heldBy(from), heldBy(to)];
  const [added, removed] = [without(after, before).size, without(before, after).size];
  const parts = [
    ...(to.name.trim() === from.name ? [] : ["new name"]),
    ...(to.description.trim() === from.description ? [] : ["new description"]),
    ...(added > 0 ? [`${added} added`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}
