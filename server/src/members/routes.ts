import * as endpoints from "#contract/http/members.ts";
import type { Serve } from "../http/serve.ts";
import type { Services } from "../services.ts";
import { listMembers } from "./list.ts";
import { changeRole, reactivateMembers, removeMembers, suspendMembers } from "./members.ts";

export function registerMemberRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.listMembers, ({ tx, member, query }) => listMembers(tx, member, query));

  serve.member(endpoints.changeMemberRoles, ({ tx, member, body }) => changeRole(tx, member, body.memberIds, body.roleId));

  serve.member(endpoints.suspendMembers, ({ tx, member, body }) => suspendMembers(services, tx, member, body.memberIds));

  serve.member(endpoints.reactivateMembers, ({ tx, member, body }) => reactivateMembers(tx, member, body.memberIds));

  serve.member(endpoints.removeMembers, ({ tx, member, body }) => removeMembers(services, tx, member, body.memberIds));
}
