import { sql } from "kysely";
import { MAX_EXPORTS } from "#contract/http/exports.ts";
import type { Db } from "../platform/db/pools.ts";
import type { TenantTable } from "../platform/db/tenant-data.ts";

export interface ExportRow {
  exportId: string;
  status: "building" | "ready" | "failed";
  requestedBy: string | null;
  requestedByName: string;
  requestedAt: Date;
  finishedAt: Date | null;
  expiresAt: Date | null;
  failure: string | null;
  itemsDone: number;
  itemsTotal: number;
  size: number;
}

function selectExports(db: Db) {
  return db
    .selectFrom("exports")
    .select((eb) => [
      "export_id as exportId",
      eb.cast<ExportRow["status"]>("status", "text").as("status"),
      "member_id as requestedBy",
      "requested_by_name as requestedByName",
      "requested_at as requestedAt",
      "finished_at as finishedAt",
      "expires_at as expiresAt",
      "failure",
      eb.cast<number>("items_done", "double precision").as("itemsDone"),
      eb.cast<number>("items_total", "double precision").as("itemsTotal"),
      eb.cast<number>("size", "double precision").as("size"),
    ]);
}

/** Exports that have not expired, newest first. */
export function listExports(db: Db): Promise<ExportRow[]> {
  return selectExports(db)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", sql<Date>`now()`)]))
    .orderBy("requested_at", "desc")
    .orderBy("export_id", "desc")
    .limit(MAX_EXPORTS)
    .execute();
}

export function findExport(db: Db, exportId: string): Promise<ExportRow | undefined> {
  return selectExports(db)
    .where("export_id", "=", exportId)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", sql<Date>`now()`)]))
    .executeTakeFirst();
}

