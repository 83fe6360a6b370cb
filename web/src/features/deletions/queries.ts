import { queryOptions } from "@tanstack/react-query";
import { answerOf } from "../../api/operation.ts";

/** A deletion by the token of the owner's link. Polled until everything is erased. */
export const deletionQuery = (token: string) =>
  queryOptions({
    ...answerOf("POST /api/v1/deletions/lookup", { body: { token } }),
    retry: false,
    refetchInterval: ({ state }) => (state.data && !state.data.receipt ? 1_000 : false),
  });
