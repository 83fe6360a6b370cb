import { fit, search } from "../../ui/search.ts";

export interface Item {
  /** Unique in the palette. */
  id: string;
  label: string;
  /** Other words that people use for it. */
  also?: string;
  /** Said beside the label. */
  detail?: string;
  icon: React.ReactNode;
  /** Where it leads; otherwise `run` is what it does. */
  to?: string;
  run?: () => void;
  /** Why it can't be chosen. */
  reason?: string | null;
}

export interface ItemGroup {
  label: string;
  items: Item[];
  /** By the server, which knows more of them than this page: what it found is not searched again. */
  searched?: boolean;
}

/** How many of a kind are shown: what one looks for is found by typing, not by scrolling. */
const MOST = 7;

/** Of each group what fits, best first; with something typed the group with the best match leads. */
export function find(query: string, groups: readonly ItemGroup[]): ItemGroup[] {
  const found = groups.map(({ label, items, searched = false }) => {
    const all = searched ? items : search(query, items, (item) => [item.label, item.also].filter(Boolean).join(" "));
    const fitting = all.slice(0, MOST);
    return { label, items: fitting, best: Math.max(0, ...fitting.map((item) => fit(query, item.label))) };
  });
  return query.trim() === "" ? found : found.toSorted((a, b) => b.best - a.best);
}
