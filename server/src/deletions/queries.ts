import { type RawBuilder, sql } from "kysely";
import type { Receipt } from "#contract/receipt.ts";
import type { Db } from "../platform/db/pools.ts";
import type { Tombstone } from "../platform/tombstones.ts";
import { DIRECTORY_TABLES, OTHER_KINDS, type TenantTable } from "../platform/db/tenant-data.ts";

export type Counts = Record<string, number>;
/** Debts and lost credit, as the receipt states them. */
export type EndedBilling = NonNullable<Receipt["billing"]>;
export type Kept = NonNullable<Receipt["archived"]>;

/**
 * Removes the tenant's slugs, memberships and invitations from the directory, and counts them.
 * @returns the tenant's customers at the payment provider, which nothing else leads to any more
 */
async function clearDirectory(db: Db, tenantId: string): Promise<string[]> {
  let removed = 0;
  for (const table of DIRECTORY_TABLES) {
    if (table === "directory_payments") continue;
    removed += Number((await db.deleteFrom(table).where("tenant_id", "=", tenantId).executeTakeFirst()).numDeletedRows);
  }
  const paying = await db.deleteFrom("directory_payments").where("tenant_id", "=", tenantId).returning("provider_id").execute();
  const customers = paying.map((row) => row.provider_id);
  await add(db, tenantId, OTHER_KINDS.directory, removed + customers.length);
  await addCustomers(db, tenantId, customers);
  return customers;
}

/** An expression for `counts` with `added` more of a kind. */
const countsPlus = (kind: string, added: RawBuilder<unknown>) =>
  sql`counts || jsonb_build_object(${kind}::text, coalesce((counts ->> ${kind})::bigint, 0) + ${added}::bigint)`;

async function add(db: Db, tenantId: string, kind: string, count: number): Promise<void> {
  if (count === 0) return;
  await sql`update directory_erasures set counts = ${countsPlus(kind, sql`${count}`)} where tenant_id = ${tenantId}`.execute(db);
}

/** The facts about an erasure that are known when it begins. */
export interface NewErasure {
  tenantId: string;
  requestedAt: Date;
  tokenHash: Buffer | null;
  /** The tenant's customers at the payment provider. */
  customers?: string[];
  /** The tenant's debts and lost credit. */
  billing?: EndedBilling | null;
}

/**
 * Makes the tenant unfindable and notes that it must be erased. Call in a transaction that entered the tenant.
 * @returns null when the erasure was already noted, for example by a deletion at the same time
 */
export async function beginErasure(
  db: Db,
  { tenantId, tokenHash, replay }: { tenantId: string; tokenHash: Buffer | null; replay: boolean },
): Promise<NewErasure | null> {
  // Lock order: the roster first. Requests that wait for it then find the tenant deleted. Matches no row if only files came back.
  await db
    .updateTable("tenants")
    .set({ deleted_at: sql`now()` })
    .where("tenant_id", "=", tenantId)
    .execute();
  const noted = await db
    .insertInto("directory_erasures")
    .values({ tenant_id: tenantId, token_hash: tokenHash, replay })
    .onConflict((conflict) => conflict.doNothing())
    .returning("requested_at as requestedAt")
    .executeTakeFirst();
  const customers = await clearDirectory(db, tenantId);
  return noted ? { tenantId, tokenHash, ...noted, customers } : null;
}

/** [place, name] */
export type TenantFile = [string, string];

export async function findErasure(db: Db, tenantId: string) {
  return db
    .selectFrom("directory_erasures")
    .select((eb) => [
      "tenant_id as tenantId",
      "requested_at as requestedAt",
      "token_hash as tokenHash",
      "replay",
      eb.cast<Counts>("counts", "jsonb").as("counts"),
      eb.cast<Counts | null>("totals", "jsonb").as("totals"),
      eb.cast<TenantFile[]>("removing", "jsonb").as("removing"),
      eb.cast<EndedBilling | null>("billing", "jsonb").as("billing"),
      eb.cast<{ kept: Kept | null } | null>("archived", "jsonb").as("archived"),
      "waits_for as waitsFor",
      "customers",
      "customers_are as customerOutcome",
    ])
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
}

export type Erasure = NonNullable<Awaited<ReturnType<typeof findErasure>>>;

export function listErasures(db: Db) {
  return db.selectFrom("directory_erasures").select("tenant_id as tenantId").execute();
}

/** Counts the rows of each kind. Filters by tenant_id, because row-level security does not limit the platform role in every table. */
export async function countRows(db: Db, tenantId: string, tables: readonly TenantTable[]): Promise<Counts> {
  const counts: Counts = {};
  for (const { table, kind } of tables) {
    const { rows } = await sql<{ count: string }>`select count(*) from ${sql.table(table)} where tenant_id = ${tenantId}`.execute(
      db,
    );
    counts[kind] = (counts[kind] ?? 0) + Number(rows[0]?.count);
  }
  return counts;
}

