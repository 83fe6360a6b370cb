import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call } from "./client.ts";
import type { operations } from "./schema.d.ts";
import type { MemberView } from "./types.ts";

/** Every query of the app with its key. A workspace's keys all begin with its slug, so that nothing of one serves another. */
export const keys = {
  me: ["me"] as const,
  // Below "me", and so asked again with it.
  myTenants: ["me", "tenants"] as const,
  activity: ["me", "activity"] as const,
  myInvitations: ["me", "invitations"] as const,
  system: ["system"] as const,
  outbox: ["outbox"] as const,
  slug: (slug: string, movingFrom?: string) => ["slug", slug, movingFrom ?? null] as const,
  invitation: (token: string) => ["invitation", token] as const,
  deletion: (token: string) => ["deletion", token] as const,
  workspace: (slug: string) => ["workspace", slug] as const,
  tenant: (slug: string) => ["workspace", slug, "tenant"] as const,
  channels: (slug: string) => ["workspace", slug, "channels"] as const,
  members: (slug: string) => ["workspace", slug, "members"] as const,
  roles: (slug: string) => ["workspace", slug, "roles"] as const,
  invitations: (slug: string) => ["workspace", slug, "invitations"] as const,
  accessReviews: (slug: string) => ["workspace", slug, "access-reviews"] as const,
  auditLog: (slug: string) => ["workspace", slug, "audit-log"] as const,
  earlierSlugs: (slug: string) => ["workspace", slug, "earlier-slugs"] as const,
  auditActors: (slug: string) => ["workspace", slug, "audit-actors"] as const,
  auditTargets: (slug: string) => ["workspace", slug, "audit-targets"] as const,
  exports: (slug: string) => ["workspace", slug, "exports"] as const,
  transmissions: (slug: string, channelId?: string) =>
    channelId === undefined
      ? (["workspace", slug, "transmissions"] as const)
      : (["workspace", slug, "transmissions", channelId] as const),
};

const firstPage = { initialPageParam: undefined as string | undefined };
const next = (page: { nextCursor: string | null }) => page.nextCursor ?? undefined;
const pageQuery = (cursor: string | undefined, limit: number) => (cursor === undefined ? { limit } : { cursor, limit });

export const meQuery = () => queryOptions({ queryKey: keys.me, queryFn: () => call(api.GET("/api/v1/me")) });

export const myTenantsQuery = () =>
  queryOptions({
    queryKey: keys.myTenants,
    queryFn: async () => (await call(api.GET("/api/v1/me/tenants"))).items,
    refetchInterval: 60_000,
  });

/** Asked again while the page is in sight: every 5 s, and with more than fifty workspaces a tenth of a second for each. */
export const activityQuery = () =>
  queryOptions({
    queryKey: keys.activity,
    queryFn: async () => (await call(api.GET("/api/v1/me/activity"))).items,
    staleTime: 4_000,
    refetchInterval: ({ state }) => Math.max(5_000, 100 * (state.data?.length ?? 0)),
    retry: false,
  });

export const myInvitationsQuery = () =>
  queryOptions({
    queryKey: keys.myInvitations,
    queryFn: async () => (await call(api.GET("/api/v1/me/invitations"))).items,
    refetchInterval: 60_000,
    retry: false,
  });

export const systemQuery = () =>
  queryOptions({ queryKey: keys.system, queryFn: () => call(api.GET("/api/v1/system")), staleTime: Infinity });

export const outboxQuery = () =>
  queryOptions({ queryKey: keys.outbox, queryFn: () => call(api.GET("/api/v1/outbox")), refetchInterval: 3_000 });

export const slugQuery = (slug: string, movingFrom?: string) =>
  queryOptions({
    queryKey: keys.slug(slug, movingFrom),
    queryFn: () =>
      call(
        api.GET("/api/v1/slugs/{slug}", {
          params: { path: { slug }, query: movingFrom === undefined ? {} : { movingFrom } },
        }),
      ),
    staleTime: 10_000,
  });

/** In the request's body, not in an address: whoever holds the token may join. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: keys.invitation(token),
    queryFn: () => call(api.POST("/api/v1/invitations/lookup", { body: { token } })),
    staleTime: 30_000,
  });

/** By the link that the owner got. Asks again until all is erased. */
export const deletionQuery = (token: string) =>
  queryOptions({
    queryKey: keys.deletion(token),
    queryFn: () => call(api.POST("/api/v1/deletions/lookup", { body: { token } })),
    retry: false,
    refetchInterval: ({ state }) => (state.data && !state.data.receipt ? 1_000 : false),
  });

