/**
 * The only doors to the database. `withTenant` is the only way to tenant data; `asPlatform` is the only way above tenants,
 * and each use names its purpose (search for `asPlatform(` to list them all). The pools themselves are not exported.
 */
import pg from "pg";
import { Refusal } from "../refusal.ts";
import { Busy, type Gone, makeShares, type Shares } from "./shares.ts";
import { BEGIN, COMMIT, type Connection, connectionOf, type Db, ROLLBACK } from "./client.ts";

export type { Db } from "./client.ts";

/** One transaction with its tenant set. Everything that it reads and writes is of that tenant, by row-level security. */
export interface TenantTx {
  readonly db: Db;
  readonly tenantId: string;
  /**
   * The last that the transaction asks, one query: the commit goes with it, which saves a round trip. Where something is still to be
   * done before the commit, as when a session was first seen, it is a query like any other.
   */
  last<Result>(ask: () => Promise<Result>): Promise<Result>;
  /** Runs as the last thing of the transaction, in order, when its work is done; what it throws rolls everything back. */
  beforeCommit(effect: () => Promise<void>): void;
  /** Runs after the commit, in order, awaited; not at all after a rollback. For what cannot be rolled back. */
  afterCommit(effect: () => void | Promise<void>): void;
}

export interface PlatformTx {
  readonly db: Db;
  afterCommit(effect: () => void | Promise<void>): void;
  /** Sets the tenant for the rest of this transaction: to fill a new tenant, or to delete one. */
  enterTenant(tenantId: string): Promise<void>;
  /**
   * The same, and keeps every other transaction waiting that enters the tenant. False, and nothing is entered, while one is in it:
   * to wait in the lock's queue instead would stop those that come after, of which one may be the other's own.
   */
  enterTenantAlone(tenantId: string): Promise<boolean>;
}

