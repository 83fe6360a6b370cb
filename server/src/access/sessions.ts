/** Sessions of signed-in people. The cookie holds a session's token; the server keeps only the token's hash. */
import { type RawBuilder, sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { Slug } from "#contract/slug.ts";
import { announce } from "../platform/changes.ts";
import type { Database, Db, PlatformTx } from "../platform/db/pools.ts";
import type { DB } from "../platform/db/schema.ts";
import { statement } from "../platform/db/statement.ts";
import type { Origin } from "../platform/http/caller.ts";
import { Refusal } from "../platform/refusal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import { leaveSessions } from "./member-sessions.ts";
import type { Principal, PrincipalKey, Proof, Proved, SignedInBy } from "./principal.ts";
import { hasSecondFactor } from "./second-factor.ts";

/** Longest time in days without use (ASVS 5.0 7.3.1). */
const IDLE_DAYS = 30;
/** Longest time in days since the newest authentication (ASVS 5.0 7.3.2). */
const ABSOLUTE_DAYS = 90;

/** How long a browser keeps the cookie, in seconds. */
export const SESSION_SECONDS = ABSOLUTE_DAYS * 24 * 3600;

/** For a session that was just authenticated. */
const NEW_EXPIRY = sql<Date>`now() + make_interval(days => ${sql.lit(IDLE_DAYS)})`;

/** Minutes for which an authentication is recent enough for changes that need one (reauthentication.ts). */
const RECENT_MINUTES = 5;

/** A principal, and the tenant that the request names. */
export interface Identified {
  principal: Principal;
  /** The tenant of the requested slug, current or kept, if this person belongs to it. Otherwise null, whether or not it exists. */
  tenantId: string | null;
  /** Until when a slug that the tenant has given up still leads to it; null for its current slug. */
  slugKeptUntil: Date | null;
}

interface SessionRow extends Principal, Omit<Identified, "principal"> {
  stale: boolean;
}

const findByToken = statement<{ tokenHash: Buffer; slug: string | null }, SessionRow>("find the session", (db, value) =>
  db
    .selectFrom("sessions")
    .innerJoin("accounts", "accounts.account_id", "sessions.account_id")
    // A slug that the tenant has given up leads to it for as long as it is kept.
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
      "accounts.account_id as accountId",
      "accounts.email",
      "accounts.name",
      "sessions.created_at as signedInAt",
      "sessions.signed_in_by as signedInBy",
      "sessions.authenticated_at as authenticatedAt",
      "sessions.sso_tenant_id as ssoTenantId",
      "sessions.password_at as passwordAt",
      "sessions.totp_at as totpAt",
      "sessions.recovery_code_at as recoveryCodeAt",
      "sessions.passkey_at as passkeyAt",
      "sessions.verified_passkey_at as verifiedPasskeyAt",
      // A session that has only single sign-on is never recently authenticated above its workspace (gate.ts).
      sql<boolean>`sessions.authenticated_at > now() - make_interval(mins => ${sql.lit(RECENT_MINUTES)})
        and (sessions.signed_in_by <> 'sso' or sessions.password_at is not null or sessions.verified_passkey_at is not null)`.as(
        "recentlyAuthenticated",
      ),
      "directory_memberships.tenant_id as tenantId",
      "directory_slugs.kept_until as slugKeptUntil",
      sql<boolean>`sessions.last_seen_at < now() - interval '5 minutes'`.as("stale"),
    ])
    .where("sessions.token_hash", "=", value("tokenHash"))
    .where("sessions.expires_at", ">", sql<Date>`now()`),
);

/**
 * Finds in one statement the person behind a session token and, if a slug is given, the tenant that they belong to.
 * @throws Refusal not_signed_in
 */
export async function identify(
  database: Database,
  tokenHash: Buffer | null,
  slug: string | null,
  origin: Origin,
): Promise<Identified> {
  if (!tokenHash) throw new Refusal("not_signed_in");
  // An invalid slug never reaches PostgreSQL, whose text cannot hold a null byte.
  const values = { tokenHash, slug: Slug.safeParse(slug).success ? slug : null };
  const [row] = await database.asPlatformStatement("find the session", (db) => findByToken(db, values));
  if (!row) throw new Refusal("not_signed_in");
  const { stale, tenantId, slugKeptUntil, ...principal } = row;
  if (stale) await extendSession(database, principal.sessionId, origin);
  return { principal, tenantId, slugKeptUntil };
}

