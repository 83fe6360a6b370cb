/** Inserts members and roles as rows, for tests that need many members and no sign-ups. */
import { v7 as uuidv7 } from "uuid";
import type { Permission } from "#contract/permissions.ts";
import type { HttpClient } from "../../testing/http.ts";
import type { Workspace } from "../../testing/people.ts";
import type { TestServer } from "../../testing/server.ts";

/** Adds a member with this name, or `count` members named "name 1", "name 2" …, all without accounts. @returns their ids */
export async function addRows(
  server: TestServer,
  workspace: Workspace,
  count: number,
  { role, name, email = name.toLowerCase() }: { role: string; name: string; email?: string },
): Promise<string[]> {
  const memberIds = Array.from({ length: count }, () => uuidv7());
  await server.database.query(
    `insert into members (tenant_id, member_id, account_id, role_id, name, email, joined_at)
     select $1, member_id, gen_random_uuid(), $2, $3 || case $6::int when 1 then '' else ' ' || place end,
       $4 || case $6::int when 1 then '' else '.' || place end || '@example.com',
       date_trunc('milliseconds', now()) + place * interval '1 millisecond'
     from unnest($5::uuid[]) with ordinality as of (member_id, place)`,
    [workspace.tenantId, role, name, email, memberIds, count],
  );
  return memberIds;
}

/** @returns the role's id */
export async function addCustomRole(
  server: TestServer,
  workspace: Workspace,
  name: string,
  permissions: Permission[],
): Promise<string> {
  const roleId = uuidv7();
  await server.database.query("insert into roles (tenant_id, role_id, name, permissions) values ($1, $2, $3, $4)", [
    workspace.tenantId,
    roleId,
    name,
    permissions,
  ]);
  return roleId;
}

export async function idsByName(viewer: HttpClient, workspace: Workspace): Promise<Record<string, string>> {
  const { items } = (await viewer.get(`${workspace.path}/members?limit=200`)).json as {
    items: Array<{ name: string; memberId: string }>;
  };
  return Object.fromEntries(items.map(({ name, memberId }) => [name, memberId]));
}
