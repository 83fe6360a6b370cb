/**
 * The only access to the database. Tenant data is read and written through `withTenant` alone. Data above tenants is reached through
 * `asPlatform…` alone, and each use names its purpose: search for `asPlatform` to list them all. The pools are not exported.
 */
import pg from "pg";
import { Refusal } from "../refusal.ts";
import { Busy, type Gone, makeShares, type Shares } from "./shares.ts";
import { BEGIN, COMMIT, type Connection, connectionOf, ROLLBACK } from "./client.ts";
import type { Db } from "./db.ts";
import { duringTransaction } from "./open-transaction.ts";
import { UUID } from "../uuid.ts";

export type { Db } from "./db.ts";

/** One transaction. Row-level security restricts it to its tenant. */
export interface TenantTx {
  readonly db: Db;
  readonly tenantId: string;
  /**
   * Waits for a statement only at the commit, because its answer is not needed before. This saves a round trip: the statement shares a batch
   * with the next one, or with the commit. Its error rolls the transaction back and is thrown by `withTenant`.
   */
  awaitAtCommit(statement: Promise<unknown>): void;
  /** Runs the effects just before the commit, in order. An error rolls the transaction back. */
  beforeCommit(effect: () => Promise<void>): void;
  /** Runs the effects after the commit, in order, and never after a rollback. For work that cannot be rolled back. */
  afterCommit(effect: () => void | Promise<void>): void;
}

export interface PlatformTx {
  readonly db: Db;
  afterCommit(effect: () => void | Promise<void>): void;
  /** Sets the tenant for the rest of this transaction, to fill a new tenant or to delete one. */
  enterTenant(tenantId: string): Promise<void>;
  /**
   * Enters the tenant exclusively: other transactions that enter it wait. Returns false at once when another transaction is in the tenant.
   * Waiting could deadlock: later transactions would queue behind this one, and the one inside may be waiting for one of them.
   */
  enterTenantAlone(tenantId: string): Promise<boolean>;
}

/** Kinds of work. Each kind has its own share of a tenant's connections, so that a busy kind does not delay the others. */
export type Line = "requests" | "voice" | "overview" | "invitations" | "deletion";

export interface TenantOptions {
  line?: Line | undefined;
  /** The HTTP response. If it closes before a connection is free, the transaction is not started. */
  gone?: Gone | undefined;
  /** The person who asks. All their requests share one limit, however many tenants they are in. */
  accountId?: string | undefined;
}

export interface Database {
  /**
   * Runs `work` in a transaction of the tenant. Tenants share the connections (shares.ts), so a tenant whose transactions hang delays only
   * itself. Never open a second transaction inside `work`: all of a tenant's transactions could then wait for a second connection.
   * @throws Refusal unavailable, after 5 s of waiting for a connection or 4 s of waiting for a lock
   */
  withTenant<Result>(tenantId: string, work: (tx: TenantTx) => Promise<Result>, options?: TenantOptions): Promise<Result>;
  /**
   * Runs `work` in a transaction above tenants. Purposes share the connections as tenants do. Some connections are reserved for
   * `asPlatformStatement`, so that looking up a session never waits for a transaction's lock.
   * @throws Refusal unavailable, as `withTenant`
   */
  asPlatform<Result>(purpose: string, work: (tx: PlatformTx) => Promise<Result>): Promise<Result>;
  /** Runs a single statement above tenants, which may write, without the round trips of a transaction. */
  asPlatformStatement<Result>(purpose: string, work: (db: Db) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const APP_CONNECTIONS = 20;
const PLATFORM_CONNECTIONS = 10;
/** Connections of the platform role that are reserved for single statements, mostly session lookups. */
const FOR_STATEMENTS = 4;
/** Longest wait for a connection. */
const PATIENCE_MS = 5_000;
/**
 * Longest wait for a lock. Shorter than the wait for a connection: when stuck tenants hold every connection, each connection comes back
 * before the next in line gives up.
 */
const LOCK_MS = 4_000;
/** Longest idle time in a transaction. PostgreSQL then ends the session and frees its locks: our process has probably died. */
const SILENCE_MS = 60_000;

const PERSON = "person ";

const tenantLock = (tenantId: string) => `hashtextextended(${tenantId}, 0)`;

/**
 * Sets the tenant until the end of the transaction, and takes the shared lock that makes `enterTenantAlone` fail. It is a prepared
 * statement, because PostgreSQL would otherwise parse and plan it for each request.
 */
function enter(connection: Connection, tenantId: string): Promise<unknown> {
  return connection.query({
    name: "enter the tenant",
    text: `select set_config('whoot.tenant_id', $1, true), pg_advisory_xact_lock_shared(${tenantLock("$1")})`,
    values: [tenantId],
  });
}

/** Whether the database cannot be reached: connection lost, shutting down, starting up, too many connections. */
export function isUnreachable(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string") {
    return /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(String(error));
  }
  return /^(08|57P0|53300)/.test(code) || ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND"].includes(code);
}

/** The refusal for an unreachable database or a lock that was not free in time. Null for any other error. */
function refusalFor(error: unknown, committing: boolean): Refusal | null {
  if ((error as { code?: unknown }).code === "55P03") {
    const detail = "Another change is taking a long time. Nothing was changed; try again in a moment.";
    return new Refusal("unavailable", { detail, retryAfter: 1, cause: error });
  }
  if (!isUnreachable(error)) return null;
  // PostgreSQL may have committed before its answer was lost.
  const detail = committing
    ? "whoot lost its database connection while saving. Check whether the change was saved before you try again."
    : undefined;
  return new Refusal("unavailable", { cause: error, ...(detail === undefined ? {} : { detail }) });
}

/**
 * Whether the connection can no longer run one of its prepared statements, because a migration changed a column's type or a pooler dropped
 * the statement. Only a new connection prepares it again.
 */
function isOutOfDate(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "26000" || (code === "0A000" && String(message).includes("cached plan"));
}

async function checkOut(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new Refusal("unavailable", { cause: error });
  }
}