/**
 * Skipped while another transaction has locked the session's row: one that extends it too, or a sign-out, which may take a while. Session
 * lookups of all people share these connections, so nothing may wait for a lock here.
 */
async function extendSession(database: Database, sessionId: string, origin: Origin): Promise<void> {
  await database.asPlatformStatement("extend the session", (db) =>
    db
      .updateTable("sessions")
      .set({
        last_seen_at: sql`now()`,
        last_ip_address: origin.ipAddress,
        last_user_agent: origin.userAgent,
        expires_at: sql`least(${NEW_EXPIRY}, authenticated_at + make_interval(days => ${sql.lit(ABSOLUTE_DAYS)}))`,
      })
      .where("session_id", "=", ({ selectFrom }) =>
        selectFrom("sessions").select("session_id").where("session_id", "=", sessionId).forUpdate().skipLocked(),
      )
      .execute(),
  );
}

export interface ValidSession {
  proved: Proved;
  /** Milliseconds until it expires, if it is not used. */
  endsInMs: number;
}

/**
 * Finds in one query which of these sessions are valid, belong to their principal's account, and to an account that is in the tenant.
 * @returns what each of those sessions has proved, and when it ends, by its id
 */
export async function findValidSessions(
  database: Database,
  tenantId: string,
  principals: readonly PrincipalKey[],
): Promise<ReadonlyMap<string, ValidSession>> {
  const rows = await database.asPlatformStatement("recheck sessions", (db) =>
    db
      .selectFrom("sessions")
      .innerJoin("directory_memberships", "directory_memberships.account_id", "sessions.account_id")
      .select([
        "sessions.session_id as sessionId",
        "sessions.account_id as accountId",
        "sessions.authenticated_at as authenticatedAt",
        "sessions.signed_in_by as signedInBy",
        "sessions.password_at as passwordAt",
        "sessions.totp_at as totpAt",
        "sessions.recovery_code_at as recoveryCodeAt",
        "sessions.passkey_at as passkeyAt",
        "sessions.verified_passkey_at as verifiedPasskeyAt",
        sql<number>`(extract(epoch from sessions.expires_at - now()) * 1000)::float8`.as("endsInMs"),
      ])
      .$narrowType<{ signedInBy: SignedInBy }>()
      .where("sessions.session_id", "=", sql<string>`any(${principals.map(({ sessionId }) => sessionId)}::uuid[])`)
      .where("directory_memberships.tenant_id", "=", tenantId)
      .where("sessions.expires_at", ">", sql<Date>`now()`)
      .execute(),
  );
  const bySession = new Map(rows.map(({ sessionId, ...row }) => [sessionId, row]));
  const valid = new Map<string, ValidSession>();
  for (const { sessionId, accountId } of principals) {
    const row = bySession.get(sessionId);
    if (row?.accountId !== accountId) continue;
    const { accountId: _, endsInMs, ...proved } = row;
    valid.set(sessionId, { proved, endsInMs });
  }
  return valid;
}

export interface NewSession {
  accountId: string;
  /** The account's device epoch when its proof was checked. If it has changed since, no session starts. */
  deviceEpoch: number;
  signedInBy: SignedInBy;
  /** With signedInBy `sso`: the tenant whose provider it was. */
  ssoTenantId?: string;
  /** What the person proved to begin the session. */
  proofs: readonly Proof[];
}

const PROOF_COLUMNS = {
  password: "password_at",
  totp: "totp_at",
  recoveryCode: "recovery_code_at",
  passkey: "passkey_at",
  verifiedPasskey: "verified_passkey_at",
} as const satisfies Record<Proof, string>;

/** Deletes workspaces' requests to reset second factors: a person who uses a second factor has not lost it. */
async function forgetResets({ db }: PlatformTx, accountId: string, proofs: readonly Proof[]): Promise<void> {
  if (proofs.every((proof) => proof === "password")) return;
  await db.deleteFrom("directory_mfa_resets").where("account_id", "=", accountId).execute();
}

/** The columns of a session that record these proofs as given now. */
function provedNow(proofs: readonly Proof[]) {
  return Object.fromEntries(proofs.map((proof) => [PROOF_COLUMNS[proof], sql<Date>`now()`]));
}

