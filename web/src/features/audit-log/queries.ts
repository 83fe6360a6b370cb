import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answerOf, pagesOf } from "../../api/operation.ts";
import type { operations } from "../../api/schema.d.ts";

/** The filters of the audit log. */
export type AuditQuery = Omit<NonNullable<operations["listAuditLog"]["parameters"]["query"]>, "cursor" | "limit">;

/** The log as of opening the page. It is not refreshed, because new entries would move the ones that somebody reads. */
export const auditLogQuery = (slug: string, query: AuditQuery) =>
  infiniteQueryOptions({
    ...pagesOf("GET /api/v1/tenants/{slug}/audit-log", { path: { slug }, query: { ...query, limit: 50 } }),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** The newest entry that matches, polled while the page is visible. Null when there is none. */
export const newestAuditEntryQuery = (slug: string, query: AuditQuery) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/audit-log", { path: { slug }, query: { ...query, limit: 1 } }),
    select: ({ items }) => items[0] ?? null,
    refetchInterval: 15_000,
  });

export const auditActorsQuery = (slug: string) =>
  queryOptions({ ...answerOf("GET /api/v1/tenants/{slug}/audit-log/actors", { path: { slug } }), staleTime: 60_000 });

/** Targets of entries that match a search; without a search, recent ones. */
export const auditTargetsFoundQuery = (slug: string, search: string) =>
  queryOptions(
    answerOf("GET /api/v1/tenants/{slug}/audit-log/targets", { path: { slug }, query: search === "" ? {} : { search } }),
  );

/** One target by its id; null when no entry is about it. */
export const auditTargetQuery = (slug: string, id: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/audit-log/targets", { path: { slug }, query: { id } }),
    select: ({ items }) => items[0] ?? null,
  });