interface Effects {
  /** BEGIN and the statements that are awaited at the commit. */
  unawaited: Promise<unknown>[];
  /** Their errors, in the order in which they arrived. */
  failures: unknown[];
  before: Array<() => Promise<void>>;
  after: Array<() => void | Promise<void>>;
}

/** @throws TypeError once the commit has been sent, because nothing would wait for the statement any more */
function awaitAtCommit({ unawaited, failures }: Effects, statement: Promise<unknown>): void {
  unawaited.push(statement);
  statement.catch((error: unknown) => failures.push(error));
}

/** The cause of an error 25P02, which only says that an earlier statement failed. That statement may be one that was not awaited. */
async function causeOf(failure: unknown, { unawaited, failures }: Effects): Promise<unknown> {
  const isConsequence = (error: unknown) => (error as { code?: unknown }).code === "25P02";
  if (!isConsequence(failure)) return failure;
  await Promise.allSettled(unawaited);
  return failures.find((error) => !isConsequence(error)) ?? failure;
}

type Begin = (connection: Connection) => Promise<unknown>;
type Work<Result> = (connection: Connection, effects: Effects) => Promise<Result>;

async function untilCommit<Result>(pool: pg.Pool, begin: Begin, work: Work<Result>, effects: Effects): Promise<Result> {
  const client = await checkOut(pool);
  const connection = connectionOf(client);
  // Not awaited yet, so that it shares a batch with the first query of `work`, which fails if `begin` fails. Queries after that failure are
  // refused or see no rows, because no tenant is set.
  awaitAtCommit(effects, begin(connection));
  let broken: Error | undefined;
  let committing = false;
  try {
    const result = await work(connection, effects);
    for (const effect of effects.before) await effect();
    // An effect added from here on (such as an audit entry in an afterCommit) would never run, so adding one must throw.
    Object.freeze(effects.before);
    void Object.freeze(effects.unawaited);
    // PostgreSQL doesn't know of a statement that failed before it was sent, and would commit the others.
    if (effects.failures.length > 0) throw effects.failures[0];
    committing = true;
    const committed = connection.query(COMMIT);
    await Promise.all([...effects.unawaited, committed]);
    const { command } = await committed;
    // PostgreSQL answers ROLLBACK when a statement failed and `work` caught the error: nothing was committed.
    if (command !== "COMMIT") throw new Error("a failed statement was ignored, so PostgreSQL rolled back");
    return result;
  } catch (failure) {
    connection.end();
    const error = await causeOf(failure, effects);
    await connection.query(ROLLBACK).catch((reason: Error) => {
      broken = reason;
    });
    if (isUnreachable(error) || isOutOfDate(error)) broken = error as Error;
    throw refusalFor(error, committing) ?? error;
  } finally {
    connection.end();
    client.release(broken);
  }
}

/** @param place resolves when a connection may be used, with the function that gives it back */
async function inTransaction<Result>(
  place: Promise<() => void>,
  pool: pg.Pool,
  begin: Begin,
  work: Work<Result>,
): Promise<Result> {
  const effects: Effects = { unawaited: [], failures: [], before: [], after: [] };
  const giveBack = await place;
  let result: Result;
  try {
    result = await duringTransaction(() => untilCommit(pool, begin, work, effects));
  } finally {
    giveBack();
  }
  for (const effect of effects.after) await effect();
  return result;
}