interface SessionToInsert extends Record<string, unknown> {
  sessionId: string;
  accountId: string;
  deviceEpoch: number;
  tokenHash: Buffer;
  signedInBy: SignedInBy;
  ssoTenantId: string | null;
  proofs: readonly Proof[];
  ipAddress: string | null;
  userAgent: string | null;
}

/**
 * Inserts nothing when the account's device epoch is another one. In any case deletes the account's expired sessions, so that no job is
 * needed for it.
 * @param atOnce inserts nothing either when the account has a second factor, or when another transaction has locked its row
 */
function makeInsertion(name: string, { atOnce }: { atOnce: boolean }) {
  return statement<SessionToInsert, { sessionId: string }>(name, (db, value) => {
    const proved = Object.entries(PROOF_COLUMNS).map(
      ([proof, column]) => [column, sql`case when ${sql.lit(proof)} = any(${value("proofs")}::text[]) then now() end`] as const,
    );
    const values: Record<string, RawBuilder<unknown>> = {
      session_id: sql`${value("sessionId")}::uuid`,
      account_id: sql`account_id`,
      token_hash: sql`${value("tokenHash")}::bytea`,
      signed_in_by: sql`${value("signedInBy")}::text`,
      sso_tenant_id: sql`${value("ssoTenantId")}::uuid`,
      ...Object.fromEntries(proved),
      expires_at: NEW_EXPIRY,
      ip_address: sql`${value("ipAddress")}::text`,
      user_agent: sql`${value("userAgent")}::text`,
      last_ip_address: sql`${value("ipAddress")}::text`,
      last_user_agent: sql`${value("userAgent")}::text`,
    };
    return db
      .with("expired", (statements) =>
        statements.deleteFrom("sessions").where("session_id", "in", ({ selectFrom }) =>
          selectFrom("sessions")
            .select("session_id")
            .where("account_id", "=", value("accountId"))
            .where("expires_at", "<", sql<Date>`now()`)
            .forUpdate()
            .skipLocked(),
        ),
      )
      .insertInto("sessions")
      .columns(Object.keys(values) as Array<keyof DB["sessions"]>)
      .expression(({ selectFrom }) =>
        selectFrom("accounts")
          .select(Object.entries(values).map(([column, expression]) => expression.as(column)))
          .where("account_id", "=", value("accountId"))
          .where("device_epoch", "=", value("deviceEpoch"))
          .$if(atOnce, (account) => account.where(({ not, ref }) => not(hasSecondFactor(ref("accounts.account_id")))))
          .forShare("accounts")
          .$if(atOnce, (account) => account.skipLocked()),
      )
      .returning("session_id as sessionId");
  });
}

const insertSession = makeInsertion("start a session", { atOnce: false });
const insertSessionAtOnce = makeInsertion("start a session at once", { atOnce: true });

/** @returns the token for the cookie; null if nothing was inserted */
async function insertWith(insertion: typeof insertSession, db: Db, session: NewSession, origin: Origin): Promise<string | null> {
  const { ssoTenantId = null, ...rest } = session;
  const token = makeToken();
  const values = { ...rest, ssoTenantId, sessionId: uuidv7(), tokenHash: hashToken(token), ...origin };
  return (await insertion(db, values)).length === 0 ? null : token;
}

/** The browser that is signing in. */
export interface Browser {
  /** The token of the browser's current session, which the new one replaces, or null. */
  token: string | null;
  origin: Origin;
}

/**
 * Starts a session and ends the browser's previous one.
 * @returns the token for the cookie
 * @throws Refusal wrong_credentials, when the device epoch has changed
 */
export async function startSession(tx: PlatformTx, session: NewSession, browser: Browser): Promise<string> {
  const token = await insertWith(insertSession, tx.db, session, browser.origin);
  if (token === null) throw new Refusal("wrong_credentials");
  await forgetResets(tx, session.accountId, session.proofs);
  if (browser.token !== null) await endSession(tx, browser.token, browser.origin);
  return token;
}

/**
 * Starts a session by password alone in one statement, for a browser that has none: half the round trips of `startSession` in a transaction.
 * It waits for no lock, because look-ups of sessions share these connections.
 * @returns the token for the cookie; null if the account has a second factor or is locked, or if its device epoch has changed
 */
export function startSessionByPassword(
  database: Database,
  account: Pick<NewSession, "accountId" | "deviceEpoch">,
  origin: Origin,
): Promise<string | null> {
  const session = { ...account, signedInBy: "password", proofs: ["password"] } as const;
  return database.asPlatformStatement("start a session", (db) => insertWith(insertSessionAtOnce, db, session, origin));
}

