import { queryOptions } from "@tanstack/react-query";
import { answerOf, itemsOf } from "../../api/operation.ts";

export const mfaQuery = (slug: string) => queryOptions(answerOf("GET /api/v1/tenants/{slug}/security/mfa", { path: { slug } }));

/** Members without a second factor, by name. */
export const withoutMfaQuery = (slug: string) =>
  queryOptions(
    itemsOf("GET /api/v1/tenants/{slug}/security/mfa/members", { path: { slug }, query: { enrolled: "false", limit: 200 } }),
  );

/** All active members, by name. */
export const mfaMembersQuery = (slug: string) =>
  queryOptions(itemsOf("GET /api/v1/tenants/{slug}/security/mfa/members", { path: { slug }, query: { limit: 200 } }));
