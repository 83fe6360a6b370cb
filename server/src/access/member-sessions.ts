/**
 * The sessions that have entered this tenant. They lead to the sign-in entries of its audit log and the time at which each member was last
 * seen.
 */
import { sql } from "kysely";
import { appendNow } from "../audit/audit.ts";
import type { Db, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import type { Ctx } from "./ctx.ts";

/**
 * Rows that are no longer needed: not used for 30 days, and not ended by an admin in the last 90. After 90 days a session that was not
 * authenticated since has expired (sessions.ts).
 */
const OUTDATED = sql<boolean>`last_seen_at < now() - interval '30 days' and coalesce(ended_at < now() - interval '90 days', true)`;

/**
 * Records the session's first request in this tenant. Of several at once, only one writes the entry. If the member's row is locked, the
 * next request does it.
 */
export async function enterSession({ db, principal, member, sso, audit }: Ctx, origin: Origin): Promise<void> {
  // Either kind of authentication readmits a session that an admin ended (conditions.ts).
  const authenticatedAt = sso !== null && sso.provedAt > principal.authenticatedAt ? sso.provedAt : principal.authenticatedAt;
  const entered = await sql`
    insert into member_sessions (tenant_id, session_id, member_id, ip_address, user_agent)
    select tenant_id, ${principal.sessionId}, member_id, ${origin.ipAddress}, ${origin.userAgent}
      from members where member_id = ${member.memberId} for key share skip locked
    on conflict (tenant_id, session_id) do update
      set started_at = now(), last_seen_at = now(), ended_at = null,
        ip_address = excluded.ip_address, user_agent = excluded.user_agent
      where member_sessions.ended_at < ${authenticatedAt}
    returning session_id`.execute(db);
  if (entered.rows.length === 0) return;
  await db.deleteFrom("member_sessions").where("member_id", "=", member.memberId).where(OUTDATED).execute();
  await noteSeen(db, member.memberId);
  audit.recordFirst({ action: "session.signed_in", target: { type: "member", id: member.memberId, name: member.name } });
}

export async function touchSession({ db, principal, member }: Ctx, origin: Origin): Promise<void> {
  await db
    .updateTable("member_sessions")
    .set({ last_seen_at: sql`now()`, ip_address: origin.ipAddress, user_agent: origin.userAgent })
    .where("session_id", "=", principal.sessionId)
    .execute();
  await noteSeen(db, member.memberId);
}

/** Marks the sessions of live connections as seen. Rows that are locked are left for the next time. */
export async function touchLive({ db }: TenantTx, sessionIds: readonly string[]): Promise<void> {
  await sql`
    update member_sessions set last_seen_at = now()
    where session_id in (
      select session_id from member_sessions where session_id = any(${sessionIds}::uuid[]) for no key update skip locked)`.execute(
    db,
  );
}

async function noteSeen(db: Db, memberId: string): Promise<void> {
  await sql`
    update members set last_seen_at = now()
    where member_id = (select member_id from members where member_id = ${memberId} for no key update skip locked)`.execute(db);
}

/**
 * Signs an account's sessions out of the tenant that the transaction has entered, with an audit entry for each session that was signed in.
 */
export async function leaveSessions(db: Db, tenantId: string, sessionIds: string[], origin: Origin): Promise<void> {
  const left = await db
    .deleteFrom("member_sessions")
    .using("members")
    .whereRef("members.tenant_id", "=", "member_sessions.tenant_id")
    .whereRef("members.member_id", "=", "member_sessions.member_id")
    .where("member_sessions.session_id", "=", sql<string>`any(${sessionIds}::uuid[])`)
    .where(sql<boolean>`member_sessions.tenant_id = current_tenant_id()`)
    .returning(["members.member_id as memberId", "members.name", "member_sessions.ended_at as endedAt"])
    .execute();
  // A session that an admin ended is not signed in any more.
  const signedIn = left.filter(({ endedAt }) => endedAt === null).map(({ memberId, name }) => ({ memberId, name }));
  if (signedIn.length === 0) return;
  const entries = signedIn.map((member) => ({
    actor: { ...member, ...origin },
    event: {
      action: "session.signed_out" as const,
      target: { type: "member" as const, id: member.memberId, name: member.name },
    },
  }));
  await appendNow(db, tenantId, entries);
}