/** Counts exports whose archive is on disk. */
export async function countReady(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("exports")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("status", "=", "ready")
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** False when another export is already being built. */
export async function insertExport(
  db: Db,
  row: { tenantId: string; exportId: string; memberId: string; name: string },
): Promise<boolean> {
  const inserted = await db
    .insertInto("exports")
    .values({ tenant_id: row.tenantId, export_id: row.exportId, member_id: row.memberId, requested_by_name: row.name })
    .onConflict((conflict) => conflict.doNothing())
    .returning("export_id")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** False when there is no such export. */
export async function deleteExport(db: Db, exportId: string): Promise<boolean> {
  const deleted = await db.deleteFrom("exports").where("export_id", "=", exportId).returning("export_id").executeTakeFirst();
  return deleted !== undefined;
}

/** Deletes expired exports, and those that ended more than `days` ago. Returns their ids. */
export async function deleteExpired(db: Db, days: number): Promise<string[]> {
  const rows = await db
    .deleteFrom("exports")
    .where((eb) =>
      eb.or([
        eb("expires_at", "<=", sql<Date>`now()`),
        eb("finished_at", "<=", sql<Date>`now() - make_interval(days => ${days})`),
      ]),
    )
    .returning("export_id")
    .execute();
  return rows.map((row) => row.export_id);
}

/** False for a deleted tenant, even while the row still exists. */
export async function isBuilding(db: Db, exportId: string): Promise<boolean> {
  const row = await db
    .selectFrom("exports")
    .innerJoin("tenants", "tenants.tenant_id", "exports.tenant_id")
    .select("export_id")
    .where("export_id", "=", exportId)
    .where("status", "=", "building")
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return row !== undefined;
}

/** The saved progress of an export that is being built. */
export interface Progress<Checkpoint> {
  size: number;
  itemsDone: number;
  checkpoint: Checkpoint;
  tailSealed: Buffer;
}

export async function findProgress(db: Db, exportId: string): Promise<Progress<unknown> | null> {
  const row = await db
    .selectFrom("exports")
    .select((eb) => [
      eb.cast<number>("size", "double precision").as("size"),
      eb.cast<number>("items_done", "double precision").as("itemsDone"),
      "checkpoint",
      "tail_sealed as tailSealed",
    ])
    .where("export_id", "=", exportId)
    .executeTakeFirst();
  return row?.checkpoint && row.tailSealed ? { ...row, tailSealed: row.tailSealed } : null;
}

/** False when the export is no longer being built, because it or its tenant was deleted. */
export async function saveProgress(db: Db, exportId: string, progress: Progress<unknown>): Promise<boolean> {
  const saved = await db
    .updateTable("exports")
    .set({
      size: progress.size,
      items_done: progress.itemsDone,
      checkpoint: JSON.stringify(progress.checkpoint),
      tail_sealed: progress.tailSealed,
    })
    .where("export_id", "=", exportId)
    .where("status", "=", "building")
    .executeTakeFirst();
  return saved.numUpdatedRows === 1n;
}

export async function noteTotal(db: Db, exportId: string, total: number): Promise<void> {
  await db.updateTable("exports").set({ items_total: total }).where("export_id", "=", exportId).execute();
}

/** Marks the export as ready or failed. False when it is no longer being built. */
export async function endExport(
  db: Db,
  exportId: string,
  end: { status: "ready"; days: number } | { status: "failed"; failure: string },
): Promise<boolean> {
  const ended = await db
    .updateTable("exports")
    .set({
      status: end.status,
      finished_at: sql<Date>`now()`,
      checkpoint: null,
      tail_sealed: null,
      ...(end.status === "ready"
        ? { expires_at: sql<Date>`now() + make_interval(days => ${end.days})` }
        : { failure: end.failure, size: 0 }),
    })
    .where("export_id", "=", exportId)
    .where("status", "=", "building")
    .executeTakeFirst();
  return ended.numUpdatedRows === 1n;
}

export interface TableShape {
  table: string;
  /** The exported columns. */
  columns: readonly string[];
  /** Its primary key after tenant_id. */
  key: string[];
}

/** Reads the tables' primary keys from the database's catalogue. */
export async function readShapes(db: Db, tables: readonly TenantTable[]): Promise<TableShape[]> {
  const { rows } = await sql<{ table: string; key: string[] }>`
    select c.relname::text as table,
      (select coalesce(array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)), '{}') from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey::int2[])
        where i.indrelid = c.oid and i.indisprimary and a.attname <> 'tenant_id') as key
    from pg_class c where c.relnamespace = 'public'::regnamespace
      and c.relname = any(${tables.map(({ table }) => table)}::text[])`.execute(db);
  const keys = new Map(rows.map(({ table, key }) => [table, key]));
  return tables.map(({ table, exported }) => ({ table, columns: exported, key: keys.get(table) ?? [] }));
}

/** One page of a table, ordered by its key, after the row with the key `after`. */
export async function readPage(
  db: Db,
  tenantId: string,
  { table, columns, key }: TableShape,
  { after, limit }: { after: string[] | null; limit: number },
): Promise<Array<Record<string, unknown>>> {
  const keys = sql.join(key.map((column) => sql.ref(column)));
  const { rows } = await sql<Record<string, unknown>>`
    select ${sql.join(columns.map((column) => sql.ref(column)))} from ${sql.table(table)} where tenant_id = ${tenantId}
    ${after && key.length > 0 ? sql`and (${keys}) > (${sql.join(after)})` : sql``}
    ${key.length > 0 ? sql`order by ${keys}` : sql``} limit ${limit}`.execute(db);
  return rows;
}

export async function countItems(db: Db, tenantId: string, table: string): Promise<number> {
  const { rows } = await sql<{ count: string }>`select count(*) from ${sql.table(table)} where tenant_id = ${tenantId}`.execute(
    db,
  );
  return Number(rows[0]?.count);
}

/** One page of the audit log with its hashes. `changes` is the hashed text, so that the chain can be verified with the archive alone. */
export function readAuditLog(db: Db, after: string | null, limit: number) {
  return db
    .selectFrom("audit_log")
    .select([
      "sequence",
      "occurred_at as occurredAt",
      "action",
      "actor_member_id as actorMemberId",
      "actor_name as actorName",
      "target_type as targetType",
      "target_id as targetId",
      "target_name as targetName",
      "ip_address as ipAddress",
      "user_agent as userAgent",
      sql<string>`changes::text`.as("changes"),
      sql<string>`encode(hash, 'hex')`.as("hash"),
    ])
    .where("sequence", ">", after ?? "0")
    .orderBy("sequence")
    .limit(limit)
    .execute();
}

/** One page of the recordings that started by `until`, ordered by id, which is the order of time. */
export function readRecordings(db: Db, until: Date, after: string | null, limit: number) {
  return db
    .selectFrom("transmissions")
    .innerJoin("channels", (join) =>
      join
        .onRef("channels.tenant_id", "=", "transmissions.tenant_id")
        .onRef("channels.channel_id", "=", "transmissions.channel_id"),
    )
    .select([
      "transmissions.transmission_id as transmissionId",
      "channels.name as channel",
      "transmissions.speaker_name as speaker",
      "transmissions.started_at as startedAt",
      "transmissions.duration_ms as durationMs",
      "transmissions.status",
    ])
    .where("transmissions.started_at", "<=", until)
    .$if(after !== null, (query) => query.where("transmissions.transmission_id", ">", after ?? ""))
    .orderBy("transmissions.transmission_id")
    .limit(limit)
    .execute();
}

export async function findLogo(db: Db): Promise<Buffer | null> {
  return (await db.selectFrom("tenant_logos").select("image").executeTakeFirst())?.image ?? null;
}
