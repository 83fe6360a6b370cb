import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Db } from "../platform/db/pools.ts";

export interface RotationRow {
  rotationId: string;
  oldKey: string;
  startedAt: Date;
  startedByName: string;
  total: number | null;
  done: number;
  inUse: number;
  unreadable: number;
  fault: string | null;
  finishedAt: Date | null;
}

/** The rotation that began last. */
export function findNewest(db: Db): Promise<RotationRow | undefined> {
  return db
    .selectFrom("key_rotations")
    .select([
      "rotation_id as rotationId",
      "old_key as oldKey",
      "started_at as startedAt",
      "started_by_name as startedByName",
      "total",
      "done",
      "in_use as inUse",
      "unreadable",
      "fault",
      "finished_at as finishedAt",
    ])
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** @returns false, and nothing is inserted, when one is under way */
export async function insertRotation(
  db: Db,
  tenantId: string,
  begun: { oldKey: string; startedByName: string },
): Promise<boolean> {
  const inserted = await db
    .insertInto("key_rotations")
    .values({ tenant_id: tenantId, rotation_id: uuidv7(), old_key: begun.oldKey, started_by_name: begun.startedByName })
    .onConflict((conflict) => conflict.column("tenant_id").where("finished_at", "is", null).doNothing())
    .returning("rotation_id")
    .executeTakeFirst();
  return inserted !== undefined;
}

export type Progress = Partial<Pick<RotationRow, "total" | "done" | "inUse" | "unreadable" | "fault">>;

export async function saveProgress(db: Db, rotationId: string, { inUse, ...progress }: Progress): Promise<void> {
  await db
    .updateTable("key_rotations")
    .set({ ...progress, ...(inUse !== undefined && { in_use: inUse }) })
    .where("rotation_id", "=", rotationId)
    .where("finished_at", "is", null)
    .execute();
}

/** @returns false when it was finished before */
export async function finish(db: Db, rotationId: string): Promise<boolean> {
  const finished = await db
    .updateTable("key_rotations")
    .set({ finished_at: sql`now()`, in_use: 0, fault: null })
    .where("rotation_id", "=", rotationId)
    .where("finished_at", "is", null)
    .returning("rotation_id")
    .executeTakeFirst();
  return finished !== undefined;
}
