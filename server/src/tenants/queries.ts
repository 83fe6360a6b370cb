import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { MAX_TENANTS } from "#contract/http/tenants.ts";
import type { Db } from "../platform/db/pools.ts";

/** Null when the tenant is deleted. */
export async function findNames(db: Db): Promise<{ slug: string; name: string } | null> {
  const found = await db.selectFrom("tenants").select(["slug", "name"]).where("deleted_at", "is", null).executeTakeFirst();
  return found ?? null;
}

export async function updateTenant(
  db: Db,
  changes: Partial<{
    name: string;
    slug: string;
    accentColour: string | null;
    timeZone: string;
    clock: string;
    talkKeyMode: string;
    logoId: string | null;
    ownerMemberId: string;
  }>,
): Promise<void> {
  const { accentColour, timeZone, talkKeyMode, logoId, ownerMemberId, ...same } = changes;
  const columns = {
    ...same,
    accent_colour: accentColour,
    time_zone: timeZone,
    talk_key_mode: talkKeyMode,
    logo_id: logoId,
    owner_member_id: ownerMemberId,
  };
  const set = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
  if (Object.keys(set).length > 0) await db.updateTable("tenants").set(set).execute();
}

const IS_HELD = sql<boolean>`(kept_until is null or kept_until > now())`;

/** The tenant that a slug leads to, whether it is the current slug or an earlier one that is still kept. */
export async function findTenantId(db: Db, slug: string): Promise<string | undefined> {
  const found = await db
    .selectFrom("directory_slugs")
    .select("tenant_id as tenantId")
    .where("slug", "=", slug)
    .where(IS_HELD)
    .executeTakeFirst();
  return found?.tenantId;
}

/** Why the slug is not available, or null. Ignores the slugs of the tenant at `movingFrom`, if the account belongs to that tenant. */
export async function slugObstacle(
  db: Db,
  slug: string,
  accountId: string,
  movingFrom: string | null,
): Promise<"taken" | "look_alike" | null> {
  const nearest = await db
    .selectFrom("directory_slugs")
    .select("slug")
    .where(sql<boolean>`skeleton = slug_skeleton(${slug})`)
    .where(IS_HELD)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("directory_slugs as mine")
            .innerJoin("directory_memberships as membership", "membership.tenant_id", "mine.tenant_id")
            .select("mine.slug")
            .where("mine.slug", "=", movingFrom)
            .where("membership.account_id", "=", accountId)
            .whereRef("mine.tenant_id", "=", "directory_slugs.tenant_id"),
        ),
      ),
    )
    .orderBy(sql`slug = ${slug}`, "desc")
    .limit(1)
    .executeTakeFirst();
  if (!nearest) return null;
  return nearest.slug === slug ? "taken" : "look_alike";
}

export async function looksLikeAny(db: Db, slug: string, others: string[]): Promise<boolean> {
  const { rows } = await sql<{ alike: boolean }>`select exists (
    select from unnest(${others}::text[]) other where slug_skeleton(other) = slug_skeleton(${slug})) as alike`.execute(db);
  return rows[0]?.alike ?? false;
}

/** @returns null when the slug was claimed; the database function claim_slug has the rules */
export async function claimSlug(db: Db, slug: string): Promise<"taken" | "look_alike" | "too_many" | null> {
  const { rows } = await sql<{
    obstacle: "taken" | "look_alike" | "too_many" | null;
  }>`select claim_slug(${slug}) as obstacle`.execute(db);
  return rows[0]?.obstacle ?? null;
}

/** The only rows of the slug directory that the tenant's role can read: the database function returns the tenant's own. */
export async function listEarlierSlugs(db: Db): Promise<Array<{ slug: string; keptUntil: Date }>> {
  const { rows } = await sql<{ slug: string; keptUntil: Date }>`
    select slug, kept_until as "keptUntil" from earlier_slugs() order by kept_until desc, slug`.execute(db);
  return rows;
}

/**
 * The tenants that a person belongs to, with the person's role in each, last used first, then by name.
 * @param only the tenant that a session is limited to, or null
 */
export function listTenantsOf(db: Db, accountId: string, only: string | null) {
  return (
    db
      .selectFrom("directory_memberships")
      .innerJoin("tenants", "tenants.tenant_id", "directory_memberships.tenant_id")
      .innerJoin("members", (join) =>
        join
          .onRef("members.tenant_id", "=", "directory_memberships.tenant_id")
          .onRef("members.account_id", "=", "directory_memberships.account_id"),
      )
      .innerJoin("roles", (join) =>
        join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
      )
      .select([
        "tenants.tenant_id as tenantId",
        "tenants.slug",
        "tenants.name",
        "tenants.accent_colour as accentColour",
        "tenants.logo_id as logoId",
        "roles.name as roleName",
      ])
      .select(sql<"active" | "suspended">`members.status`.as("status"))
      .where("directory_memberships.account_id", "=", accountId)
      .where(sql<boolean>`(${only}::uuid is null or directory_memberships.tenant_id = ${only}::uuid)`)
      // last_visit_at is more precise, but a person who never had the workspace open in a browser has only last_seen_at.
      .orderBy(sql`coalesce(members.last_visit_at, members.last_seen_at) desc nulls last`)
      .orderBy(sql`lower(tenants.name)`)
      .orderBy("tenants.tenant_id")
      .limit(MAX_TENANTS)
      .execute()
  );
}