/** Its progress is announced; asked for as well, should an announcement be lost. */
export const exportsQuery = (slug: string) =>
  queryOptions({
    queryKey: keys.exports(slug),
    queryFn: () => call(api.GET("/api/v1/tenants/{slug}/exports", { params: { path: { slug } } })),
    refetchInterval: ({ state }) => (state.data?.items.some(({ status }) => status === "building") ? 5_000 : false),
  });

export const earlierSlugsQuery = (slug: string) =>
  queryOptions({
    queryKey: keys.earlierSlugs(slug),
    queryFn: async () => (await call(api.GET("/api/v1/tenants/{slug}/earlier-slugs", { params: { path: { slug } } }))).items,
    // A workspace that moves and moves back is asked for under the address that it had a moment ago.
    staleTime: 0,
  });

export const tenantQuery = (slug: string) =>
  queryOptions({
    queryKey: keys.tenant(slug),
    queryFn: () => call(api.GET("/api/v1/tenants/{slug}", { params: { path: { slug } } })),
  });

export const channelsQuery = (slug: string) =>
  queryOptions({
    queryKey: keys.channels(slug),
    queryFn: async () => (await call(api.GET("/api/v1/tenants/{slug}/channels", { params: { path: { slug } } }))).items,
  });

export const rolesQuery = (slug: string) =>
  queryOptions({
    queryKey: keys.roles(slug),
    queryFn: async () => (await call(api.GET("/api/v1/tenants/{slug}/roles", { params: { path: { slug } } }))).items,
  });

/** By the list's key: whatever makes the list old makes it old. */
export const roleQuery = (slug: string, roleId: string) =>
  queryOptions({
    queryKey: [...keys.roles(slug), roleId],
    queryFn: () => call(api.GET("/api/v1/tenants/{slug}/roles/{roleId}", { params: { path: { slug, roleId } } })),
  });

/** What these members are called, whoever of them is still there. */
export const membersNamedQuery = (slug: string, memberIds: readonly string[]) =>
  queryOptions({
    queryKey: [...keys.members(slug), "named", memberIds],
    queryFn: async () => {
      // As many as an address may hold.
      const query = { memberId: memberIds.slice(0, 200), limit: 200 };
      return (await call(api.GET("/api/v1/tenants/{slug}/members", { params: { path: { slug }, query } }))).items;
    },
    placeholderData: keepPreviousData,
  });

/** The first whose name fits what was typed. */
export const peopleQuery = (slug: string, search: string) =>
  queryOptions({
    queryKey: [...keys.members(slug), "search", search],
    queryFn: async () =>
      (
        await call(
          api.GET("/api/v1/tenants/{slug}/members", { params: { path: { slug }, query: { search, sort: "name", limit: 7 } } }),
        )
      ).items,
  });

/** The first of those who have the role, by name. */
export const holdersQuery = (slug: string, roleId: string) =>
  queryOptions({
    queryKey: [...keys.members(slug), "holders", roleId],
    queryFn: () =>
      call(api.GET("/api/v1/tenants/{slug}/members", { params: { path: { slug }, query: { roleId, sort: "name", limit: 5 } } })),
  });

/** Active members whose name or address has words that begin so; by name, the first few. */
export const membersFoundQuery = (slug: string, search: string) =>
  queryOptions({
    queryKey: [...keys.members(slug), "found", search],
    queryFn: async () => {
      const query = { ...(search === "" ? {} : { search }), status: "active", sort: "name", limit: 20 } as const;
      return (await call(api.GET("/api/v1/tenants/{slug}/members", { params: { path: { slug }, query } }))).items;
    },
    placeholderData: keepPreviousData,
  });

/** One page of the member list as it is looked at. What it shows stays until the next page, or the next order, is there. */
export const memberPageQuery = (slug: string, view: MemberView, cursor: string | undefined) =>
  queryOptions({
    queryKey: [...keys.members(slug), "page", view, cursor],
    queryFn: () =>
      call(
        api.GET("/api/v1/tenants/{slug}/members", {
          params: { path: { slug }, query: { ...view, ...(cursor === undefined ? {} : { cursor }), limit: 50 } },
        }),
      ),
    placeholderData: keepPreviousData,
  });

interface InvitationsFilter {
  search?: string;
  status?: "pending" | "needs_sending";
}

export const invitationsQuery = (slug: string, filter: InvitationsFilter = {}) =>
  infiniteQueryOptions({
    ...firstPage,
    queryKey: [...keys.invitations(slug), filter],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/api/v1/tenants/{slug}/invitations", {
          params: { path: { slug }, query: { ...filter, ...pageQuery(pageParam, 100) } },
        }),
      ),
    getNextPageParam: next,
  });

export const accessReviewsQuery = (slug: string) =>
  infiniteQueryOptions({
    ...firstPage,
    queryKey: [...keys.accessReviews(slug), "list"],
    queryFn: ({ pageParam }) =>
      call(api.GET("/api/v1/tenants/{slug}/access-reviews", { params: { path: { slug }, query: pageQuery(pageParam, 20) } })),
    getNextPageParam: next,
  });

