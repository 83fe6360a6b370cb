import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { MemberView } from "../../api/types.ts";

const SORTS = ["name", "role", "joined", "lastSeen"] as const;
export type MemberSort = (typeof SORTS)[number];
const STATUSES = ["active", "suspended"] as const;

/** The order that a column is sorted in first. */
const FIRST_ORDER: Record<MemberSort, "asc" | "desc"> = { name: "asc", role: "asc", joined: "desc", lastSeen: "desc" };
const UUID = /^[0-9a-f-]{36}$/i;

interface Changes {
  search?: string;
  role?: string | null;
  status?: string | null;
  presence?: string | null;
}

export interface MemberViewState {
  view: MemberView & { sort: MemberSort; order: "asc" | "desc" };
  isFiltered: boolean;
  /** Null and "" remove a filter. */
  change: (changes: Changes) => void;
  /** Sorts by this column, or reverses the order if it is sorted by it already. */
  sortBy: (sort: MemberSort) => void;
}

/** Search, filters and order of the member list, kept in the address so that links and the back button restore them. */
export function useMemberView(): MemberViewState {
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => {
    const sort = SORTS.find((known) => known === params.get("sort")) ?? "name";
    const order = (["asc", "desc"] as const).find((known) => known === params.get("order")) ?? FIRST_ORDER[sort];
    const role = params.get("role");
    const status = STATUSES.find((known) => known === params.get("status"));
    const isConnected = params.get("presence") === "connected";
    const search = params.get("search")?.trim().slice(0, 100);
    return {
      sort,
      order,
      ...(search ? { search } : {}),
      ...(role && UUID.test(role) ? { roleId: role } : {}),
      ...(status ? { status } : {}),
      ...(isConnected ? { presence: "connected" as const } : {}),
    };
  }, [params]);

  const change = useCallback(
    (changes: Record<string, string | null>) =>
      setParams(
        () => {
          // Not the router's params, which are of the last render: a second change before the next render would undo the first.
          const changed = new URLSearchParams(window.location.search);
          for (const [name, value] of Object.entries(changes)) {
            if (value) changed.set(name, value);
            else changed.delete(name);
          }
          return changed;
        },
        { replace: true },
      ),
    [setParams],
  );

  return {
    view,
    isFiltered: "search" in view || "roleId" in view || "status" in view || "presence" in view,
    change: change as MemberViewState["change"],
    sortBy: (sort) => {
      const order = view.sort !== sort ? FIRST_ORDER[sort] : view.order === "asc" ? "desc" : "asc";
      change({ sort, order });
    },
  };
}
