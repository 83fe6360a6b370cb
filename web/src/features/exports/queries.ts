import { queryOptions } from "@tanstack/react-query";
import { answerOf } from "../../api/operation.ts";

/** Polled while an export is being made, in case a message of the gateway is lost. */
export const exportsQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/exports", { path: { slug } }),
    refetchInterval: ({ state }) => (state.data?.items.some(({ status }) => status === "building") ? 5_000 : false),
  });
