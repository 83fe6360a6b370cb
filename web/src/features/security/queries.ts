import { queryOptions } from "@tanstack/react-query";
import { answerOf } from "../../api/operation.ts";

/** The end of a check is announced. The query also polls, in case the announcement is lost. */
export const domainsQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/domains", { path: { slug } }),
    refetchInterval: ({ state }) => (state.data?.items.some(({ checking }) => checking) ? 2_000 : false),
  });

/** Progress is announced. The query also polls, in case an announcement is lost. */
export const encryptionKeyQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/security/encryption-key", { path: { slug } }),
    refetchInterval: ({ state }) => (state.data?.rotation ? 5_000 : false),
  });
