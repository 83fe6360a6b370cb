import { type RawBuilder, sql } from "kysely";
import { BUILT_IN_ROLES, builtInPermissions, type Permission } from "#contract/permissions.ts";
import type { Seat } from "../billing/licences.ts";
import type { Db } from "../platform/db/pools.ts";

export async function countActive(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("members")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("status", "=", "active")
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function countActiveAdmins(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("members")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("status", "=", "active")
    .where("role_id", "in", ({ selectFrom }) => selectFrom("roles").select("role_id").where("built_in", "=", "admin"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function noteVisit(db: Db, memberId: string): Promise<void> {
  await db
    .updateTable("members")
    .set({ last_visit_at: sql`now()` })
    .where("member_id", "=", memberId)
    .execute();
}

export function findEmail(db: Db, memberId: string) {
  return db.selectFrom("members").select("email").where("member_id", "=", memberId).executeTakeFirst();
}

/** Active members whose role has the permission: the owner first, the others in the order in which they joined. */
export function findHolders(db: Db, permission: Permission) {
  const builtIn = BUILT_IN_ROLES.filter((role) => builtInPermissions(role).has(permission));
  return db
    .selectFrom("members")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .select(["members.member_id as memberId", "members.name", "members.email"])
    .where(sql<boolean>`(roles.built_in = any(${builtIn}) or ${permission} = any(roles.permissions))`)
    .where("members.status", "=", "active")
    .orderBy(sql`members.member_id = (select owner_member_id from tenants where tenants.tenant_id = members.tenant_id)`, "desc")
    .orderBy("members.joined_at")
    .orderBy("members.member_id")
    .limit(100)
    .execute();
}

/** Filters by tenant, because the platform role can read the members of all tenants. */
export function findMemberOf(db: Db, tenantId: string, accountId: string) {
  return db
    .selectFrom("members")
    .select(["member_id as memberId", "name", "email"])
    .where("tenant_id", "=", tenantId)
    .where("account_id", "=", accountId)
    .executeTakeFirst();
}

export async function rename(db: Db, tenantId: string, memberId: string, name: string): Promise<void> {
  await db.updateTable("members").set({ name }).where("tenant_id", "=", tenantId).where("member_id", "=", memberId).execute();
}

export async function setEmail(db: Db, tenantId: string, memberId: string, email: string): Promise<void> {
  const isHeld = (domain: RawBuilder<string>) => sql<boolean>`exists (
    select from directory_domains held where held.tenant_id = members.tenant_id and held.holds and held.domain = ${domain})`;
  const before = sql<string>`split_part(members.email, '@', 2)`;
  const after = sql<string>`split_part(${email}, '@', 2)`;
  await db
    .updateTable("members")
    // A member who must use single sign-on can't avoid it by changing the address (access/admit.ts).
    .set({ email, left_domain: sql`case when ${isHeld(before)} and not ${isHeld(after)} then ${before} else left_domain end` })
    .where("tenant_id", "=", tenantId)
    .where("member_id", "=", memberId)
    .execute();
}

export function findMemberByEmail(db: Db, email: string) {
  return db.selectFrom("members").select("member_id as memberId").where("email", "=", email).executeTakeFirst();
}

export function findMembersByEmail(db: Db, emails: string[]) {
  return db.selectFrom("members").select("email").where("email", "in", emails).execute();
}

/** False when the account is already a member. */
export async function insertMember(
  db: Db,
  _seat: Seat,
  member: { tenantId: string; memberId: string; accountId: string; roleId: string; name: string; email: string },
): Promise<boolean> {
  const inserted = await db
    .insertInto("members")
    .values({
      tenant_id: member.tenantId,
      member_id: member.memberId,
      account_id: member.accountId,
      role_id: member.roleId,
      name: member.name,
      email: member.email,
      joined_at: sql`date_trunc('milliseconds', now())`,
    })
    .onConflict((conflict) => conflict.columns(["tenant_id", "account_id"]).doNothing())
    .returning("member_id")
    .executeTakeFirst();
  if (!inserted) return false;
  await db.insertInto("directory_memberships").values({ account_id: member.accountId, tenant_id: member.tenantId }).execute();
  return true;
}

/** Moves all members with one role to another. */
export function replaceRole(db: Db, fromRoleId: string, toRoleId: string) {
  return db
    .updateTable("members")
    .set({ role_id: toRoleId })
    .where("role_id", "=", fromRoleId)
    .returning(["member_id as memberId", "name"])
    .execute();
}

export type RosterRow = Awaited<ReturnType<typeof findMembers>>[number];

/** The members with these ids, with everything that policy.ts needs. Other ids are left out. */
export function findMembers(db: Db, memberIds: string[]) {
  return db
    .selectFrom("members")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
    .select([
      "members.member_id as memberId",
      "members.account_id as accountId",
      "members.name",
      "members.email",
      "members.status",
      "members.role_id as roleId",
      "roles.name as roleName",
      "roles.built_in as builtIn",
      "roles.permissions",
      sql<boolean>`tenants.owner_member_id = members.member_id`.as("isOwner"),
    ])
    .where("members.member_id", "=", sql<string>`any (${memberIds}::uuid[])`)
    .orderBy("members.member_id")
    .execute();
}

export async function setRole(db: Db, memberIds: string[], roleId: string): Promise<void> {
  await db
    .updateTable("members")
    .set({ role_id: roleId })
    .where("member_id", "=", sql<string>`any (${memberIds}::uuid[])`)
    .execute();
}

export async function suspend(db: Db, memberIds: string[]): Promise<void> {
  await setStatus(db, memberIds, "suspended");
}

export async function reactivate(db: Db, _seats: Seat, memberIds: string[]): Promise<void> {
  await setStatus(db, memberIds, "active");
}

async function setStatus(db: Db, memberIds: string[], status: "active" | "suspended"): Promise<void> {
  await db
    .updateTable("members")
    .set({ status })
    .where("member_id", "=", sql<string>`any (${memberIds}::uuid[])`)
    .execute();
}

/** Foreign keys delete the members' directory entries, sessions and places on channels, too. */
export async function deleteMembers(db: Db, memberIds: string[]): Promise<void> {
  await db
    .deleteFrom("members")
    .where("member_id", "=", sql<string>`any (${memberIds}::uuid[])`)
    .execute();
}
