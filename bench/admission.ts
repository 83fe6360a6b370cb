/**
 * Measures what the conditions of a workspace cost at gate 1, in two comparisons:
 * - "against none set" is what the aim is for: the server's own `admit`, for a member of a workspace that has every condition and for the
 * same person in one that has none.
 * - "against a query of the member alone" has no aim: it shows what a server without any conditions would save, because `admit` reads
 * policies, proofs and domains in the query of the member, whether or not they are set.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { superuserUrl } from "../e2e/support/database.ts";
import { admitOne } from "../server/src/access/admit.ts";
import type { Claimant } from "../server/src/access/principal.ts";
import { openDatabase, type TenantTx } from "../server/src/platform/db/pools.ts";
import { servingUrls } from "../server/src/platform/db/prepare.ts";
import { statement } from "../server/src/platform/db/statement.ts";
import { type Figure, ratioFigures } from "./figure.ts";
import { FURNISH } from "./list-channels.ts";
import type { Workspace } from "./workspace.ts";

const ROUNDS = 2_000;
const WARM_UP = 200;
const AIM = 1.05;

/** A second workspace with every condition, in which the bench's person is a member but not the owner. */
const STRICT = `
  with strict as (select tenant_id, admin_role_id from tenants where slug = 'neighbour-1'),
  person as (select account_id, session_id from sessions order by created_at limit 1),
  conditions as (
    update tenants set mfa_policy = 'enforced', sso_policy = 'required', session_idle_minutes = 60, session_absolute_minutes = 600
    where slug = 'neighbour-1'),
  domain as (
    insert into domains (tenant_id, domain_id, domain, token, state, verified_at, claimed_by_name)
    select tenant_id, gen_random_uuid(), 'example.com', 'token', 'verified', now(), 'Owner' from strict),
  member as (
    insert into members (tenant_id, member_id, account_id, role_id, name, email)
    select tenant_id, gen_random_uuid(), account_id, admin_role_id, 'Owner', 'owner@example.com' from strict, person returning *)
  insert into member_sessions
    (tenant_id, session_id, member_id, sso_connection_id, sso_proved_at, sso_until, sso_second_factor)
  select tenant_id, session_id, member_id, gen_random_uuid(), now(), now() + interval '1 day', true from member, person`;

/** The query of an admission that checks nothing but membership. */
const findMember = statement<{ accountIds: readonly string[] }, { memberId: string }>("bench: find the member", (db, value) =>
  db
    .selectFrom(sql<{ account_id: string }>`unnest(${value("accountIds")}::uuid[])`.as<"principals">(sql`principals(account_id)`))
    .innerJoin("members", "members.account_id", "principals.account_id")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
    .where("tenants.deleted_at", "is", null)
    .select([
      "members.member_id as memberId",
      "members.name as memberName",
      "members.status",
      "roles.role_id as roleId",
      "roles.name as roleName",
      "roles.built_in as builtIn",
      "roles.permissions",
      "tenants.tenant_id as tenantId",
      "tenants.slug",
      "tenants.name",
      "tenants.created_at as createdAt",
      "tenants.accent_colour as accentColour",
      "tenants.time_zone as timeZone",
      "tenants.owner_member_id as ownerMemberId",
    ]),
);

export async function measureAdmission(workspace: Workspace): Promise<Figure[]> {
  await workspace.sql(FURNISH, []);
  await workspace.sql(STRICT, []);
  await workspace.sql("vacuum analyze", []);
  const url = superuserUrl(workspace);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ tenantId: string; slug: string; accountId: string; sessionId: string }>(
    `select tenant_id as "tenantId", slug, account_id as "accountId", session_id as "sessionId"
     from tenants join members using (tenant_id) join member_sessions using (tenant_id, member_id)
     where slug in ($1, 'neighbour-1') order by (slug = $1) desc, member_sessions.started_at`,
    [workspace.slug],
  );
  await client.end();
  const [free, strict] = [rows.find(({ slug }) => slug === workspace.slug), rows.find(({ slug }) => slug === "neighbour-1")];
  if (!free || !strict) throw new Error("nobody is in the workspaces");
  const key = Buffer.from(readFileSync(join(workspace.dataFolder, "keys", "master.key"), "utf8").trim(), "hex");
  const database = openDatabase(servingUrls(url, key), (error) => {
    throw error;
  });
  const now = new Date();
  const proved = { signedInBy: "password", authenticatedAt: now, passwordAt: now, totpAt: now } as const;
  const nothing = { recoveryCodeAt: null, passkeyAt: null, verifiedPasskeyAt: null };
  const turns = {
    strict: { in: strict, work: (tx: TenantTx, claimant: Claimant) => admitOne(tx, claimant) },
    free: { in: free, work: (tx: TenantTx, claimant: Claimant) => admitOne(tx, claimant) },
    bare: { in: free, work: (tx: TenantTx, { accountId }: Claimant) => findMember(tx.db, { accountIds: [accountId] }) },
  };
  type Turn = keyof typeof turns;
  const names = Object.keys(turns) as Turn[];
  async function timeOf(turn: Turn): Promise<number> {
    const { in: place, work } = turns[turn];
    const claimant: Claimant = { accountId: place.accountId, sessionId: place.sessionId, ...proved, ...nothing };
    const start = performance.now();
    await database.withTenant<unknown>(place.tenantId, (tx) => work(tx, claimant));
    return performance.now() - start;
  }
  try {
    const times: Record<Turn, number[]> = { strict: [], free: [], bare: [] };
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      for (const at of names.keys()) {
        const turn = names[(at + round + WARM_UP) % names.length] ?? "strict";
        const ms = await timeOf(turn);
        if (round >= 0) times[turn].push(ms);
      }
    }
    return [
      ...ratioFigures(
        "Admission with every condition, against none set",
        { of: times.strict, to: times.free },
        { p50: AIM, p95: null },
      ),
      ...ratioFigures(
        "Admission with every condition, against a query of the member alone",
        { of: times.strict, to: times.bare },
        { p50: null, p95: null },
      ),
    ];
  } finally {
    await database.close();
  }
}
