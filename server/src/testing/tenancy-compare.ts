/** Reads what the database holds of the tenancy test's two tenants: a fingerprint, and whether it matches the model. */
import { expect } from "vitest";
import type { TestDatabase } from "./database.ts";
import { tablesWithTenantId } from "./tenant-state.ts";
import { idsOf } from "./tenancy-deeds.ts";
import type { ModelTenant } from "./tenancy-model.ts";

/** A fingerprint of everything that the database holds of each tenant. */
export type Fingerprints = Map<ModelTenant, string>;

/** Reads everything that the database holds of both, in one round trip. */
export async function makeFingerprinter(
  database: TestDatabase,
): Promise<(one: ModelTenant, other: ModelTenant) => Promise<Fingerprints>> {
  const tables = await tablesWithTenantId(database);
  const hashes = tables.map(
    (table) =>
      `select '${table}' as name, tenant_id, md5(string_agg(x::text, '|' order by x::text)) as hash
       from ${table} x where tenant_id in ($1, $2) group by tenant_id`,
  );
  const statement = `select tenant_id as id, string_agg(name || ' ' || hash, ', ' order by name) as state
    from (${hashes.join(" union all ")}) hashes group by tenant_id`;
  return async (...tenants) => {
    const ids = tenants.map(({ workspace }) => workspace.tenantId);
    const rows = await database.query<{ id: string; state: string }>(statement, ids);
    const states = new Map(rows.map(({ id, state }) => [id, state]));
    return new Map(tenants.map((tenant, index) => [tenant, states.get(ids[index] ?? "") ?? "nothing"]));
  };
}

/** Checks that the database, read as superuser, matches the model. */
export async function expectAsModelled(database: TestDatabase, tenant: ModelTenant): Promise<void> {
  const { tenantId } = tenant.workspace;
  const members = await database.query<{ member: string; role: string; status: string; owner: boolean }>(
    `select m.member_id as member, m.role_id as role, m.status, t.owner_member_id = m.member_id as owner
     from members m join tenants t using (tenant_id) where tenant_id = $1 order by 1`,
    [tenantId],
  );
  expect(members).toEqual(
    tenant.members
      .map((member) => ({
        member: member.memberId,
        role: member.role.roleId,
        status: member.suspended ? "suspended" : "active",
        owner: member === tenant.owner,
      }))
      .sort((a, b) => (a.member < b.member ? -1 : 1)),
  );
  const roles = await database.query<{ role: string; permissions: string[] | null }>(
    "select role_id as role, permissions from roles where tenant_id = $1 order by 1",
    [tenantId],
  );
  expect(roles.map(({ role, permissions }) => [role, permissions && [...permissions].sort()])).toEqual(
    tenant.roles
      .map((role) => [role.roleId, role.builtIn ? null : [...role.permissions].sort()])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
  const talkers = await database.query<{ channel: string; roles: string[]; members: string[] }>(
    `select channel_id as channel,
       array(select role_id::text from channel_talker_roles r where r.channel_id = c.channel_id order by 1) as roles,
       array(select member_id::text from channel_talker_members m where m.channel_id = c.channel_id order by 1) as members
     from channels c where tenant_id = $1 order by 1`,
    [tenantId],
  );
  expect(talkers).toEqual(
    tenant.channels
      .map((channel) => ({
        channel: channel.channelId,
        roles: [...(channel.talkers?.roles ?? [])].map(({ roleId }) => roleId).sort(),
        members: idsOf([...(channel.talkers?.members ?? [])]).sort(),
      }))
      .sort((a, b) => (a.channel < b.channel ? -1 : 1)),
  );
  const [offer] = await database.query<{ member: string }>(
    "select member_id as member from ownership_offers where tenant_id = $1",
    [tenantId],
  );
  expect(offer?.member).toBe(tenant.offered?.memberId);
  const slugs = await database.query<{ slug: string }>("select slug from directory_slugs where tenant_id = $1", [tenantId]);
  expect(slugs.map(({ slug }) => slug).sort()).toEqual([tenant.workspace.slug, ...tenant.earlierSlugs].sort());
  const [log] = await database.query<{ gaps: string }>(
    "select max(sequence) - count(*) as gaps from audit_log where tenant_id = $1",
    [tenantId],
  );
  expect(log?.gaps).toBe("0");
}