/** Inserts a tenant with its built-in roles, its owner as the first Admin, and an empty audit log. @returns the owner's member id */
export async function insertTenant(
  db: Db,
  tenant: { tenantId: string; slug: string; name: string; timeZone: string },
  owner: { accountId: string; name: string; email: string },
): Promise<string> {
  const tenant_id = tenant.tenantId;
  const memberId = uuidv7();
  const adminRoleId = uuidv7();
  await db
    .insertInto("tenants")
    .values({
      tenant_id,
      slug: tenant.slug,
      name: tenant.name,
      time_zone: tenant.timeZone,
      owner_member_id: memberId,
      admin_role_id: adminRoleId,
    })
    .execute();
  await db.insertInto("audit_heads").values({ tenant_id }).execute();
  await db
    .insertInto("roles")
    .values([
      { tenant_id, role_id: adminRoleId, name: "Admin", built_in: "admin" },
      { tenant_id, role_id: uuidv7(), name: "Member", built_in: "member" },
      { tenant_id, role_id: uuidv7(), name: "Viewer", built_in: "viewer" },
    ])
    .execute();
  await db
    .insertInto("members")
    .values({
      tenant_id,
      member_id: memberId,
      account_id: owner.accountId,
      role_id: adminRoleId,
      name: owner.name,
      email: owner.email,
      // Page cursors have millisecond precision.
      joined_at: sql`date_trunc('milliseconds', now())`,
    })
    .execute();
  await db.insertInto("directory_memberships").values({ account_id: owner.accountId, tenant_id }).execute();
  return memberId;
}

/** The offer that can be answered: one that has not expired. */
export function findOffer(db: Db) {
  return selectOffer(db)
    .where("ownership_offers.expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
}

/** The offer, expired or not. A tenant has at most one. */
export function findLastOffer(db: Db) {
  return selectOffer(db).executeTakeFirst();
}

export async function findOwnerEmail(db: Db): Promise<string> {
  const { email } = await db
    .selectFrom("tenants")
    .innerJoin("members", (join) =>
      join.onRef("members.tenant_id", "=", "tenants.tenant_id").onRef("members.member_id", "=", "tenants.owner_member_id"),
    )
    .select("members.email")
    .executeTakeFirstOrThrow();
  return email;
}

function selectOffer(db: Db) {
  return db
    .selectFrom("ownership_offers")
    .innerJoin("members", (join) =>
      join
        .onRef("members.tenant_id", "=", "ownership_offers.tenant_id")
        .onRef("members.member_id", "=", "ownership_offers.member_id"),
    )
    .select([
      "members.member_id as memberId",
      "members.name as memberName",
      "members.email as memberEmail",
      "ownership_offers.offered_by_name as offeredByName",
      "ownership_offers.expires_at as expiresAt",
      sql<boolean>`ownership_offers.expires_at <= now()`.as("expired"),
    ]);
}

export async function insertOffer(
  db: Db,
  offer: { tenantId: string; memberId: string; offeredByName: string; days: number },
): Promise<void> {
  await db
    .insertInto("ownership_offers")
    .values({
      tenant_id: offer.tenantId,
      member_id: offer.memberId,
      offered_by_name: offer.offeredByName,
      expires_at: sql`now() + make_interval(days => ${offer.days})`,
    })
    .execute();
}

/** Harmless when there is none. */
export async function deleteOffer(db: Db): Promise<void> {
  await db.deleteFrom("ownership_offers").execute();
}

export function findMember(db: Db, memberId: string) {
  return db
    .selectFrom("members")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .select([
      "members.member_id as memberId",
      "members.name",
      "members.email",
      "members.status",
      "roles.role_id as roleId",
      "roles.name as roleName",
    ])
    .where("members.member_id", "=", memberId)
    .executeTakeFirst();
}

export async function findAdminRole(db: Db): Promise<string> {
  const { roleId } = await db
    .selectFrom("roles")
    .select("role_id as roleId")
    .where("built_in", "=", "admin")
    .executeTakeFirstOrThrow();
  return roleId;
}

export async function setRole(db: Db, memberId: string, roleId: string): Promise<void> {
  await db.updateTable("members").set({ role_id: roleId }).where("member_id", "=", memberId).execute();
}

/** Returns nothing when the member is already gone. */
export function deleteMember(db: Db, memberId: string) {
  return db.deleteFrom("members").where("member_id", "=", memberId).returning("member_id").executeTakeFirst();
}

export function findLogo(db: Db, logoId: string) {
  return db.selectFrom("tenant_logos").select("image").where("logo_id", "=", logoId).executeTakeFirst();
}

/** The foreign key clears tenants.logo_id. False when there was no logo. */
export async function deleteLogo(db: Db): Promise<boolean> {
  const deleted = await db.deleteFrom("tenant_logos").returning("logo_id").executeTakeFirst();
  return deleted !== undefined;
}

export async function insertLogo(db: Db, logo: { tenantId: string; logoId: string; image: Buffer }): Promise<void> {
  await db.insertInto("tenant_logos").values({ tenant_id: logo.tenantId, logo_id: logo.logoId, image: logo.image }).execute();
}
