import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Db } from "../platform/db/pools.ts";

export function findTenant(db: Db) {
  return db.selectFrom("tenants").select(["tenant_id as tenantId", "slug", "name", "created_at as createdAt"]).executeTakeFirst();
}

export async function slugIsTaken(db: Db, slug: string): Promise<boolean> {
  const found = await db.selectFrom("directory_slugs").select("slug").where("slug", "=", slug).executeTakeFirst();
  return found !== undefined;
}

/** False when the slug was taken, by a request of this very moment perhaps. */
export async function claimSlug(db: Db, slug: string, tenantId: string): Promise<boolean> {
  const claimed = await db
    .insertInto("directory_slugs")
    .values({ slug, tenant_id: tenantId })
    .onConflict((conflict) => conflict.column("slug").doNothing())
    .returning("slug")
    .executeTakeFirst();
  return claimed !== undefined;
}

/** The tenants that a person belongs to, with the person's role in each, last used first, then by name. */
export function listTenantsOf(db: Db, accountId: string) {
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
      .select(["tenants.tenant_id as tenantId", "tenants.slug", "tenants.name", "roles.name as roleName"])
      .select(sql<"active" | "suspended">`members.status`.as("status"))
      .where("directory_memberships.account_id", "=", accountId)
      // A visit tells it to the minute; who never had it open in a browser was at least seen there.
      .orderBy(sql`coalesce(members.last_visit_at, members.last_seen_at) desc nulls last`)
      .orderBy(sql`lower(tenants.name)`)
      .orderBy("tenants.tenant_id")
      .execute()
  );
}

/** The rows of a new tenant: itself, the three built-in roles, its owner as the first admin, an empty audit log. @returns the owner's member id */
export async function insertTenant(
  db: Db,
  tenant: { tenantId: string; slug: string; name: string },
  owner: { accountId: string; name: string; email: string },
): Promise<string> {
  const tenant_id = tenant.tenantId;
  const memberId = uuidv7();
  const adminRoleId = uuidv7();
  await db.insertInto("tenants").values({ tenant_id, slug: tenant.slug, name: tenant.name, owner_member_id: memberId }).execute();
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
      // Cursors of pages are milliseconds.
      joined_at: sql`date_trunc('milliseconds', now())`,
    })
    .execute();
  await db.insertInto("directory_memberships").values({ account_id: owner.accountId, tenant_id }).execute();
  return memberId;
}