/** Stores the tenant's debts and lost credit. */
export async function noteEndedBilling(db: Db, tenantId: string, ended: EndedBilling): Promise<void> {
  await sql`update directory_erasures set billing = ${JSON.stringify(ended)}::jsonb where tenant_id = ${tenantId}`.execute(db);
}

/**
 * Records that everything that must be archived is in the archive. The first run to record it counts: one beside it may find nothing left.
 * @param kept what was archived; null for nothing
 */
export async function noteArchived(db: Db, tenantId: string, kept: Kept | null): Promise<void> {
  await sql`update directory_erasures set archived = ${JSON.stringify({ kept })}::jsonb, waits_for = null
    where tenant_id = ${tenantId} and archived is null`.execute(db);
}

/** Adds customers that must be erased at the payment provider. */
async function addCustomers(db: Db, tenantId: string, customers: readonly string[]): Promise<void> {
  if (customers.length === 0) return;
  await sql`update directory_erasures set customers = array(select distinct unnest(customers || ${customers}::text[])),
    customers_are = null where tenant_id = ${tenantId}`.execute(db);
}

/** Copies `forReceipt` from the tombstone, because a restored older database may lack these data. */
export async function noteForReceipt(
  db: Db,
  tenantId: string,
  { customers, billing }: NonNullable<Tombstone["forReceipt"]>,
): Promise<void> {
  await addCustomers(db, tenantId, customers);
  if (billing) await noteEndedBilling(db, tenantId, billing);
}

/** Records whether the customers were erased at the provider. */
export async function noteForgotten(db: Db, tenantId: string, outcome: "erased" | "kept"): Promise<void> {
  await sql`update directory_erasures set customers_are = ${outcome}, waits_for = null where tenant_id = ${tenantId}`.execute(db);
}

export async function noteWaiting(db: Db, tenantId: string, waitsFor: "archive" | "provider"): Promise<void> {
  await sql`update directory_erasures set waits_for = ${waitsFor} where tenant_id = ${tenantId}`.execute(db);
}

export async function noteTotals(db: Db, tenantId: string, totals: Counts): Promise<void> {
  await sql`update directory_erasures set totals = ${JSON.stringify(totals)}::jsonb where tenant_id = ${tenantId} and totals is null`.execute(
    db,
  );
}

/**
 * Counts the noted files that are removed now, and notes the next ones.
 * @returns false, without counting or noting, when another run was faster
 */
export async function turnFiles(
  db: Db,
  tenantId: string,
  { gone, next, counts }: { gone: TenantFile[]; next: TenantFile[]; counts: Counts },
): Promise<boolean> {
  const noted = await sql`update directory_erasures set removing = ${JSON.stringify(next)}::jsonb
    where tenant_id = ${tenantId} and removing = ${JSON.stringify(gone)}::jsonb`.execute(db);
  if (noted.numAffectedRows !== 1n) return false;
  for (const [kind, count] of Object.entries(counts)) await add(db, tenantId, kind, count);
  return true;
}

/** Excludes the owner's row, to which the tenant's own row refers. Both are erased last. */
function exceptOwner(table: string, tenantId: string) {
  return table === "members" ? sql`and member_id <> (select owner_member_id from tenants where tenant_id = ${tenantId})` : sql``;
}

/** A row's location (ctid), and its value in the column by which the table is erased. */
export interface Place {
  ctid: string;
  by: string;
}

/**
 * Finds the next rows of the table, at most `atMost`. Pass the last value as `from`: until the table is vacuumed, a search from the
 * beginning has to skip all erased rows.
 */
export async function findPlaces(
  db: Db,
  tenantId: string,
  { table, erase: { by } }: { table: string; erase: { by: string } },
  { from, atMost }: { from: string | null; atMost: number },
): Promise<Place[]> {
  const { rows } = await sql<Place>`select ctid::text as ctid, ${sql.ref(by)}::text as by from ${sql.table(table)}
    where tenant_id = ${tenantId} ${from === null ? sql`` : sql`and ${sql.ref(by)} >= ${from}`} ${exceptOwner(table, tenantId)}
    order by tenant_id, ${sql.ref(by)} limit ${atMost}`.execute(db);
  return rows;
}

/**
 * Erases the rows at these locations and counts them, in the transaction that entered the tenant. Commits asynchronously: a crash of
 * PostgreSQL undoes the last portions and their counts, and they are erased again. The erasure's last transaction makes all durable.
 * @returns how many rows. A location may be empty by now, or hold another tenant's row, which stays.
 */
