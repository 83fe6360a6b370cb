/** The list of a person's own sessions, and how to end them. */
import { sql } from "kysely";
import { MAX_SESSIONS_SHOWN } from "#contract/http/sessions.ts";
import type { PersonCtx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { endSessionsOf, endSessionOf } from "../access/sessions.ts";
import { Refusal } from "../platform/refusal.ts";

export async function listMySessions({ services, principal }: PersonCtx) {
  const { accountId, sessionId: current } = principal;
  const rows = await services.database.asPlatformStatement("my sessions", (db) =>
    db
      .selectFrom("sessions")
      .select(["session_id", "created_at", "ip_address", "user_agent", "last_seen_at", "last_ip_address", "last_user_agent"])
      .where("account_id", "=", accountId)
      .where("expires_at", ">", sql<Date>`now()`)
      .orderBy(sql`session_id = ${current}`, "desc")
      .orderBy("last_seen_at", "desc")
      .limit(MAX_SESSIONS_SHOWN)
      .execute(),
  );
  const items = rows.map((row) => ({
    sessionId: row.session_id,
    current: row.session_id === current,
    signIn: { at: row.created_at.toISOString(), ipAddress: row.ip_address, userAgent: row.user_agent },
    lastUse: { at: row.last_seen_at.toISOString(), ipAddress: row.last_ip_address, userAgent: row.last_user_agent },
  }));
  return { items };
}

/** @throws Refusal not_found, for a session that has ended or is another person's */
export async function endMySession({ services, principal, origin }: PersonCtx, { sessionId }: { sessionId: string }) {
  await services.database.asPlatform("end one session", async (tx) => {
    if (!(await endSessionOf(tx, principal.accountId, sessionId, origin))) throw new Refusal("not_found");
  });
}

/**
 * Ends every other session and their live audio.
 * @throws Refusal reauthentication_required: somebody at an unlocked screen must not shut the person out
 */
export async function signOutOthers({ services, principal, origin }: PersonCtx): Promise<void> {
  assertRecentlyAuthenticated(principal);
  const { accountId, sessionId } = principal;
  await services.database.asPlatform("sign out elsewhere", (tx) => endSessionsOf(tx, accountId, sessionId, origin));
}
