/** Sessions of signed-in people. A session is its cookie's token; only the hash of that is kept. */
import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { Slug } from "#contract/slug.ts";
import { announce } from "../platform/changes.ts";
import type { Database, PlatformTx } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";
import { Refusal } from "../platform/refusal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";

/** Seconds. A session ends this long after it was last used (ASVS 5.0 §7.3). */
export const SESSION_SECONDS = 30 * 24 * 3600;

export interface SignedIn {
  sessionId: string;
  accountId: string;
  email: string;
  name: string;
  /** The tenant of the asked-for slug, current or kept, when this person belongs to it; else null, whether or not it exists. */
  tenantId: string | null;
  /** How long the slug leads there, if the tenant has given it up. */
  slugKeptUntil: Date | null;
}

/** The session, with what was asked for. */
interface Found extends SignedIn {
  asked: string | null;
  tokenHash: Buffer;
  stale: boolean;
}

const findByToken = statement<{ tokenHash: Buffer; slug: string | null }, Found>("find the session", (db, value) =>
  db
    .selectFrom("sessions")
    .innerJoin("accounts", "accounts.account_id", "sessions.account_id")
    // One that the tenant gave up leads to it for as long as it is kept.
    .leftJoin("directory_slugs", (join) =>
      join
        .on("directory_slugs.slug", "=", value("slug"))
        .on(sql<boolean>`(directory_slugs.kept_until is null or directory_slugs.kept_until > now())`),
    )
    .leftJoin("directory_memberships", (join) =>
      join
        .onRef("directory_memberships.tenant_id", "=", "directory_slugs.tenant_id")
        .onRef("directory_memberships.account_id", "=", "accounts.account_id"),
    )
    .select([
      "sessions.session_id as sessionId",
      "sessions.token_hash as tokenHash",
      sql<string | null>`${value("slug")}::text`.as("asked"),
      "accounts.account_id as accountId",
      "accounts.email",
      "accounts.name",
      "directory_memberships.tenant_id as tenantId",
      "directory_slugs.kept_until as slugKeptUntil",
      sql<boolean>`sessions.last_seen_at < now() - interval '5 minutes'`.as("stale"),
    ])
    .where("sessions.token_hash", "=", value("tokenHash"))
    .where("sessions.expires_at", ">", sql<Date>`now()`),
);

/**
 * The person behind a session token, and with a slug the tenant that they may enter, in one statement.
 * @throws Refusal not_signed_in
 */
export async function findSession(database: Database, token: string | null, slug: string | null): Promise<SignedIn> {
  if (!token) throw new Refusal("not_signed_in");
  // What is no slug is nobody's, and never reaches PostgreSQL, which has no text with a null byte.
  const looked = { tokenHash: hashToken(token), slug: Slug.safeParse(slug).success ? slug : null };
  const [row] = await database.lookUpAsPlatform("find the session", (db) => findByToken(db, looked));
  if (!row) throw new Refusal("not_signed_in");
  const { asked, tokenHash, stale, ...signedIn } = row;
  // It came among those of other people: nobody may ever get what another one asked for.
  if (!tokenHash.equals(looked.tokenHash) || asked !== looked.slug) throw new Error("the session of another request");
  if (stale) await extendSession(database, signedIn.sessionId);
  return signedIn;
}

/**
 * Skipped while somebody else has the session's row: another request that extends it, or whoever signs it out, which may take a while. Nobody
 * may wait here with a connection that the sessions of all people are found by.
 */
async function extendSession(database: Database, sessionId: string): Promise<void> {
  await database.readAsPlatform("extend the session", (db) =>
    db
      .updateTable("sessions")
      .set({ last_seen_at: sql`now()`, expires_at: sql`now() + make_interval(secs => ${SESSION_SECONDS})` })
      .where("session_id", "=", ({ selectFrom }) =>
        selectFrom("sessions").select("session_id").where("session_id", "=", sessionId).forUpdate().skipLocked(),
      )
      .execute(),
  );
}

/**
 * Which of these live connections still stand on a session of their account that belongs to the tenant, by session: one query,
 * however many they are.
 */
export async function findHeldSessions(
  database: Database,
  tenantId: string,
  subjects: readonly { sessionId: string; accountId: string }[],
): Promise<ReadonlySet<string>> {
  const rows = await database.readAsPlatform("recheck sessions", (db) =>
    db
      .selectFrom("sessions")
      .innerJoin("directory_memberships", "directory_memberships.account_id", "sessions.account_id")
      .select(["sessions.session_id as sessionId", "sessions.account_id as accountId"])
      .where("sessions.session_id", "=", sql<string>`any(${subjects.map(({ sessionId }) => sessionId)}::uuid[])`)
      .where("directory_memberships.tenant_id", "=", tenantId)
      .where("sessions.expires_at", ">", sql<Date>`now()`)
      .execute(),
  );
  const accountOf = new Map(rows.map(({ sessionId, accountId }) => [sessionId, accountId]));
  return new Set(
    subjects.filter(({ sessionId, accountId }) => accountOf.get(sessionId) === accountId).map(({ sessionId }) => sessionId),
  );
}

/** @returns the token for the cookie. */
export async function startSession(tx: PlatformTx, accountId: string): Promise<string> {
  const token = makeToken();
  await tx.db
    .insertInto("sessions")
    .values({
      session_id: uuidv7(),
      account_id: accountId,
      token_hash: hashToken(token),
      expires_at: sql`now() + make_interval(secs => ${SESSION_SECONDS})`,
    })
    .execute();
  // Swept here rather than by a job: the table stays as large as its living sessions.
  await tx.db
    .deleteFrom("sessions")
    .where("account_id", "=", accountId)
    .where("expires_at", "<", sql<Date>`now()`)
    .execute();
  return token;
}

/**
 * Ends the session of a token, live audio included. Harmless when there is none.
 * @param onEnd tells the tenants that the account belongs to, in the same transaction.
 */
export async function endSession(
  database: Database,
  token: string | null,
  onEnd: (tx: PlatformTx, sessionId: string, tenantIds: string[]) => Promise<void>,
): Promise<void> {
  if (!token) return;
  await database.asPlatform("sign out", async (tx) => {
    // Few may sign out at a time, and each waits for the audit logs of their tenants: that of one that hangs must not keep the others long.
    await sql`set local lock_timeout = '1s'`.execute(tx.db);
    const ended = await tx.db
      .deleteFrom("sessions")
      .where("token_hash", "=", hashToken(token))
      .returning(["session_id as sessionId", "account_id as accountId"])
      .executeTakeFirst();
    if (!ended) return;
    const entered = await tx.db
      .selectFrom("directory_memberships")
      .select("tenant_id as tenantId")
      .where("account_id", "=", ended.accountId)
      // In one order for everybody: each tenant's audit log is locked on the way.
      .orderBy("tenant_id")
      .execute();
    await onEnd(
      tx,
      ended.sessionId,
      entered.map(({ tenantId }) => tenantId),
    );
    await announce(tx.db, { kind: "sessionEnded", sessionId: ended.sessionId });
  });
}