export async function eraseSome(
  db: Db,
  tenantId: string,
  { table, kind }: { table: string; kind: string },
  places: readonly Place[],
): Promise<number> {
  const ctids = places.map(({ ctid }) => ctid);
  const count =
    table === "audit_log"
      ? sql`erased as (select erase_audit_log(${ctids}::tid[]) as count)`
      : sql`deleted as (delete from ${sql.table(table)} where ctid = any(${ctids}::tid[]) and tenant_id = ${tenantId}
          ${exceptOwner(table, tenantId)} returning 1), erased as (select count(*) as count from deleted)`;
  const [, { rows }] = await Promise.all([
    sql`set local synchronous_commit = off`.execute(db),
    sql<{ count: string }>`with ${count} update directory_erasures set counts = ${countsPlus(kind, sql`erased.count`)}
      from erased where tenant_id = ${tenantId} and erased.count > 0 returning erased.count`.execute(db),
  ]);
  return Number(rows[0]?.count ?? 0);
}

/**
 * Erases and counts all remaining rows, the tenant's own last, and the tenant's entries in the directory and the jobs.
 * @returns customers at the payment provider that requests added meanwhile
 */
export async function eraseRest(db: Db, tenantId: string, tables: readonly TenantTable[]): Promise<string[]> {
  for (const { table, kind } of tables) {
    if (table === "audit_log") {
      const { rows } = await sql<{ count: string }>`select erase_audit_log(null) as count`.execute(db);
      await add(db, tenantId, kind, Number(rows[0]?.count));
    } else {
      const { numAffectedRows } = await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId}`.execute(db);
      await add(db, tenantId, kind, Number(numAffectedRows));
    }
  }
  const customers = await clearDirectory(db, tenantId);
  const { rows } = await sql<{ count: string }>`select erase_jobs(${tenantId}) as count`.execute(db);
  await add(db, tenantId, OTHER_KINDS.jobs, Number(rows[0]?.count));
  return customers;
}

/** Null when the database has no such tenant. */
export async function findOwnerEmail(db: Db, tenantId: string): Promise<string | null> {
  const owner = await db
    .selectFrom("tenants")
    .innerJoin("members", (join) =>
      join.onRef("members.tenant_id", "=", "tenants.tenant_id").onRef("members.member_id", "=", "tenants.owner_member_id"),
    )
    .select("members.email")
    .where("tenants.tenant_id", "=", tenantId)
    .executeTakeFirst();
  return owner?.email ?? null;
}

/** Ends the erasure and keeps the tombstone, as the folder deletions/ does. */
export async function noteErased(db: Db, tombstone: Tombstone): Promise<void> {
  await db.deleteFrom("directory_erasures").where("tenant_id", "=", tombstone.tenantId).execute();
  await keepTombstone(db, tombstone);
}

export async function keepTombstone(db: Db, tombstone: Tombstone): Promise<void> {
  await sql`insert into directory_tombstones values (${tombstone.tenantId}, ${JSON.stringify(tombstone)}::jsonb)
    on conflict (tenant_id) do update set tombstone = excluded.tombstone`.execute(db);
}

/** Deletions of the last days with payments that were in no ledger. */
export async function listUnrecorded(db: Db, days: number): Promise<{ tenantId: string; unrecorded: string[] }[]> {
  const { rows } = await sql<{ tenantId: string; unrecorded: string[] }>`
    select tenant_id as "tenantId", billing -> 'unrecorded' as unrecorded from directory_erasures
    where billing -> 'unrecorded' is not null and requested_at > now() - make_interval(days => ${days})
    union all
    select tenant_id, tombstone -> 'receipt' -> 'billing' -> 'unrecorded' from directory_tombstones
    where tombstone -> 'receipt' -> 'billing' -> 'unrecorded' is not null
      and (tombstone ->> 'deletedAt')::timestamptz > now() - make_interval(days => ${days})`.execute(db);
  return rows;
}

export function listTombstones(db: Db) {
  return db.selectFrom("directory_tombstones").select(["tenant_id as tenantId", "tombstone"]).execute();
}

/** The ids of all existing tenants and of those being erased. */
export async function listTenants(db: Db): Promise<string[]> {
  const { rows } = await sql<{ tenantId: string }>`select tenant_id as "tenantId" from tenants
    union select tenant_id from directory_erasures`.execute(db);
  return rows.map((row) => row.tenantId);
}

/** Which of these tenants have a row of their own or an entry in the directory. */
export async function findKnown(db: Db, tenantIds: string[]): Promise<string[]> {
  const tables = ["tenants", ...DIRECTORY_TABLES];
  const lookups = tables.map(
    (table) => sql`select tenant_id from ${sql.table(table)} where tenant_id = any(${tenantIds}::uuid[])`,
  );
  const { rows } = await sql<{
    tenantId: string;
  }>`select distinct tenant_id as "tenantId" from (${sql.join(lookups, sql` union all `)}) known`.execute(db);
  return rows.map((row) => row.tenantId);
}

export async function tenantIsFindable(db: Db, tenantId: string): Promise<boolean> {
  const row = await db.selectFrom("directory_slugs").select("slug").where("tenant_id", "=", tenantId).executeTakeFirst();
  return row !== undefined;
}
