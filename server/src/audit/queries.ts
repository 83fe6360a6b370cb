import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import type { ChainedEntry } from "./chain.ts";

/** Where the chain ends, locked until the transaction ends. */
export async function lockHead(db: Db): Promise<{ sequence: number; hash: Buffer }> {
  const head = await db.selectFrom("audit_heads").select(["sequence", "hash"]).forUpdate().executeTakeFirstOrThrow();
  return { sequence: Number(head.sequence), hash: head.hash };
}

/** A statement has at most 65,535 parameters. */
const ROWS_AT_ONCE = 1_000;

export async function appendEntries(db: Db, tenantId: string, entries: Array<ChainedEntry & { hash: Buffer }>): Promise<void> {
  const last = entries.at(-1);
  if (!last) return;
  for (let from = 0; from < entries.length - ROWS_AT_ONCE; from += ROWS_AT_ONCE) {
    await insertEntries(db, tenantId, entries.slice(from, from + ROWS_AT_ONCE)).execute();
  }
  // The last rows and the chain's new end in one round trip: nearly always that is all.
  await insertEntries(
    db.with("moved", (to) => to.updateTable("audit_heads").set({ sequence: last.sequence, hash: last.hash })),
    tenantId,
    entries.slice(Math.floor((entries.length - 1) / ROWS_AT_ONCE) * ROWS_AT_ONCE),
  ).execute();
}

function insertEntries(db: Pick<Db, "insertInto">, tenantId: string, entries: Array<ChainedEntry & { hash: Buffer }>) {
  return db.insertInto("audit_log").values(
    entries.map((entry) => ({
      tenant_id: tenantId,
      sequence: entry.sequence,
      occurred_at: entry.occurredAt,
      action: entry.action,
      actor_member_id: entry.actorMemberId,
      actor_name: entry.actorName,
      target_type: entry.targetType,
      target_id: entry.targetId,
      target_name: entry.targetName,
      ip_address: entry.ipAddress,
      user_agent: entry.userAgent,
      changes: sql<never>`${JSON.stringify(entry.changes)}::jsonb`,
      hash: entry.hash,
    })),
  );
}

export async function hasRecentEntry(
  db: Db,
  like: { action: string; actorMemberId: string | null; targetId: string | null; minutes: number },
): Promise<boolean> {
  const found = await db
    .selectFrom("audit_log")
    .select("sequence")
    .where("target_id", "=", like.targetId)
    .where("actor_member_id", "=", like.actorMemberId)
    .where("action", "=", like.action)
    .where("occurred_at", ">", sql<Date>`now() - make_interval(mins => ${like.minutes})`)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
