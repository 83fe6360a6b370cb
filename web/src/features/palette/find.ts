import { fit, search } from "../../ui/search.ts";

export interface Item {
  /** Unique in the palette. */
  id: string;
  label: string;
  /** Other words by which people look for the item. */
  also?: string;
  /** Shown beside the label. */
  detail?: string;
  icon: React.ReactNode;
  /** The address to open. Without it, `run` is called. */
  to?: string;
  run?: () => void;
  /** Why the item can't be chosen; null when it can. */
  reason?: string | null;
}

export interface ItemGroup {
  label: string;
  items: Item[];
  /** The server searched these items, so they are not searched again. */
  searched?: boolean;
}

/** The greatest number of items shown in a group: people find more by typing, not by scrolling. */
const MAX_PER_GROUP = 7;

/** The matches of each group, best first. With a search, the group with the best match comes first. */
export function find(query: string, groups: readonly ItemGroup[]): ItemGroup[] {
  const found = groups.map(({ label, items, searched = false }) => {
    const all = searched ? items : search(query, items, (item) => [item.label, item.also].filter(Boolean).join(" "));
    const fitting = all.slice(0, MAX_PER_GROUP);
    return { label, items: fitting, best: Math.max(0, ...fitting.map((item) => fit(query, item.label))) };
  });
  return query.trim() === "" ? found : found.toSorted((a, b) => b.best - a.best);
}
