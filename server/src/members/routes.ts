import * as endpoints from "#contract/http/members.ts";
import type { Serve } from "../http/serve.ts";
import { listMembers } from "./members.ts";

export function registerMemberRoutes(serve: Serve): void {
  serve.member(endpoints.listMembers, ({ tx, member, query }) => listMembers(tx, member, query));
}
