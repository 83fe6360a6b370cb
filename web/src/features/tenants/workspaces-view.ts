import type { TenantActivity, TenantOverview, TenantSummary } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";

/** One row: there as soon as the names are, filled in as the rest arrives. */
export interface WorkspaceView extends TenantSummary {
  overview: TenantOverview | null;
  activity: TenantActivity | null;
}

export type SortOrder = "attention" | "used" | "name";

export function withOverview(
  tenants: readonly TenantSummary[],
  overview: readonly TenantOverview[] | undefined,
  activity: ReadonlyMap<string, TenantActivity>,
): WorkspaceView[] {
  const bySlug = new Map(overview?.map((of) => [of.slug, of]));
  return tenants.map((tenant) => ({
    ...tenant,
    overview: bySlug.get(tenant.slug) ?? null,
    activity: activity.get(tenant.slug) ?? null,
  }));
}

export const needs = ({ overview }: WorkspaceView) => overview?.attention.length ?? 0;

/** They come last used first, and stay so among equals. */
export function inSortOrder(order: SortOrder, workspaces: readonly WorkspaceView[]): WorkspaceView[] {
  switch (order) {
    case "attention":
      return workspaces.toSorted((a, b) => needs(b) - needs(a));
    case "name":
      return workspaces.toSorted((a, b) => a.name.localeCompare(b.name));
    case "used":
      return [...workspaces];
  }
}

/** "50 workspaces · 3 need attention · somebody talks in 2". */
export function summary(workspaces: readonly WorkspaceView[]): string {
  const attention = workspaces.filter((of) => needs(of) > 0).length;
  const talking = workspaces.filter(({ activity }) => (activity?.talking.length ?? 0) > 0).length;
  return [
    counted(workspaces.length, "workspace", "workspaces"),
    attention > 0 && counted(attention, "needs attention", "need attention"),
    talking > 0 && `somebody talks in ${talking}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
