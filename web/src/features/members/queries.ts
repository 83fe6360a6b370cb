import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { answerOf } from "../../api/operation.ts";
import type { Member, MemberFilter, MemberView } from "../../api/types.ts";

interface MemberPage {
  items: Member[];
  nextCursor: string | null;
}

const itemsOf = ({ items }: MemberPage) => items;

const page = (slug: string, query: MemberView & { limit: number; cursor?: string }) =>
  answerOf("GET /api/v1/tenants/{slug}/members", { path: { slug }, query });

/** These members, without those who have left. At most 200, because their ids go into the URL. */
export const membersNamedQuery = (slug: string, memberIds: readonly string[]) =>
  queryOptions({
    ...page(slug, { memberId: memberIds.slice(0, 200), limit: 200 }),
    select: itemsOf,
    placeholderData: keepPreviousData,
  });

/** The first members that match a search, by name. */
export const peopleQuery = (slug: string, search: string) =>
  queryOptions({ ...page(slug, { search, sort: "name", limit: 7 }), select: itemsOf });

/** The first members with the role, by name. */
export const holdersQuery = (slug: string, roleId: string) => queryOptions(page(slug, { roleId, sort: "name", limit: 5 }));

/** The first active members that match a search, by name. */
export const membersFoundQuery = (slug: string, search: string) =>
  queryOptions({
    ...page(slug, { ...(search === "" ? {} : { search }), status: "active", sort: "name", limit: 20 }),
    select: itemsOf,
    placeholderData: keepPreviousData,
  });

/** The number of members that a filter matches. */
export const memberCountQuery = (slug: string, { search, roleId, status, presence }: MemberFilter) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/members/count", {
      path: { slug },
      query: {
        ...(search !== undefined && { search }),
        ...(roleId !== undefined && { roleId }),
        ...(status !== undefined && { status }),
        ...(presence !== undefined && { presence }),
      },
    }),
    select: ({ total }) => total,
    placeholderData: keepPreviousData,
  });

/** One page of the member list. The previous page or order stays until the new one is loaded. */
export const memberPageQuery = (slug: string, view: MemberView, cursor: string | undefined) =>
  queryOptions({
    ...page(slug, { ...view, ...(cursor === undefined ? {} : { cursor }), limit: 50 }),
    placeholderData: keepPreviousData,
  });

/**
 * Loads the members of a view, page after page.
 * @param goesOn gets the number loaded so far, and returns whether to load another page
 */
export async function membersMatching(slug: string, view: MemberView, goesOn: (found: number) => boolean): Promise<Member[]> {
  const found: Member[] = [];
  let cursor: string | null = null;
  do {
    const query: MemberView & { limit: number; cursor?: string } = { ...view, limit: 200, ...(cursor !== null && { cursor }) };
    const page: MemberPage = await call(api.GET("/api/v1/tenants/{slug}/members", { params: { path: { slug }, query } }));
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && goesOn(found.length));
  return found;
}
