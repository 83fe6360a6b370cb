/** Which web sessions entered this tenant: what its audit log calls signing in, and when each member was seen last. */
import { sql } from "kysely";
import { type Actor, record } from "../audit/audit.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";

/** A web session ends this long after its last use; what is older is left over from one that ran out. */
const LEFT_OVER = sql<Date>`now() - interval '30 days'`;

/**
 * The session's first request here. Of several at once, one writes the entry; a member whose row somebody is changing in this moment
 * enters with the next request.
 */
export async function enterSession(tx: TenantTx, sessionId: string, actor: Actor & { memberId: string }): Promise<void> {
  const entered = await sql`
    insert into member_sessions (tenant_id, session_id, member_id, ip_address, user_agent)
    select tenant_id, ${sessionId}, member_id, ${actor.ipAddress}, ${actor.userAgent}
      from members where member_id = ${actor.memberId} for key share skip locked
    on conflict (tenant_id, session_id) do nothing
    returning session_id`.execute(tx.db);
  if (entered.rows.length === 0) return;
  await tx.db
    .deleteFrom("member_sessions")
    .where("member_id", "=", actor.memberId)
    .where("last_seen_at", "<", LEFT_OVER)
    .execute();
  await noteSeen(tx.db, actor.memberId);
  const target = { type: "member" as const, id: actor.memberId, name: actor.name };
  record(tx, actor, { action: "session.signed_in", target }, "first");
}

export async function touchSession(tx: TenantTx, sessionId: string, memberId: string): Promise<void> {
  await tx.db
    .updateTable("member_sessions")
    .set({ last_seen_at: sql`now()` })
    .where("session_id", "=", sessionId)
    .execute();
  await noteSeen(tx.db, memberId);
}

async function noteSeen(db: Db, memberId: string): Promise<void> {
  await sql`
    update members set last_seen_at = now()
    where member_id = (select member_id from members where member_id = ${memberId} for no key update skip locked)`.execute(db);
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