export interface Database {
  /**
   * Tenants share the connections (shares.ts): one whose transactions hang keeps itself waiting and nobody else, and many that do keep nobody
   * waiting for longer than a lock is waited for. Whoever is in one must not ask for another one: all of a tenant's could wait for each other.
   * @param gone closes when nobody waits for the answer any more (the response): then it is not begun, if it was not yet.
   * @param line a line of its own in the tenant, beside that of its requests. For what is done for few at a time of all tenants: waiting
   *   behind the requests of one that hangs, it would keep the others from their turn.
   * @throws Refusal unavailable, after 5 s of waiting for a connection or 4 s of waiting for a lock
   */
  withTenant<Result>(tenantId: string, work: (tx: TenantTx) => Promise<Result>, gone?: Gone, line?: string): Promise<Result>;
  /** Purposes share the connections like tenants, and leave some to single statements: signing out may wait for a lock, whoever comes in must not. */
  asPlatform<Result>(purpose: string, work: (tx: PlatformTx) => Promise<Result>): Promise<Result>;
  /** A single statement above tenants, without the round trips of a transaction. */
  readAsPlatform<Result>(purpose: string, work: (db: Db) => Promise<Result>): Promise<Result>;
  /**
   * The same for a look-up of every request: those of one turn of the event loop share a connection and a batch, and what one fails with
   * all of them do. Only for one that no caller can make fail.
   */
  lookUpAsPlatform<Result>(purpose: string, work: (db: Db) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const APP_CONNECTIONS = 20;
const PLATFORM_CONNECTIONS = 10;
/** Of the platform's, always left to what waits for no lock: above all, to finding sessions. */
const FOR_STATEMENTS = 4;
/** How long anybody waits for a connection. */
const PATIENCE_MS = 5_000;
/**
 * How long anybody who has one waits for a lock. Shorter: tenants that hang can be so many that together they hold every connection, and
 * each of these is given back before the next in line, who holds least, has lost patience.
 */
const LOCK_MS = 4_000;
/** After which PostgreSQL ends the transaction of a process that is gone without a word, and its locks with it. */
const SILENCE_MS = 60_000;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const tenantLock = (tenantId: string) => `hashtextextended(${tenantId}, 0)`;

/**
 * Until its end the transaction is in the tenant: its rows are that tenant's, and nobody is alone there. Prepared: in words, PostgreSQL would
 * parse and plan it for each request.
 */
function enter(on: Connection, tenantId: string): Promise<unknown> {
  return on.ask({
    name: "enter the tenant",
    text: `select set_config('whoot.tenant_id', $1, true), pg_advisory_xact_lock_shared(${tenantLock("$1")})`,
    values: [tenantId],
  });
}

/** SQLSTATE classes of a database that is away: connection, shutdown, starting up, too many connections. */
function isUnreachable(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string") {
    return /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(String(error));
  }
  return /^(08|57P0|53300)/.test(code) || ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND"].includes(code);
}

/** What a database that is away answers, and one that somebody else keeps busy. Null: the error is one of ours. */
function refusalFor(error: unknown, committing: boolean): Refusal | null {
  if ((error as { code?: unknown }).code === "55P03") {
    const detail = "Another change to the same thing takes long right now. Nothing was changed; try again in a moment.";
    return new Refusal("unavailable", { detail, retryAfter: 1, cause: error });
  }
  if (!isUnreachable(error)) return null;
  // PostgreSQL may have done it, and only its answer be lost.
  const detail = committing
    ? "whoot lost its database in this very moment. Look whether it was done before you try again."
    : undefined;
  return new Refusal("unavailable", { cause: error, ...(detail === undefined ? {} : { detail }) });
}

/**
 * SQLSTATEs of a prepared statement that this connection can't ask any more: a column that it gives has another type since (a migration by
 * a newer process), or something between us and PostgreSQL forgot it. Only a new connection prepares it anew.
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
  before: Array<() => Promise<void>>;
  after: Array<() => void | Promise<void>>;
}

type Begin = (on: Connection) => Promise<unknown>;
type Work<Result> = (on: Connection, effects: Effects) => Promise<Result>;

async function untilCommit<Result>(pool: pg.Pool, begin: Begin, work: Work<Result>, effects: Effects): Promise<Result> {
  const client = await checkOut(pool);
  const on = connectionOf(client);
  // Not awaited: it goes in one batch with the first query of `work`. Should it fail, that query fails with it; one that is asked later
  // is refused, or runs with no tenant set and sees no rows.
  const begun = begin(on);
  begun.catch(() => {});
  let broken: Error | undefined;
  let committing = false;
  try {
    const result = await work(on, effects);
    for (const effect of effects.before) await effect();
    // What comes too late to be done is a mistake that must show: an audit entry, say, of an afterCommit.
    Object.freeze(effects.before);
    await begun;
    committing = true;
    const { command } = await (on.committed ?? on.ask(COMMIT));
    // PostgreSQL's answer to the commit of a transaction in which something failed, and was caught: nothing was done.
    if (command !== "COMMIT") throw new Error("what failed in the transaction was passed over, and it was rolled back");
    return result;
  } catch (failure) {
    on.end();
    // Why it did not begin, if it did not (it waited in vain for the tenant, say): what was asked later knows only that something failed.
    const error: unknown =
      (failure as { code?: unknown }).code === "25P02"
        ? await begun.then(
            () => failure,
            (reason) => reason,
          )
        : failure;
    await on.ask(ROLLBACK).catch((reason: Error) => {
      broken = reason;
    });
    if (isUnreachable(error) || isOutOfDate(error)) broken = error as Error;
    throw refusalFor(error, committing || on.committed !== null) ?? error;
  } finally {
    on.end();
    client.release(broken);
  }
}

/** @param place gives the right to a connection; what it returns gives that back. */
async function inTransaction<Result>(
  place: Promise<() => void>,
  pool: pg.Pool,
  begin: Begin,
  work: Work<Result>,
): Promise<Result> {
  const effects: Effects = { before: [], after: [] };
  const giveBack = await place;
  let result: Result;
  try {
    result = await untilCommit(pool, begin, work, effects);
  } finally {
    giveBack();
  }
  for (const effect of effects.after) await effect();
  return result;
}

/** What waits in vain is refused in words. */
async function placeAmong(shares: Shares, holder: string, what: string, gone?: Gone): Promise<() => void> {
  try {
    return await shares.take(holder, gone);
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
    const detail = `${what} at once. Nothing was changed; try again in a moment.`;
    throw new Refusal("unavailable", { detail, retryAfter: 1, cause: error });
  }
}

async function outsideTransaction<Result>(pool: pg.Pool, work: (db: Db) => Promise<Result>): Promise<Result> {
  const client = await checkOut(pool);
  const on = connectionOf(client);
  let broken: Error | undefined;
  try {
    return await work(on.db);
  } catch (error) {
    if (isUnreachable(error) || isOutOfDate(error)) broken = error as Error;
    throw refusalFor(error, false) ?? error;
  } finally {
    on.end();
    client.release(broken);
  }
}

/** @returns what does the works of one turn of the event loop as one. */
function inOneTurn(run: (all: (db: Db) => Promise<unknown>) => Promise<unknown>) {
  interface Waiting {
    work(db: Db): Promise<void>;
    reject(error: unknown): void;
  }
  let turn: Waiting[] = [];
  function end(): void {
    const waiting = turn;
    turn = [];
    run((db) => Promise.all(waiting.map(({ work }) => work(db)))).catch((error: unknown) => {
      for (const { reject } of waiting) reject(error);
    });
  }
  return <Result>(work: (db: Db) => Promise<Result>) =>
    new Promise<Result>((resolve, reject) => {
      if (turn.length === 0) setImmediate(end); // when all that came in this turn is read
      turn.push({ work: async (db) => resolve(await work(db)), reject });
    });
}

/**
 * Opens the two pools of a serving process.
 * @param urls connection strings of the roles whoot_app and whoot_platform.
 * @param onIdleError told when a connection breaks (the database restarted); the pool replaces it.
 */
export function openDatabase(urls: { app: string; platform: string }, onIdleError: (error: Error) => void): Database {
  const settings = {
    pipeline: true,
    connectionTimeoutMillis: PATIENCE_MS,
    statement_timeout: 30_000,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: SILENCE_MS,
    keepAlive: true,
  };
  const app = new pg.Pool({ connectionString: urls.app, max: APP_CONNECTIONS, ...settings });
  const platform = new pg.Pool({ connectionString: urls.platform, max: PLATFORM_CONNECTIONS, ...settings });
  const tenants = makeShares(APP_CONNECTIONS, PATIENCE_MS);
  const purposes = makeShares(PLATFORM_CONNECTIONS - FOR_STATEMENTS, PATIENCE_MS);
  for (const pool of [app, platform]) {
    pool.on("error", onIdleError);
    // A client that is checked out has no listener of the pool's: without this one a restart of the database ends our process.
    pool.on("connect", (client) => void client.on("error", onIdleError));
  }
  const lookUp = inOneTurn((work) => outsideTransaction(platform, work));
  let closing: Promise<void> | null = null;

  return {
    withTenant(tenantId, work, gone, line = "") {
      if (!UUID.test(tenantId)) throw new TypeError("not a tenant id");
      const place = placeAmong(tenants, line + tenantId, "Too much is asked of this workspace", gone);
      const begin: Begin = (on) => Promise.all([on.ask(BEGIN), enter(on, tenantId)]);
      return inTransaction(place, app, begin, (on, effects) =>
        work({
          db: on.db,
          tenantId,
          last(ask) {
            if (effects.before.length === 0) {
              on.commitWithNext = true;
              Object.freeze(effects.before);
            }
            return ask();
          },
          beforeCommit: (effect) => void effects.before.push(effect),
          afterCommit: (effect) => void effects.after.push(effect),
        }),
      );
    },
    asPlatform(purpose, work) {
      const place = placeAmong(purposes, purpose, "Too many people ask for this");
      const begin: Begin = (on) => on.ask(BEGIN);
      return inTransaction(place, platform, begin, (on, effects) =>
        work({
          db: on.db,
          afterCommit: (effect) => void effects.after.push(effect),
          async enterTenant(tenantId) {
            await enter(on, tenantId);
          },
          async enterTenantAlone(tenantId) {
            const { rows } = await on.ask({
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
    readAsPlatform: (_purpose, work) => outsideTransaction(platform, work),
    lookUpAsPlatform: (_purpose, work) => lookUp(work),
    close() {
      closing ??= Promise.all([app.end(), platform.end()]).then(() => {});
      return closing;
    },
  };
}
