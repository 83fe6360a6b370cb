import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";

export interface Payers {
  name: string;
  slug: string;
  owner: string;
  recipients: string[];
}

const payers = statement("find the payers", (db) =>
  db
    .selectFrom("tenants")
    .innerJoin("members", (join) =>
      join.onRef("members.tenant_id", "=", "tenants.tenant_id").onRef("members.member_id", "=", "tenants.owner_member_id"),
    )
    .leftJoin("billing_accounts", "billing_accounts.tenant_id", "tenants.tenant_id")
    .select(["tenants.name", "tenants.slug", "members.email as owner", "billing_accounts.recipients"]),
);

/** The workspace's names, and the addresses that its bills go to. */
export async function findPayers(db: Db): Promise<Payers> {
  const [found] = await payers(db, {});
  if (!found) throw new Error("the tenant is gone");
  return { ...found, recipients: found.recipients ?? [] };
}

export async function findWorkspaceName(db: Db): Promise<string> {
  return (await db.selectFrom("tenants").select("name").executeTakeFirstOrThrow()).name;
}

export interface Due {
  tenantId: string;
  dueAt: Date;
}

/** Above tenants: the workspaces that are due for the clock, the longest due first. */
export function listDue(db: Db, now: Date, after: Due | null, most: number): Promise<Due[]> {
  return db
    .selectFrom("directory_billing")
    .select(["tenant_id as tenantId", "due_at as dueAt"])
    .where("due_at", "<=", now)
    .$if(after !== null, (query) => query.where(sql<boolean>`(due_at, tenant_id) > (${after?.dueAt}, ${after?.tenantId}::uuid)`))
    .orderBy("due_at")
    .orderBy("tenant_id")
    .limit(most)
    .execute();
}

/** Above tenants: all tenants, in pages. */
export async function listTenants(db: Db, after: string, most: number): Promise<string[]> {
  const rows = await db
    .selectFrom("directory_slugs")
    .select("tenant_id as tenantId")
    .where("kept_until", "is", null)
    .where("tenant_id", ">", after)
    .orderBy("tenant_id")
    .limit(most)
    .execute();
  return rows.map(({ tenantId }) => tenantId);
}

/** Above tenants. */
export async function findTenantId(db: Db, slug: string): Promise<string | undefined> {
  const found = await db
    .selectFrom("directory_slugs")
    .select("tenant_id")
    .where("slug", "=", slug)
    .where("kept_until", "is", null)
    .executeTakeFirst();
  return found?.tenant_id;
}

/** Above tenants: the version of the catalogue that every workspace was last settled by. */
export async function findSettledVersion(db: Db): Promise<number> {
  return (await db.selectFrom("billing_server").select("settled_version").executeTakeFirst())?.settled_version ?? 0;
}

export async function setSettledVersion(db: Db, version: number): Promise<void> {
  await db
    .insertInto("billing_server")
    .values({ settled_version: version })
    .onConflict((conflict) => conflict.column("only_row").doUpdateSet({ settled_version: version }))
    .execute();
}

/** Above tenants: makes these workspaces due for the clock now. */
export async function makeDue(db: Db, tenantIds: readonly string[]): Promise<void> {
  if (tenantIds.length === 0) return;
  await db
    .insertInto("directory_billing")
    .values(tenantIds.map((tenant_id) => ({ tenant_id, due_at: sql<Date>`now()` })))
    .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet({ due_at: sql<Date>`now()` }))
    .execute();
}

/** Takes one of the owner's trials. @returns false if the owner has had too many */
export async function takeTrial(db: Db, most: number): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`select take_trial(${most}) as taken`.execute(db);
  return rows[0]?.taken ?? false;
}
