import {
  BUILT_IN_ROLES,
  builtInPermissions,
  type BuiltInRole,
  isAvailable,
  type Permission,
  type PERMISSIONS,
} from "#contract/permissions.ts";
import { fit } from "../../ui/search.ts";

export const BUILT_IN_NAMES: Record<BuiltInRole, string> = { admin: "Admin", member: "Member", viewer: "Viewer" };

export type PermissionEntry = (typeof PERMISSIONS)[number];

export interface Diff {
  added: Permission[];
  removed: Permission[];
}

/** Compares available permissions only: no role can be given the others. */
export function diff(from: ReadonlySet<Permission>, to: ReadonlySet<Permission>): Diff {
  const differing = (one: ReadonlySet<Permission>, other: ReadonlySet<Permission>) =>
    [...one].filter((permission) => isAvailable(permission) && !other.has(permission));
  return { added: differing(to, from), removed: differing(from, to) };
}

/** The built-in role with the fewest differences; of two with equally few, the one that allows less. */
export function nearestBuiltIn(held: ReadonlySet<Permission>): BuiltInRole {
  const distance = (role: BuiltInRole) => {
    const { added, removed } = diff(builtInPermissions(role), held);
    return added.length + removed.length;
  };
  return [...BUILT_IN_ROLES].toReversed().reduce((best, role) => (distance(role) < distance(best) ? role : best));
}

/** "Like Member, 3 more, 1 fewer"; "Same as Viewer". */
export function diffWords(held: ReadonlySet<Permission>): string {
  const base = nearestBuiltIn(held);
  const { added, removed } = diff(builtInPermissions(base), held);
  if (added.length + removed.length === 0) return `Same as ${BUILT_IN_NAMES[base]}`;
  return [
    `Like ${BUILT_IN_NAMES[base]}`,
    ...(added.length > 0 ? [`${added.length} more`] : []),
    ...(removed.length > 0 ? [`${removed.length} fewer`] : []),
  ].join(", ");
}

/** Whether a search matches what a permission allows, its name or its category. */
export function matches(entry: PermissionEntry, search: string): boolean {
  return fit(search, `${entry.allows} ${entry.name} ${entry.category}`) > 0;
}
