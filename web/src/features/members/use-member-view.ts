import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { MemberView } from "../../api/types.ts";

const SORTS = ["name", "role", "joined", "lastSeen"] as const;
export type MemberSort = (typeof SORTS)[number];
const STATUSES = ["active", "suspended"] as const;

/** The order that a column is first put in. */
const FIRST_ORDER: Record<MemberSort, "asc" | "desc"> = { name: "asc", role: "asc", joined: "desc", lastSeen: "desc" };
const UUID = /^[0-9a-f-]{36}$/i;

interface Changes {
  search?: string;
  role?: string | null;
  status?: string | null;
}

export interface MemberViewState {
  view: MemberView & { sort: MemberSort; order: "asc" | "desc" };
  isFiltered: boolean;
  /** Null and "" take a filter away. */
  change: (changes: Changes) => void;
  /** By this column; when it is sorted by it already, the other way round. */
  sortBy: (sort: MemberSort) => void;
}

/** What is looked at, kept in the address: so it can be linked, and going back finds it again. */
export function useMemberView(): MemberViewState {
  const [params, setParams] = useSearchParams();
  const view = useMemo(() => {
    const sort = SORTS.find((known) => known === params.get("sort")) ?? "name";
    const order = (["asc", "desc"] as const).find((known) => known === params.get("order")) ?? FIRST_ORDER[sort];
    const role = params.get("role");
    const status = STATUSES.find((known) => known === params.get("status"));
    const search = params.get("search")?.trim().slice(0, 100);
    return {
      sort,
      order,
      ...(search ? { search } : {}),
      ...(role && UUID.test(role) ? { roleId: role } : {}),
      ...(status ? { status } : {}),
    };
  }, [params]);

  const change = useCallback(
    (changes: Record<string, string | null>) =>
      setParams(
        (now) => {
          const changed = new URLSearchParams(now);
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
    isFiltered: "search" in view || "roleId" in view || "status" in view,
    change: change as MemberViewState["change"],
    sortBy: (sort) => {
      const order = view.sort !== sort ? FIRST_ORDER[sort] : view.order === "asc" ? "desc" : "asc";
      change({ sort, order });
    },
  };
}
