import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { runPrepared } from "../platform/db/statement.ts";
import type { ChainedEntry } from "./chain.ts";

/** The chain's end, locked until the transaction ends. Undefined if the tenant is gone. */
export async function lockHead(db: Db): Promise<{ sequence: number; hash: Buffer } | undefined> {
  const { rows } = await sql<{ sequence: string; hash: Buffer }>`select sequence, hash from lock_audit_head()`.execute(db);
  return rows[0] && { sequence: Number(rows[0].sequence), hash: rows[0].hash };
}

/** Appends entries. They must continue at the head: the database refuses others, and moves the head to the last one. */
export async function appendEntries(db: Db, tenantId: string, entries: Array<ChainedEntry & { hash: Buffer }>): Promise<void> {
  await runPrepared(
    db,
    db.insertInto("audit_log").values(
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
        changes: entry.changes,
        hash: entry.hash,
      })),
    ),
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