export const accessReviewQuery = (slug: string, reviewId: string) =>
  queryOptions({
    queryKey: [...keys.accessReviews(slug), reviewId],
    queryFn: () => call(api.GET("/api/v1/tenants/{slug}/access-reviews/{reviewId}", { params: { path: { slug, reviewId } } })),
  });

export type AccessReviewState = "all" | "pending" | "decided" | "left";

/** @param limit larger for the report, which wants everybody */
export const accessReviewItemsQuery = (
  slug: string,
  reviewId: string,
  { state = "all", search = "", limit = 50 }: { state?: AccessReviewState; search?: string; limit?: number } = {},
) =>
  infiniteQueryOptions({
    ...firstPage,
    queryKey: [...keys.accessReviews(slug), reviewId, "members", state, search, limit],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/api/v1/tenants/{slug}/access-reviews/{reviewId}/members", {
          params: { path: { slug, reviewId }, query: { ...pageQuery(pageParam, limit), state, search } },
        }),
      ),
    getNextPageParam: next,
  });

/** Of a link that was used: whoever accepted it is led in, anybody else is told that it is used. Changes nothing. */
export const joinedQuery = (token: string) =>
  queryOptions({
    queryKey: [...keys.invitation(token), "joined"],
    queryFn: () => call(api.POST("/api/v1/invitations/acceptance", { body: { token } })),
  });

export const transmissionsQuery = (slug: string, channelId: string) =>
  infiniteQueryOptions({
    ...firstPage,
    queryKey: keys.transmissions(slug, channelId),
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/api/v1/tenants/{slug}/channels/{channelId}/transmissions", {
          params: { path: { slug, channelId }, query: pageQuery(pageParam, 50) },
        }),
      ),
    getNextPageParam: next,
  });

/** How many invitations stop working when these members get the role; null: when they are suspended or removed. */
export const lapsingInvitationsQuery = (slug: string, memberIds: string[], roleId: string | null) =>
  queryOptions({
    queryKey: [...keys.invitations(slug), "lapsing", memberIds, roleId],
    queryFn: async () => {
      const body = { memberIds, roleId };
      return (await call(api.POST("/api/v1/tenants/{slug}/invitations/lapsing", { params: { path: { slug } }, body }))).count;
    },
    staleTime: 0,
  });

/** What the audit log is narrowed to. */
export type AuditQuery = Omit<NonNullable<operations["listAuditLog"]["parameters"]["query"]>, "cursor" | "limit">;

/** As it was when the page was opened: entries that come in must not move what somebody reads. */
export const auditLogQuery = (slug: string, query: AuditQuery) =>
  infiniteQueryOptions({
    ...firstPage,
    queryKey: [...keys.auditLog(slug), query],
    queryFn: ({ pageParam }) =>
      call(
        api.GET("/api/v1/tenants/{slug}/audit-log", {
          params: { path: { slug }, query: { ...query, ...pageQuery(pageParam, 50) } },
        }),
      ),
    getNextPageParam: next,
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** The newest entry that fits, looked up while the page is in sight. Null when there is none. */
export const newestAuditEntryQuery = (slug: string, query: AuditQuery) =>
  queryOptions({
    queryKey: [...keys.auditLog(slug), query, "newest"],
    queryFn: async () => {
      const params = { path: { slug }, query: { ...query, limit: 1 } };
      return (await call(api.GET("/api/v1/tenants/{slug}/audit-log", { params }))).items[0] ?? null;
    },
    refetchInterval: 15_000,
  });

export const auditActorsQuery = (slug: string) =>
  queryOptions({
    queryKey: keys.auditActors(slug),
    queryFn: () => call(api.GET("/api/v1/tenants/{slug}/audit-log/actors", { params: { path: { slug } } })),
    staleTime: 60_000,
  });

/** To whom or what something was done: those that a search finds; without one, lately. */
export const auditTargetsFoundQuery = (slug: string, search: string) =>
  queryOptions({
    queryKey: [...keys.auditTargets(slug), "found", search],
    queryFn: () =>
      call(
        api.GET("/api/v1/tenants/{slug}/audit-log/targets", {
          params: { path: { slug }, query: search === "" ? {} : { search } },
        }),
      ),
  });

/** Null where the log has no entry about it. */
export const auditTargetQuery = (slug: string, id: string) =>
  queryOptions({
    queryKey: [...keys.auditTargets(slug), id],
    queryFn: async () => {
      const params = { path: { slug }, query: { id } };
      return (await call(api.GET("/api/v1/tenants/{slug}/audit-log/targets", { params }))).items[0] ?? null;
    },
  });
