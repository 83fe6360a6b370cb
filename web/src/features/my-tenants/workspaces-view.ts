import type { TenantActivity, TenantOverview, TenantSummary } from "../../api/types.ts";
import { byName } from "../../ui/by-name.ts";
import { counted } from "../../ui/counted.ts";

/** One row. It appears once the names are loaded, and is filled in as the rest arrives. */
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
  const bySlug = new Map(overview?.map((one) => [one.slug, one]));
  return tenants.map((tenant) => ({
    ...tenant,
    overview: bySlug.get(tenant.slug) ?? null,
    activity: activity.get(tenant.slug) ?? null,
  }));
}

const attentionCount = ({ overview }: WorkspaceView) => overview?.attention.length ?? 0;

/** @param workspaces last used first, which stays the order among equals */
export function inSortOrder(order: SortOrder, workspaces: readonly WorkspaceView[]): WorkspaceView[] {
  switch (order) {
    case "attention":
      return workspaces.toSorted((a, b) => attentionCount(b) - attentionCount(a));
    case "name":
      return workspaces.toSorted(byName);
    case "used":
      return [...workspaces];
  }
}

/** "50 workspaces · 3 need attention · someone is talking in 2". */
export function summary(workspaces: readonly WorkspaceView[]): string {
  const attention = workspaces.filter((workspace) => attentionCount(workspace) > 0).length;
  const talking = workspaces.filter(({ activity }) => (activity?.talking.length ?? 0) > 0).length;
  return [
    counted(workspaces.length, "workspace", "workspaces"),
    attention > 0 && counted(attention, "needs attention", "need attention"),
    talking > 0 && `someone is talking in ${talking}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