/**
 * Records a new proof and gives the session a new token (ASVS 5.0 §7.2.4). Its id stays, and live audio with it.
 * @returns the token for the cookie. The old token no longer works.
 * @throws Refusal not_signed_in, when the session has ended
 */
export async function renewSession(tx: PlatformTx, sessionId: string, proof: Proof): Promise<string> {
  const token = makeToken();
  const renewed = await tx.db
    .updateTable("sessions")
    .set({ token_hash: hashToken(token), authenticated_at: sql`now()`, expires_at: NEW_EXPIRY, ...provedNow([proof]) })
    .where("session_id", "=", sessionId)
    .where("expires_at", ">", sql<Date>`now()`)
    .returning("account_id as accountId")
    .executeTakeFirst();
  if (!renewed) throw new Refusal("not_signed_in");
  await forgetResets(tx, renewed.accountId, [proof]);
  return token;
}

/**
 * Gives the session a new token, and records no proof: what a tenant's provider says proves nothing above the tenant.
 * @returns the token for the cookie
 * @throws Refusal not_signed_in, when the session has ended
 */
export async function rotateSession(tx: PlatformTx, sessionId: string): Promise<string> {
  const token = makeToken();
  const renewed = await tx.db
    .updateTable("sessions")
    .set({ token_hash: hashToken(token) })
    .where("session_id", "=", sessionId)
    .where("expires_at", ">", sql<Date>`now()`)
    .returning("session_id")
    .executeTakeFirst();
  if (!renewed) throw new Refusal("not_signed_in");
  return token;
}

/** Ends the session of a token and its live audio. Does nothing when there is none. */
export async function endSession(tx: PlatformTx, token: string, origin: Origin): Promise<void> {
  const ended = await tx.db
    .deleteFrom("sessions")
    .where("token_hash", "=", hashToken(token))
    .returning(["session_id as sessionId", "account_id as accountId"])
    .executeTakeFirst();
  if (ended) await announceEnd(tx, ended.accountId, [ended.sessionId], origin);
}

/** Ends one session of the account and its live audio. @returns false when the account has no such session */
export async function endSessionOf(tx: PlatformTx, accountId: string, sessionId: string, origin: Origin): Promise<boolean> {
  const ended = await tx.db
    .deleteFrom("sessions")
    .where("account_id", "=", accountId)
    .where("session_id", "=", sessionId)
    .returning("session_id")
    .executeTakeFirst();
  if (ended) await announceEnd(tx, accountId, [sessionId], origin);
  return ended !== undefined;
}

/** Ends every session of the account and their live audio. @param keep a session to keep, or null */
export async function endSessionsOf(tx: PlatformTx, accountId: string, keep: string | null, origin: Origin): Promise<void> {
  const ended = await tx.db
    .deleteFrom("sessions")
    .where("account_id", "=", accountId)
    .where(sql<boolean>`session_id is distinct from ${keep}::uuid`)
    .returning("session_id as sessionId")
    .execute();
  const sessionIds = ended.map(({ sessionId }) => sessionId);
  if (sessionIds.length > 0) await announceEnd(tx, accountId, sessionIds, origin);
}

/** Signs the sessions out of every tenant that they entered, in the same transaction, and announces their end. */
async function announceEnd(tx: PlatformTx, accountId: string, sessionIds: string[], origin: Origin): Promise<void> {
  for (const tenantId of await findTenantsOf(tx, accountId)) {
    await tx.enterTenant(tenantId);
    await leaveSessions(tx.db, tenantId, sessionIds, origin);
  }
  for (const sessionId of sessionIds) await announce(tx.db, { kind: "sessionEnded", sessionId });
}

/**
 * The tenants of the account, in the order in which every transaction must enter them: otherwise two sign-outs deadlock on the audit logs.
 * Limits the wait for a lock to 1 s: few of these may run at a time, and a tenant that hangs must not block them.
 */
export async function findTenantsOf(tx: PlatformTx, accountId: string): Promise<string[]> {
  await sql`set local lock_timeout = '1s'`.execute(tx.db);
  const rows = await tx.db
    .selectFrom("directory_memberships")
    .select("tenant_id as tenantId")
    .where("account_id", "=", accountId)
    .orderBy("tenant_id")
    .execute();
  return rows.map(({ tenantId }) => tenantId);
}
