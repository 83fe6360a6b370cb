import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

interface Wanted {
  memberId?: string | undefined;
  /** The last session of the page before. */
  before: string | null;
  idleMinutes: number;
  limit: number;
}

function withTheirMembers(db: Db) {
  return db
    .selectFrom("member_sessions as sessions")
    .innerJoin("members", (join) =>
      join.onRef("members.tenant_id", "=", "sessions.tenant_id").onRef("members.member_id", "=", "sessions.member_id"),
    )
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .innerJoin("tenants", "tenants.tenant_id", "members.tenant_id")
    .select([
      "sessions.session_id as sessionId",
      "sessions.ip_address as ipAddress",
      "sessions.user_agent as userAgent",
      "sessions.started_at as startedAt",
      "sessions.last_seen_at as lastSeenAt",
      "members.member_id as memberId",
      "members.name",
      "roles.name as roleName",
      "roles.built_in as builtIn",
      "roles.permissions",
      sql<boolean>`tenants.owner_member_id = members.member_id`.as("isOwner"),
    ])
    .where("sessions.ended_at", "is", null);
}

export type SessionRow = Awaited<ReturnType<typeof listSessions>>[number];

/** Sessions that were used lately and not ended, newest first: their ids are in the order of their beginning (UUIDv7). */
export function listSessions(db: Db, { memberId, before, idleMinutes, limit }: Wanted) {
  return withTheirMembers(db)
    .where("sessions.last_seen_at", ">", sql<Date>`now() - make_interval(mins => ${idleMinutes})`)
    .$if(memberId !== undefined, (query) => query.where("sessions.member_id", "=", memberId ?? ""))
    .$if(before !== null, (query) => query.where("sessions.session_id", "<", before ?? ""))
    .orderBy("sessions.session_id", "desc")
    .limit(limit)
    .execute();
}

export function findSession(db: Db, sessionId: string) {
  return withTheirMembers(db).where("sessions.session_id", "=", sessionId).execute();
}

export function findSessionsOf(db: Db, memberId: string) {
  return withTheirMembers(db).where("sessions.member_id", "=", memberId).execute();
}

/** Finds which of the sessions have neither ended nor expired. For the platform role. */
export async function findAlive(db: Db, sessionIds: readonly string[], absoluteMinutes: number): Promise<Set<string>> {
  const rows = await db
    .selectFrom("sessions")
    .select("session_id as sessionId")
    .where("session_id", "=", sql<string>`any(${sessionIds}::uuid[])`)
    .where("expires_at", ">", sql<Date>`now()`)
    .where("authenticated_at", ">", sql<Date>`now() - make_interval(mins => ${absoluteMinutes})`)
    .execute();
  return new Set(rows.map(({ sessionId }) => sessionId));
}

/** Uses the time of the statement: the transaction may have waited for a lock since it began. */
export async function endSessions(db: Db, sessionIds: readonly string[]): Promise<void> {
  await db
    .updateTable("member_sessions")
    .set({ ended_at: sql`clock_timestamp()` })
    .where("session_id", "=", sql<string>`any(${sessionIds}::uuid[])`)
    .execute();
}

export async function setLimits(db: Db, limits: { idleMinutes: number; absoluteMinutes: number }): Promise<void> {
  await db
    .updateTable("tenants")
    .set({ session_idle_minutes: limits.idleMinutes, session_absolute_minutes: limits.absoluteMinutes })
    .execute();
}
