/** Background work with graphile-worker: a job is added in the transaction that needs it, and survives a crash. */
import { Logger as WorkerLogger, run, type Runner, type TaskList } from "graphile-worker";
import { sql } from "kysely";
import pg from "pg";
import type { Logger } from "pino";
import { type Database, type Db, isUnreachable } from "./db/pools.ts";
import { runPrepared } from "./db/statement.ts";

/**
 * The number of workers of each crew. Sign-in mails must not wait for archives and erasures of large tenants, for thousands of invoices to
 * draw, or for name servers and payment providers that take seconds to answer.
 */
const CREWS = { mails: 4, documents: 1, upkeep: 2, exports: 2, lookups: 4, rotations: 2, payments: 4 } as const satisfies Record<
  string,
  number
>;

/** graphile-worker's own default: one connection listens, and each running job takes one. */
const MAX_CONNECTIONS_OF_CREW = 10;

/** A kind of job, declared once by the feature that owns it. `Payload` is the type of its data, as JSON. */
export interface JobKind<Payload> {
  readonly name: string;
  readonly crew: keyof typeof CREWS;
  /** A crontab pattern, for a job that recurs. */
  readonly schedule?: string;
  /** Never set: it exists only for its type. */
  readonly payload?: Payload;
}

/** A kind of job and the function that does it. */
export interface Job {
  readonly kind: JobKind<unknown>;
  /** `signal` is aborted when the server stops: a long job must end then, and is repeated after the next start. */
  readonly run: (payload: never, signal: AbortSignal) => Promise<void>;
}

export function job<Payload>(kind: JobKind<Payload>, run: (payload: Payload, signal: AbortSignal) => Promise<void>): Job {
  return { kind, run };
}

/**
 * Adds a job in the transaction of `db`. A job runs at least once, so it must tolerate being repeated.
 * @param key at most one pending job may have it
 */
export async function enqueue<Payload>(
  db: Db,
  kind: JobKind<Payload>,
  payload: Payload,
  key: string | null = null,
): Promise<void> {
  await sql`select enqueue_job(${kind.name}, ${JSON.stringify(payload)}::jsonb, ${key})`.execute(db);
}

/** Adds many jobs in one round trip. They run after jobs that were added one by one. */
export async function enqueueMany<Payload>(db: Db, kind: JobKind<Payload>, payloads: Payload[]): Promise<void> {
  await sql`select enqueue_jobs(${kind.name}, ${JSON.stringify(payloads)}::jsonb)`.execute(db);
}

/** Holds jobs back until `releaseHeld`: for a long run, beside which they would only take computing time from people. */
export async function hold<Payload>(db: Db, kind: JobKind<Payload>, payloads: Payload[]): Promise<void> {
  await runPrepared(db, sql`select hold_jobs(${kind.name}, ${JSON.stringify(payloads)}::jsonb)`);
}

const RELEASED_AT_ONCE = 1_000;

/** Adds all jobs that are held back, in the order in which they were held. Each statement is a transaction of its own. */
export async function releaseHeld({ database }: { database: Database }): Promise<void> {
  for (let released = RELEASED_AT_ONCE; released === RELEASED_AT_ONCE;) {
    const { rows } = await database.asPlatformStatement("release jobs that are held back", (db) =>
      sql<{ released: number }>`select release_held_jobs(${RELEASED_AT_ONCE})::integer as released`.execute(db),
    );
    released = rows[0]?.released ?? 0;
  }
}

export interface Jobs {
  stop(): Promise<void>;
}

const RESTART_MS = 1_000;

/**
 * A process that was killed, and a runner that stopped by itself, leave their jobs locked for four hours. No other server uses the database,
 * and each crew has one runner, so the crew's jobs can be unlocked before it starts.
 */
async function unlockJobs(pool: pg.Pool, names: string[]): Promise<void> {
  await pool.query(
    `select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
     from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     where locked_by is not null and identifier = any($1) having count(*) > 0`,
    [names],
  );
}

/** An error after which graphile-worker notes a job's end again, a hundred times in three hours: PostgreSQL cannot connect now. */
const NOTED_AGAIN = "57P03";

function toBeNotedAgain(cause: unknown): never {
  throw Object.assign(new Error(String(cause), { cause }), { code: NOTED_AGAIN });
}

/**
 * graphile-worker notes a job's end without awaiting the answer, so a connection that is lost just then would end the process: it gives up
 * after most errors. It also removes its error listeners before its pool has ended.
 */
