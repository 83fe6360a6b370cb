import { MAX_MEMBERS_AT_ONCE } from "#contract/http/members.ts";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { answerOf, keyOf, pagesOf } from "../../api/operation.ts";

interface InvitationsFilter {
  search?: string;
  status?: "pending" | "needs_sending";
}

export const invitationsQuery = (slug: string, filter: InvitationsFilter = {}) =>
  infiniteQueryOptions(pagesOf("GET /api/v1/tenants/{slug}/invitations", { path: { slug }, query: { ...filter, limit: 100 } }));

/** Whether there is any open invitation. */
export const openInvitationsQuery = (slug: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/invitations", { path: { slug }, query: { limit: 1 } }),
    select: ({ items }) => items.length > 0,
  });

/** How many invitations stop working when these members get the role, or, with null, when they are suspended or removed. */
export const lapsingInvitationsQuery = (slug: string, memberIds: string[], roleId: string | null) =>
  queryOptions({
    queryKey: keyOf("POST /api/v1/tenants/{slug}/invitations/lapsing", { path: { slug }, body: { memberIds, roleId } }, "answer"),
    queryFn: async ({ signal }) => {
      let total = 0;
      for (let from = 0; from < memberIds.length && !signal.aborted; from += MAX_MEMBERS_AT_ONCE) {
        const body = { memberIds: memberIds.slice(from, from + MAX_MEMBERS_AT_ONCE), roleId };
        const params = { path: { slug } };
        total += (await call(api.POST("/api/v1/tenants/{slug}/invitations/lapsing", { params, body, signal }))).count;
      }
      return total;
    },
    staleTime: 0,
  });

export const myInvitationsQuery = () =>
  queryOptions({
    ...answerOf("GET /api/v1/me/invitations", {}),
    select: ({ items }) => items,
    refetchInterval: 60_000,
    retry: false,
  });

/** The token goes into the request's body, not into an address that could be logged: its holder may join. */
export const invitationQuery = (token: string) =>
  queryOptions({ ...answerOf("POST /api/v1/invitations/lookup", { body: { token } }), staleTime: 30_000 });

/** For a used link: returns the workspace to the person who accepted it, and fails for anybody else. Changes nothing. */
export const joinedQuery = (token: string) => queryOptions(answerOf("POST /api/v1/invitations/acceptance", { body: { token } }));
