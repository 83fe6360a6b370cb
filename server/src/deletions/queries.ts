import { type RawBuilder, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import type { Tombstone } from "../platform/tombstones.ts";
import { DIRECTORY_TABLES, type FilePlace, OTHER_KINDS, TENANT_TABLES } from "../platform/db/tenant-data.ts";

export type Counts = Record<string, number>;

/** Removes what leads to the tenant from outside: no slug, no membership and no invitation does any more. @returns how many entries */
async function clearDirectory(db: Db, tenantId: string): Promise<number> {
  let removed = 0n;
  for (const table of DIRECTORY_TABLES) {
    removed += (await db.deleteFrom(table).where("tenant_id", "=", tenantId).executeTakeFirst()).numDeletedRows;
  }
  return Number(removed);
}

/** The counts with so many more of a kind. */
const counted = (kind: string, more: RawBuilder<unknown>) =>
  sql`counts || jsonb_build_object(${kind}::text, coalesce((counts ->> ${kind})::bigint, 0) + ${more}::bigint)`;

async function add(db: Db, tenantId: string, kind: string, count: number): Promise<void> {
  if (count === 0) return;
  await sql`update directory_erasures set counts = ${counted(kind, sql`${count}`)} where tenant_id = ${tenantId}`.execute(db);
}

/** What is known of an erasure from its very beginning. */
export interface NewErasure {
  tenantId: string;
  requestedAt: Date;
  tokenHash: Buffer | null;
}

/**
 * In a transaction that entered the tenant: makes it unfindable and notes that it is to be erased.
 * @returns null when that was noted before: of several who delete it at once, one gets it.
 */
export async function beginErasure(
  db: Db,
  { tenantId, tokenHash, replay }: { tenantId: string; tokenHash: Buffer | null; replay: boolean },
): Promise<NewErasure | null> {
  // The roster's lock, first as everywhere: whoever waits for it finds the tenant deleted. Nothing to mark is left of one of which
  // only files came back.
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
  await add(db, tenantId, OTHER_KINDS.directory, await clearDirectory(db, tenantId));
  return noted ? { tenantId, tokenHash, ...noted } : null;
}

/** [place, name] */
export type TenantFile = [FilePlace, string];

export async function findErasure(db: Db, tenantId: string) {
  return db
    .selectFrom("directory_erasures")
    .select((of) => [
      "tenant_id as tenantId",
      "requested_at as requestedAt",
      "token_hash as tokenHash",
      "replay",
      of.cast<Counts>("counts", "jsonb").as("counts"),
      of.cast<Counts | null>("totals", "jsonb").as("totals"),
      of.cast<TenantFile[]>("removing", "jsonb").as("removing"),
    ])
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
}

export type Erasure = NonNullable<Awaited<ReturnType<typeof findErasure>>>;

export function listErasures(db: Db) {
  return db.selectFrom("directory_erasures").select("tenant_id as tenantId").execute();
}

/** How many rows of each kind there are. The tenant is named in full: what the platform role reads is not held to it everywhere. */
export async function countRows(db: Db, tenantId: string): Promise<Counts> {
  const counts: Counts = {};
  for (const { table, kind } of TENANT_TABLES) {
    const { rows } = await sql<{ count: string }>`select count(*) from ${sql.table(table)} where tenant_id = ${tenantId}`.execute(
      db,
    );
    counts[kind] = (counts[kind] ?? 0) + Number(rows[0]?.count);
  }
  return counts;
}

export async function noteTotals(db: Db, tenantId: string, totals: Counts): Promise<void> {
  await sql`update directory_erasures set totals = ${JSON.stringify(totals)}::jsonb where tenant_id = ${tenantId} and totals is null`.execute(
    db,
  );
}

/**
 * Counts the files that were noted and are gone by now, and notes those that go next.
 * @returns false when another run was faster: then nothing is counted or noted.
 */
export async function turnFiles(
  db: Db,
  tenantId: string,
  gone: TenantFile[],
  next: TenantFile[],
  counts: Counts,
): Promise<boolean> {
  const noted = await sql`update directory_erasures set removing = ${JSON.stringify(next)}::jsonb
    where tenant_id = ${tenantId} and removing = ${JSON.stringify(gone)}::jsonb`.execute(db);
  if (noted.numAffectedRows !== 1n) return false;
  for (const [kind, count] of Object.entries(counts)) await add(db, tenantId, kind, count);
  return true;
}

type Table = (typeof TENANT_TABLES)[number]["table"];

/** The owner's row stays until the tenant's own row goes: the one refers to the other. */
function exceptOwner(table: Table, tenantId: string) {
  return table === "members" ? sql`and member_id <> (select owner_member_id from tenants where tenant_id = ${tenantId})` : sql``;
}

/** Where a row is (ctid), and what it has in the column that its table is gone through by. */
export interface Place {
  ctid: string;
  by: string;
}

/**
 * Where the next rows of the table are, at most so many. From where the last look ended: what was erased stays in the way of those who look
 * from the beginning until the table is vacuumed.
 */
export async function findPlaces(
  db: Db,
  tenantId: string,
  { table, by }: { table: Table; by: string },
  from: string | null,
  atMost: number,
): Promise<Place[]> {
  const { rows } = await sql<Place>`select ctid::text as ctid, ${sql.ref(by)}::text as by from ${sql.table(table)}
    where tenant_id = ${tenantId} ${from === null ? sql`` : sql`and ${sql.ref(by)} >= ${from}`} ${exceptOwner(table, tenantId)}
    order by tenant_id, ${sql.ref(by)} limit ${atMost}`.execute(db);
  return rows;
}

/**
 * Erases the rows that are at these places and counts them, in the transaction that entered the tenant. Its commit waits for no disk: should
 * PostgreSQL crash, the last portions are back with their counts, and are erased again. The last transaction of all waits for them.
 * @returns how many. What is at a place may be gone by now, or another tenant's row, which stays.
 */
export async function eraseSome(
  db: Db,
  tenantId: string,
  { table, kind }: { table: Table; kind: string },
  places: readonly Place[],
): Promise<number> {
  const ctids = places.map(({ ctid }) => ctid);
  const count =
    table === "audit_log"
      ? sql`erased as (select erase_audit_log(${ctids}::tid[]) as count)`
      : sql`gone as (delete from ${sql.table(table)} where ctid = any(${ctids}::tid[]) and tenant_id = ${tenantId}
          ${exceptOwner(table, tenantId)} returning 1), erased as (select count(*) as count from gone)`;
  const [, { rows }] = await Promise.all([
    sql`set local synchronous_commit = off`.execute(db),
    sql<{ count: string }>`with ${count} update directory_erasures set counts = ${counted(kind, sql`erased.count`)}
      from erased where tenant_id = ${tenantId} and erased.count > 0 returning erased.count`.execute(db),
  ]);
  return Number(rows[0]?.count ?? 0);
}

/** All rows that are left, the tenant's own last, and what speaks of it in the directory and the jobs; counted. */
export async function eraseRest(db: Db, tenantId: string): Promise<void> {
  for (const { table, kind } of TENANT_TABLES) {
    if (table === "audit_log") {
      const { rows } = await sql<{ count: string }>`select erase_audit_log(null) as count`.execute(db);
      await add(db, tenantId, kind, Number(rows[0]?.count));
    } else {
      const { numDeletedRows } = await db.deleteFrom(table).where("tenant_id", "=", tenantId).executeTakeFirst();
      await add(db, tenantId, kind, Number(numDeletedRows));
    }
  }
  await add(db, tenantId, OTHER_KINDS.directory, await clearDirectory(db, tenantId));
  const { rows } = await sql<{ count: string }>`select erase_jobs(${tenantId}) as count`.execute(db);
  await add(db, tenantId, OTHER_KINDS.jobs, Number(rows[0]?.count));
}

/** Null when the database does not have the tenant (any more). */
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

/** What stays of it is kept, as in the folder. */
export async function noteErased(db: Db, tombstone: Tombstone): Promise<void> {
  await db.deleteFrom("directory_erasures").where("tenant_id", "=", tombstone.tenantId).execute();
  await keepTombstone(db, tombstone);
}

export async function keepTombstone(db: Db, tombstone: Tombstone): Promise<void> {
  await sql`insert into directory_tombstones values (${tombstone.tenantId}, ${JSON.stringify(tombstone)}::jsonb)
    on conflict (tenant_id) do update set tombstone = excluded.tombstone`.execute(db);
}

export function listTombstones(db: Db) {
  return db.selectFrom("directory_tombstones").select(["tenant_id as tenantId", "tombstone"]).execute();
}

/** The ids of all that live, and of those that are being erased. */
export async function listTenants(db: Db): Promise<string[]> {
  const { rows } = await sql<{ tenantId: string }>`select tenant_id as "tenantId" from tenants
    union select tenant_id from directory_erasures`.execute(db);
  return rows.map((row) => row.tenantId);
}

/** Those of the tenants that the database knows (again), by their own row or by anything that leads to them. */
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
  const found = await db.selectFrom("directory_slugs").select("slug").where("tenant_id", "=", tenantId).executeTakeFirst();
  return found !== undefined;
}