function openPool(connectionString: string, log: Logger): pg.Pool {
  const onError = (error: Error) => log.debug({ err: error }, "a connection of the job runner broke");
  const pool = new pg.Pool({ connectionString, max: MAX_CONNECTIONS_OF_CREW });
  pool.on("error", onError);
  pool.on("connect", (client) => {
    client.on("error", onError);
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    client.query = ((...given: unknown[]) => {
      const answer = query(...given);
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((error: unknown) => {
        if (isUnreachable(error)) toBeNotedAgain(error);
        throw error;
      });
    }) as typeof client.query;
  });
  const connect = pool.connect.bind(pool) as (callback?: unknown) => unknown;
  pool.connect = ((callback?: unknown) => {
    if (callback !== undefined) return connect(callback);
    // Nobody waits for what is noted after the server has stopped.
    if (pool.ending) return new Promise(() => {});
    return (connect() as Promise<pg.PoolClient>).catch(toBeNotedAgain);
  }) as typeof pool.connect;
  return pool;
}

type Start = () => Promise<Runner>;

/** Keeps a runner running, should graphile-worker stop by itself. @param ping fails while the database is away */
async function supervise(start: Start, ping: () => Promise<unknown>, log: Logger): Promise<Jobs> {
  let stopped = false;
  let runner: Runner;
  let retry: NodeJS.Timeout | undefined;
  let starting: Promise<void> = Promise.resolve();

  function watch(fresh: Runner): void {
    runner = fresh;
    void fresh.promise
      .catch(() => {})
      .then(() => {
        if (!stopped) restart();
      });
  }

  function restart(): void {
    log.warn("the job runner stopped unexpectedly; restarting it");
    retry = setTimeout(() => {
      starting = start().then(
        (fresh) => {
          watch(fresh);
          if (stopped) return fresh.stop();
        },
        () => {
          if (!stopped) restart();
        },
      );
    }, RESTART_MS);
  }

  watch(await start());
  return {
    async stop() {
      stopped = true;
      clearTimeout(retry);
      await starting;
      const ended = runner.stop().catch(() => {}); // already stopped
      // While the database is away, the runner would wait for it.
      await Promise.race([
        ended,
        ping().then(
          () => ended,
          () => {},
        ),
      ]);
    },
  };
}

type Handler = (payload: unknown) => Promise<void>;

/**
 * graphile-worker never forgets a runner's options (its `cacheByOptions`), so `handlers` is emptied when the runners have stopped, and
 * these two functions close over nothing else. Otherwise each stopped server would stay in memory, 27 MB for each that a test started.
 */
function makeTaskList(names: string[], handlers: ReadonlyMap<string, Handler>): TaskList {
  const perform = (name: string) => async (payload: unknown) => {
    const handler = handlers.get(name);
    if (!handler) throw new Error("the job runners have stopped");
    await handler(payload);
  };
  return Object.fromEntries(names.map((name) => [name, perform(name)]));
}

function makeWorkerLogger(log: Logger): WorkerLogger {
  return new WorkerLogger(() => (level, message) => {
    if (level === "error") log.error({ jobs: message }, "a job failed and will be tried again");
    else log.debug({ jobs: message }, "jobs");
  });
}

/** Runs jobs until stopped. A job that throws is retried with growing pauses. */
export async function runJobs(connectionString: string, jobs: readonly Job[], { log }: { log: Logger }): Promise<Jobs> {
  const stopping = new AbortController();
  const handlers = new Map<string, Handler>(
    jobs.map((each) => [each.kind.name, (payload) => each.run(payload as never, stopping.signal)]),
  );
  const logger = makeWorkerLogger(log);
  const crews: Jobs[] = [];
  const pools: pg.Pool[] = [];
  async function stop(): Promise<void> {
    stopping.abort(new Error("the server is stopping"));
    await Promise.all(crews.map((crew) => crew.stop()));
    await Promise.all(pools.map((pool) => pool.end()));
    handlers.clear();
  }

  try {
    for (const [crew, concurrency] of Object.entries(CREWS)) {
      const own = jobs.filter(({ kind }) => kind.crew === crew);
      const names = own.map(({ kind }) => kind.name);
      const taskList = makeTaskList(names, handlers);
      const crontab = own.flatMap(({ kind: { name, schedule } }) => (schedule ? [`${schedule} ${name}`] : [])).join("\n");
      const pgPool = openPool(connectionString, log);
      pools.push(pgPool);
      const settings = { pgPool, concurrency, noHandleSignals: true, pollInterval: 2_000, taskList, crontab, logger };
      const start = async () => {
        await unlockJobs(pgPool, names);
        return run(settings);
      };
      crews.push(await supervise(start, () => pgPool.query("select"), log));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
