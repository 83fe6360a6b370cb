import { sql } from "kysely";
import { MFA_RESET_HOURS, MFA_RESET_MINUTES } from "#contract/http/mfa.ts";
import type { Db } from "../platform/db/pools.ts";

interface Request {
  accountId: string;
  tokenHash: Buffer;
  /** The member who asks. */
  askedBy: string;
}

/** Stores a request of the tenant that the transaction has entered. Replaces the tenant's earlier request. */
export async function ask(db: Db, { accountId, tokenHash, askedBy }: Request): Promise<void> {
  await sql`select ask_mfa_reset(${accountId}, ${tokenHash}, ${askedBy})`.execute(db);
}

/** For the platform role. */
export function findByToken(db: Db, tokenHash: Buffer) {
  return db
    .selectFrom("directory_mfa_resets")
    .select([
      "account_id as accountId",
      "asked_at as askedAt",
      sql<boolean>`asked_at < now() - make_interval(mins => ${sql.lit(MFA_RESET_MINUTES)})`.as("expired"),
    ])
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
}

/**
 * The account's workspaces, with the member of each who asks for the reset, and whether the workspace has other members. A workspace where
 * the person is alone does not rely on the account. For the platform role.
 */
export function listReliant(db: Db, accountId: string) {
  return db
    .selectFrom("directory_memberships as memberships")
    .innerJoin("tenants", "tenants.tenant_id", "memberships.tenant_id")
    .innerJoin("members", (join) =>
      join.onRef("members.tenant_id", "=", "memberships.tenant_id").onRef("members.account_id", "=", "memberships.account_id"),
    )
    .leftJoin("directory_mfa_resets as resets", (join) =>
      join
        .onRef("resets.tenant_id", "=", "memberships.tenant_id")
        .onRef("resets.account_id", "=", "memberships.account_id")
        .on(sql<boolean>`resets.asked_at > now() - make_interval(hours => ${sql.lit(MFA_RESET_HOURS)})`),
    )
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .leftJoin("members as askers", (join) =>
      join
        .onRef("askers.tenant_id", "=", "resets.tenant_id")
        .onRef("askers.member_id", "=", "resets.asked_by")
        .on("askers.status", "=", "active"),
    )
    .leftJoin("roles as asker_roles", (join) =>
      join.onRef("asker_roles.tenant_id", "=", "askers.tenant_id").onRef("asker_roles.role_id", "=", "askers.role_id"),
    )
    .select([
      "tenants.tenant_id as tenantId",
      "tenants.name",
      "members.member_id as memberId",
      "members.name as memberName",
      "roles.name as roleName",
      "roles.built_in as builtIn",
      "roles.permissions",
      // Null also for a member who has left or is suspended.
      "askers.member_id as askerId",
      "asker_roles.built_in as askerBuiltIn",
      "asker_roles.permissions as askerPermissions",
      sql<boolean>`tenants.owner_member_id = members.member_id`.as("isOwner"),
      sql<boolean>`members.status = 'active' and exists (select from members others where others.tenant_id = members.tenant_id
        and others.member_id <> members.member_id and others.status = 'active')`.as("relies"),
    ])
    .where("memberships.account_id", "=", accountId)
    .where("tenants.deleted_at", "is", null)
    .orderBy("tenants.name")
    .execute();
}

export type Reliant = Awaited<ReturnType<typeof listReliant>>[number];

/** Deletes all requests for the account. For the platform role. */
export async function forget(db: Db, accountId: string): Promise<void> {
  await db.deleteFrom("directory_mfa_resets").where("account_id", "=", accountId).execute();
}
