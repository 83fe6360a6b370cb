/** Which web sessions entered this tenant: what its audit log calls signing in, and when each member was seen last. */
import { sql } from "kysely";
import { type Actor, record } from "../audit/audit.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import { isForeignKeyViolation } from "../platform/db/violations.ts";
import { Refusal } from "../platform/refusal.ts";

/** A web session ends this long after its last use; what is older is left over from one that ran out. */
const LEFT_OVER = sql<Date>`now() - interval '30 days'`;

/** The session's first request here. Of several at once, one writes the entry. @throws Refusal not_found */
export async function enterSession(tx: TenantTx, sessionId: string, actor: Actor & { memberId: string }): Promise<void> {
  const entered = await tx.db
    .insertInto("member_sessions")
    .values({
      tenant_id: tx.tenantId,
      session_id: sessionId,
      member_id: actor.memberId,
      ip_address: actor.ipAddress,
      user_agent: actor.userAgent,
    })
    .onConflict((conflict) => conflict.columns(["tenant_id", "session_id"]).doNothing())
    .returning("session_id")
    .executeTakeFirst()
    .catch((error: unknown) => {
      // Removed at this very moment.
      throw isForeignKeyViolation(error) ? new Refusal("not_found") : error;
    });
  if (!entered) return;
  await tx.db
    .deleteFrom("member_sessions")
    .where("member_id", "=", actor.memberId)
    .where("last_seen_at", "<", LEFT_OVER)
    .execute();
  noteSeen(tx, actor.memberId);
  record(tx, actor, { action: "session.signed_in", target: { type: "member", id: actor.memberId, name: actor.name } });
}

export async function touchSession(tx: TenantTx, sessionId: string, memberId: string): Promise<void> {
  await tx.db
    .updateTable("member_sessions")
    .set({ last_seen_at: sql`now()` })
    .where("session_id", "=", sessionId)
    .execute();
  noteSeen(tx, memberId);
}

/**
 * As the last thing of the transaction: it locks the member's row, and a request that then waited for somebody who changes that member
 * would be waited for by them.
 */
function noteSeen(tx: TenantTx, memberId: string): void {
  tx.beforeCommit(async () => {
    await tx.db
      .updateTable("members")
      .set({ last_seen_at: sql`now()` })
      .where("member_id", "=", memberId)
      .execute();
  });
}

/** The session signs out of the tenant that the transaction entered. Null when it was never there. */
export function leaveSession(db: Db, sessionId: string): Promise<{ memberId: string; name: string } | undefined> {
  return db
    .deleteFrom("member_sessions")
    .using("members")
    .whereRef("members.tenant_id", "=", "member_sessions.tenant_id")
    .whereRef("members.member_id", "=", "member_sessions.member_id")
    .where("member_sessions.session_id", "=", sessionId)
    .where(sql<boolean>`member_sessions.tenant_id = current_tenant_id()`)
    .returning(["members.member_id as memberId", "members.name"])
    .executeTakeFirst();
}
