import { listLicenceBuyers, MAX_BUYERS } from "#contract/http/licence-buyers.ts";
import * as endpoints from "#contract/http/members.ts";
import { memberRoute } from "../http/route.ts";
import { languagesOf } from "../platform/http/languages.ts";
import { countMembersFound, listMembers } from "./list.ts";
import { changeRole, listHolders, reactivateMembers, removeMembers, suspendMembers } from "./members.ts";

export const memberRoutes = [
  memberRoute(endpoints.listMembers, (ctx, { query, request }) =>
    listMembers(ctx, { ...query, languages: languagesOf(request) }),
  ),
  memberRoute(listLicenceBuyers, async (ctx, { query }) => {
    const holders = await listHolders(ctx, query.of === "licences" ? "billing.manage_licences" : "billing.manage_addons");
    return { items: holders.slice(0, MAX_BUYERS), more: Math.max(0, holders.length - MAX_BUYERS) };
  }),
  memberRoute(endpoints.countMembers, (ctx, { query }) => countMembersFound(ctx, query)),
  memberRoute(endpoints.changeMemberRoles, (ctx, { body }) => changeRole(ctx, body)),
  memberRoute(endpoints.suspendMembers, (ctx, { body }) => suspendMembers(ctx, body)),
  memberRoute(endpoints.reactivateMembers, (ctx, { body }) => reactivateMembers(ctx, body)),
  memberRoute(endpoints.removeMembers, (ctx, { body }) => removeMembers(ctx, body)),
];
