import {
  BUILT_IN_ROLES,
  builtInPermissions,
  type BuiltInRole,
  type Permission,
  type PERMISSIONS,
} from "#contract/permissions.ts";
import { fit } from "../../ui/search.ts";
import { differing } from "../../ui/sets.ts";

export const BUILT_IN_NAMES: Record<BuiltInRole, string> = { admin: "Admin", member: "Member", viewer: "Viewer" };

export type PermissionEntry = (typeof PERMISSIONS)[number];

export interface Diff {
  added: Permission[];
  removed: Permission[];
}

export function diff(from: ReadonlySet<Permission>, to: ReadonlySet<Permission>): Diff {
  return { added: [...to].filter((of) => !from.has(of)), removed: [...from].filter((of) => !to.has(of)) };
}

/** The built-in role that it takes the fewest changes to come from; of two as near the one that allows less. */
export function nearestBuiltIn(held: ReadonlySet<Permission>): BuiltInRole {
  const distance = (role: BuiltInRole) => differing(builtInPermissions(role), held).size;
  return [...BUILT_IN_ROLES].toReversed().reduce((best, role) => (distance(role) < distance(best) ? role : best));
}

/** "Like Member, 3 more, 1 less"; "Same as Viewer". */
export function diffWords(held: ReadonlySet<Permission>): string {
  const base = nearestBuiltIn(held);
  const { added, removed } = diff(builtInPermissions(base), held);
  if (added.length + removed.length === 0) return `Same as ${BUILT_IN_NAMES[base]}`;
  return [
    `Like ${BUILT_IN_NAMES[base]}`,
    ...(added.length > 0 ? [`${added.length} more`] : []),
    ...(removed.length > 0 ? [`${removed.length} less`] : []),
  ].join(", ");
}

/** In what a permission allows, its name and its category. */
export function matches(entry: PermissionEntry, search: string): boolean {
  return fit(search, `${entry.allows} ${entry.name} ${entry.category}`) > 0;
}
