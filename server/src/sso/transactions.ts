/**
 * Sign-ins that a browser began and has not finished. They are above tenants, because a provider's answer cannot be trusted to name a
 * tenant. Each row is used once, by the browser that began, within ten minutes.
 */
import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import type { Db } from "../platform/db/pools.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";

export type Purpose = "sign_in" | "confirm" | "link" | "test";

/** Longest time at the provider, in minutes. */
const MINUTES = 10;
/** Seconds within which the browser must bring the ticket. It only follows a redirect. */
const TICKET_SECONDS = 60;

const OPEN = sql<boolean>`started_at > now() - make_interval(mins => ${sql.lit(MINUTES)})`;

export interface NewTransaction {
  tenantId: string;
  connectionId: string;
  purpose: Purpose;
  handle: string;
  requestId: string | null;
  browserToken: string;
  sessionId: string | null;
  secretsSealed: Buffer | null;
}

export async function insertTransaction(db: Db, row: NewTransaction): Promise<void> {
  await db
    .deleteFrom("directory_sso_transactions")
    .where("transaction_id", "in", ({ selectFrom }) =>
      selectFrom("directory_sso_transactions")
        .select("transaction_id")
        .where("started_at", "<", sql<Date>`now() - interval '1 hour'`)
        .limit(100)
        .forUpdate()
        .skipLocked(),
    )
    .execute();
  await db
    .insertInto("directory_sso_transactions")
    .values({
      transaction_id: uuidv7(),
      tenant_id: row.tenantId,
      connection_id: row.connectionId,
      purpose: row.purpose,
      handle_hash: hashToken(row.handle),
      request_id: row.requestId,
      browser_hash: hashToken(row.browserToken),
      session_id: row.sessionId,
      secrets_sealed: row.secretsSealed,
    })
    .execute();
}

const COLUMNS = [
  "transaction_id as transactionId",
  "tenant_id as tenantId",
  "connection_id as connectionId",
  "session_id as sessionId",
  "secrets_sealed as secretsSealed",
  "outcome_sealed as outcomeSealed",
] as const;

export interface Transaction {
  transactionId: string;
  tenantId: string;
  connectionId: string;
  purpose: Purpose;
  sessionId: string | null;
  secretsSealed: Buffer | null;
  outcomeSealed: Buffer | null;
}

function selectOpen(db: Db, handle: string) {
  return db
    .selectFrom("directory_sso_transactions")
    .select(COLUMNS)
    .select(sql<Purpose>`purpose`.as("purpose"))
    .where("handle_hash", "=", hashToken(handle))
    .where("answered_at", "is", null)
    .where(OPEN);
}

/** The open transaction whose handle the provider returned as RelayState. This is only a hint, because RelayState is not signed. */
export function findByHandle(db: Db, connectionId: string, handle: string): Promise<Transaction | undefined> {
  return selectOpen(db, handle).where("connection_id", "=", connectionId).executeTakeFirst();
}

/** The open transaction, for the browser that began it. */
export function findForBrowser(db: Db, handle: string, browserToken: string): Promise<Transaction | undefined> {
  return selectOpen(db, handle).where("browser_hash", "=", hashToken(browserToken)).executeTakeFirst();
}

/** The transaction of the request that a signed response answers. */
export function findByRequest(db: Db, connectionId: string, requestId: string) {
  return db
    .selectFrom("directory_sso_transactions")
    .select(COLUMNS)
    .select([sql<Purpose>`purpose`.as("purpose"), OPEN.as("isOpen"), sql<boolean>`answered_at is not null`.as("isAnswered")])
    .where("request_id", "=", requestId)
    .where("connection_id", "=", connectionId)
    .executeTakeFirst();
}

/**
 * Stores what the provider said, once.
 * @returns the one-time ticket with which the browser fetches it; null when the transaction was answered meanwhile
 */
export async function storeOutcome(db: Db, transactionId: string, outcomeSealed: Buffer): Promise<string | null> {
  const ticket = makeToken();
  const stored = await db
    .updateTable("directory_sso_transactions")
    .set({ ticket_hash: hashToken(ticket), outcome_sealed: outcomeSealed, answered_at: sql<Date>`now()` })
    .where("transaction_id", "=", transactionId)
    .where("answered_at", "is", null)
    .returning("transaction_id")
    .executeTakeFirst();
  return stored ? ticket : null;
}

function finish(db: Db) {
  return db
    .updateTable("directory_sso_transactions")
    .set({ finished_at: sql<Date>`now()`, answered_at: sql<Date>`coalesce(answered_at, now())` })
    .where("finished_at", "is", null)
    .returning(COLUMNS)
    .returning(sql<Purpose>`purpose`.as("purpose"));
}

/** Marks the ticket as used. Undefined for a used or expired ticket, and for another browser, which leaves the ticket usable. */
export function finishByTicket(db: Db, ticket: string, browserToken: string): Promise<Transaction | undefined> {
  return finish(db)
    .where("ticket_hash", "=", hashToken(ticket))
    .where("browser_hash", "=", hashToken(browserToken))
    .where("answered_at", ">", sql<Date>`now() - make_interval(secs => ${sql.lit(TICKET_SECONDS)})`)
    .executeTakeFirst();
}

/** Marks an OpenID Connect transaction as used, before its code is sent anywhere. */
export function finishByState(db: Db, state: string, browserToken: string): Promise<Transaction | undefined> {
  return finish(db)
    .where("handle_hash", "=", hashToken(state))
    .where("browser_hash", "=", hashToken(browserToken))
    .where("request_id", "is", null)
    .where(OPEN)
    .executeTakeFirst();
}

/** The id of the connection's tenant. */
export async function findTenantOf(db: Db, connectionId: string): Promise<string | null> {
  const found = await db
    .selectFrom("directory_sso_connections")
    .select("tenant_id as tenantId")
    .where("connection_id", "=", connectionId)
    .executeTakeFirst();
  return found?.tenantId ?? null;
}

/** The ids of the tenants that have a connection. */
export async function listTenants(db: Db): Promise<string[]> {
  const rows = await db.selectFrom("directory_sso_connections").select("tenant_id as tenantId").distinct().execute();
  return rows.map(({ tenantId }) => tenantId);
}
