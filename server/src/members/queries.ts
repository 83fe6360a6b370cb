import { sql } from "kysely";
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
    .where("role_id", "in", (of) => of.selectFrom("roles").select("role_id").where("built_in", "=", "admin"))
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

export function findMemberByEmail(db: Db, email: string) {
  return db.selectFrom("members").select("member_id as memberId").where("email", "=", email).executeTakeFirst();
}

export function findMembersByEmail(db: Db, emails: string[]) {
  return db.selectFrom("members").select("email").where("email", "in", emails).execute();
}

/** False when this account is a member already. */
export async function insertMember(
  db: Db,
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

/** Everybody who has the one role gets the other. */
export function replaceRole(db: Db, fromRoleId: string, toRoleId: string) {
  return db
    .updateTable("members")
    .set({ role_id: toRoleId })
    .where("role_id", "=", fromRoleId)
    .returning(["member_id as memberId", "name"])
    .execute();
}

export type RosterRow = Awaited<ReturnType<typeof findMembers>>[number];

/** Those of the ids that are members', with what decides whether they may be changed. */
export function findMembers(db: Db, memberIds: string[]) {
  return db
    .selectFrom("members")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
    .select([
      "members.member_id as memberId",
      "members.name",
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

export async function setStatus(db: Db, memberIds: string[], status: "active" | "suspended"): Promise<void> {
  await db
    .updateTable("members")
    .set({ status })
    .where("member_id", "=", sql<string>`any (${memberIds}::uuid[])`)
    .execute();
}

/** With their entry in the directory, their sessions here and their place on channels, by foreign key. */
export async function deleteMembers(db: Db, memberIds: string[]): Promise<void> {
  await db
    .deleteFrom("members")
    .where("member_id", "=", sql<string>`any (${memberIds}::uuid[])`)
    .execute();
}
