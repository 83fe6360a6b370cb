/** Gate 1: an active membership of this tenant. Later gates ask the member that this returns. */
import { sql } from "kysely";
import { builtInPermissions, type BuiltInRole, type Permission, whatItAllows } from "#contract/permissions.ts";
import type { Actor } from "../audit/audit.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { enterSession, touchSession } from "./member-sessions.ts";

export interface Member {
  memberId: string;
  accountId: string;
  name: string;
  roleId: string;
  roleName: string;
  isOwner: boolean;
  permissions: ReadonlySet<Permission>;
  /** As the audit log names them. */
  actor: Actor;
  may(permission: Permission): boolean;
  /** @throws Refusal forbidden, naming what the role lacks */
  require(permission: Permission): void;
}

/** What a role allows: a built-in one by the code's table, a custom one by its row. */
export function rolePermissions(role: { builtIn: string | null; permissions: string[] | null }): ReadonlySet<Permission> {
  if (role.builtIn) return builtInPermissions(role.builtIn as BuiltInRole);
  return new Set((role.permissions ?? []) as Permission[]);
}

function selectMembers(db: Db) {
  return db
    .selectFrom("members")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
    .where("tenants.deleted_at", "is", null)
    .select([
      "members.member_id as memberId",
      "members.account_id as accountId",
      "members.name",
      "members.status",
      "roles.role_id as roleId",
      "roles.name as roleName",
      "roles.built_in as builtIn",
      "roles.permissions",
      "tenants.owner_member_id as ownerMemberId",
    ]);
}

type MemberRow = Awaited<ReturnType<ReturnType<typeof selectMembers>["executeTakeFirstOrThrow"]>>;

/** What keeps a member out for now. Null: nothing does. */
function whyKeptOut(row: MemberRow): Refusal | null {
  return row.status === "active" ? null : new Refusal("suspended");
}

function toMember(row: MemberRow, origin: Origin | null): Member {
  const permissions = rolePermissions(row);
  return {
    memberId: row.memberId,
    accountId: row.accountId,
    name: row.name,
    roleId: row.roleId,
    roleName: row.roleName,
    isOwner: row.memberId === row.ownerMemberId,
    permissions,
    actor: { memberId: row.memberId, name: row.name, ipAddress: null, userAgent: null, ...origin },
    may: (permission) => permissions.has(permission),
    require(permission) {
      if (permissions.has(permission)) return;
      throw new Refusal("forbidden", {
        detail: `Your role, ${row.roleName}, doesn't let you ${whatItAllows(permission)}. Ask an admin of the workspace.`,
      });
    },
  };
}

function admitted(row: MemberRow | undefined, origin: Origin | null): Member {
  const refusal = whyKeptOut(orNotFound(row));
  if (refusal) throw refusal;
  return toMember(orNotFound(row), origin);
}

const findMemberIn = statement<
  { accountId: string; sessionId: string },
  MemberRow & { lastSeenAt: Date | null; stale: boolean | null }
>("admit", (db, value) =>
  selectMembers(db)
    .leftJoin("member_sessions", (join) =>
      join
        .onRef("member_sessions.tenant_id", "=", "members.tenant_id")
        .onRef("member_sessions.member_id", "=", "members.member_id")
        .on("member_sessions.session_id", "=", value("sessionId")),
    )
    .select([
      "member_sessions.last_seen_at as lastSeenAt",
      sql<boolean>`member_sessions.last_seen_at < now() - interval '5 minutes'`.as("stale"),
    ])
    .where("members.account_id", "=", value("accountId")),
);

/**
 * The member that this account is in the transaction's tenant.
 * @param origin where the request came from: the first one of a session signs it in to this tenant. Null when nobody asks (a glance).
 * @throws Refusal not_found for people who are no members, suspended
 */
export async function admit(
  tx: TenantTx,
  account: { accountId: string; sessionId: string },
  origin: Origin | null,
): Promise<Member> {
  const [row] = await findMemberIn(tx.db, account);
  const member = admitted(row, origin);
  if (origin === null) return member;
  const { memberId, actor } = member;
  // At the end: were the member's row held from here on, whoever changes it behind the roster's lock would wait for this request,
  // and this request perhaps for that lock.
  if (!row?.lastSeenAt) tx.beforeCommit(() => enterSession(tx, account.sessionId, { ...actor, memberId }));
  else if (row.stale) tx.beforeCommit(() => touchSession(tx, account.sessionId, memberId));
  return member;
}

/**
 * Makes changes of who belongs here, with which role and state, and of what roles allow, one after the other: the first thing of
 * every one of them. What was read before it may be over; one's own rights are read again with `readmit`.
 * @throws Refusal not_found when the tenant is deleted
 */
export async function lockRoster(tx: TenantTx): Promise<void> {
  orNotFound(
    await tx.db.selectFrom("tenants").select("tenant_id").where("deleted_at", "is", null).forNoKeyUpdate().executeTakeFirst(),
  );
}

/** Whether the tenant is deleted, of which its rows may still be there. */
export async function isDeleted(tx: TenantTx): Promise<boolean> {
  const there = await tx.db.selectFrom("tenants").select("tenant_id").where("deleted_at", "is", null).executeTakeFirst();
  return there === undefined;
}

/**
 * The member as they are now, after waiting for the roster: an actor who lost a right a moment ago has it no more.
 * @throws Refusal not_found for one who was removed meanwhile, suspended
 */
export async function readmit(tx: TenantTx, { accountId, memberId, actor }: Member): Promise<Member> {
  const row = await selectMembers(tx.db).where("members.account_id", "=", accountId).executeTakeFirst();
  // Removed and invited again in between: somebody else in this tenant's eyes.
  return admitted(row?.memberId === memberId ? row : undefined, actor);
}

/** Those of these accounts that `admit` would let in now, by account: one query, however many they are. */
export async function findAdmitted(tx: TenantTx, accountIds: readonly string[]): Promise<ReadonlyMap<string, Member>> {
  const rows = await selectMembers(tx.db)
    .where("members.account_id", "=", sql<string>`any(${accountIds}::uuid[])`)
    .execute();
  return new Map(rows.filter((row) => whyKeptOut(row) === null).map((row) => [row.accountId, toMember(row, null)]));
}