/**
 * @param reason begins the refusal's sentence
 * @throws Refusal unavailable, when no connection was free in time
 */
async function placeAmong(shares: Shares, holders: readonly string[], reason: string, gone?: Gone): Promise<() => void> {
  try {
    return await shares.take(holders, gone);
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    const detail = `${reason} at once. Nothing was changed; try again in a moment.`;
    throw new Refusal("unavailable", { detail, retryAfter: 1, cause: error });
  }
}

async function outsideTransaction<Result>(pool: pg.Pool, work: (db: Db) => Promise<Result>): Promise<Result> {
  const client = await checkOut(pool);
  const connection = connectionOf(client);
  let broken: Error | undefined;
  try {
    return await work(connection.db);
  } catch (error) {
    if (isUnreachable(error) || isOutOfDate(error)) broken = error as Error;
    throw refusalFor(error, false) ?? error;
  } finally {
    connection.end();
    client.release(broken);
  }
}

/**
 * Opens the two pools of a serving process.
 * @param urls connection strings of the roles whoot_app and whoot_platform.
 * @param onIdleError called when an idle connection breaks, as when the database restarts. The pool replaces the connection.
 * @param keptOpen connections of each pool that stay open while nobody needs them; others are closed after 10 s
 * @param perPerson connections that one person may hold when all are free; fewer when others are busy
 */
export function openDatabase(
  urls: { app: string; platform: string },
  onIdleError: (error: Error) => void,
  { keptOpen = 0, perPerson = 2 }: { keptOpen?: number; perPerson?: number } = {},
): Database {
  const settings = {
    pipeline: true,
    connectionTimeoutMillis: PATIENCE_MS,
    statement_timeout: 30_000,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: SILENCE_MS,
    keepAlive: true,
    min: keptOpen,
  };
  const app = new pg.Pool({ connectionString: urls.app, max: APP_CONNECTIONS, ...settings });
  const platform = new pg.Pool({ connectionString: urls.platform, max: PLATFORM_CONNECTIONS, ...settings });
  const tenants = makeShares(APP_CONNECTIONS, PATIENCE_MS, (holder) =>
    holder.startsWith(PERSON) ? APP_CONNECTIONS / perPerson : 1,
  );
  const purposes = makeShares(PLATFORM_CONNECTIONS - FOR_STATEMENTS, PATIENCE_MS);
  for (const pool of [app, platform]) {
    pool.on("error", onIdleError);
    // The pool does not listen to clients that are checked out. Without this listener a restart of the database would crash our process.
    pool.on("connect", (client) => void client.on("error", onIdleError));
  }
  let closing: Promise<void> | null = null;

  return {
    withTenant(tenantId, work, { line = "requests", gone, accountId } = {}) {
      if (!UUID.test(tenantId)) throw new TypeError("not a tenant id");
      const holders = [`${line} of ${tenantId}`, ...(accountId === undefined ? [] : [PERSON + accountId])];
      const place = placeAmong(tenants, holders, "This workspace is handling too many requests", gone);
      const begin: Begin = (connection) => Promise.all([connection.query(BEGIN), enter(connection, tenantId)]);
      return inTransaction(place, app, begin, (connection, effects) =>
        work({
          db: connection.db,
          tenantId,
          awaitAtCommit: (statement) => awaitAtCommit(effects, statement),
          beforeCommit: (effect) => void effects.before.push(effect),
          afterCommit: (effect) => void effects.after.push(effect),
        }),
      );
    },
    asPlatform(purpose, work) {
      const place = placeAmong(purposes, [purpose], "Too many people are doing this");
      const begin: Begin = (connection) => connection.query(BEGIN);
      return inTransaction(place, platform, begin, (connection, effects) =>
        work({
          db: connection.db,
          afterCommit: (effect) => void effects.after.push(effect),
          async enterTenant(tenantId) {
            await enter(connection, tenantId);
          },
          async enterTenantAlone(tenantId) {
            const { rows } = await connection.query({
              name: "enter the tenant alone",
              text: `select case when pg_try_advisory_xact_lock(${tenantLock("$1")})
                then set_config('whoot.tenant_id', $1, true) is not null else false end as alone`,
              values: [tenantId],
            });
            return rows[0]?.["alone"] === true;
          },
        }),
      );
    },
    asPlatformStatement: (_purpose, work) => outsideTransaction(platform, work),
    close() {
      closing ??= Promise.all([app.end(), platform.end()]).then(() => {});
      return closing;
    },
  };
}
