import { queryOptions } from "@tanstack/react-query";
import { itemsOf } from "../../api/operation.ts";

export const myTenantsQuery = () =>
  queryOptions({ ...itemsOf("GET /api/v1/me/tenants", { query: { limit: 50 } }), refetchInterval: 60_000 });

/** Polled while the page is visible: every 5 s, or with more than 50 workspaces every 0.1 s per workspace. */
export const activityQuery = () =>
  queryOptions({
    ...itemsOf("GET /api/v1/me/activity", { query: { limit: 50 } }),
    staleTime: 4_000,
    refetchInterval: ({ state }) => Math.max(5_000, 100 * (state.data?.length ?? 0)),
    retry: false,
  });
