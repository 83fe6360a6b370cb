import { sql } from "kysely";
import { MFA_RESET_HOURS, MFA_RESET_MINUTES } from "#contract/http/mfa.ts";
import type { Db } from "../platform/db/pools.ts";

/** In the name of the tenant that the transaction has entered. Replaces its earlier request. */
export async function ask(db: Db, accountId: string, tokenHash: Buffer): Promise<void> {
  await sql`select ask_mfa_reset(${accountId}, ${tokenHash})`.execute(db);
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
 * The account's workspaces, with whether each asks for it and whether anybody else is in it: nobody relies on the account in a workspace where
 * the person is alone. For the platform role.
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
    .select([
      "tenants.tenant_id as tenantId",
      "tenants.name",
      "members.member_id as memberId",
      "members.name as memberName",
      sql<boolean>`resets.account_id is not null`.as("asks"),
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

/** Ends all requests for the account. For the platform role. */
export async function forget(db: Db, accountId: string): Promise<void> {
  await db.deleteFrom("directory_mfa_resets").where("account_id", "=", accountId).execute();
}
