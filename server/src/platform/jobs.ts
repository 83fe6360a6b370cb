/** Work after the commit: graphile-worker, so that a job joins the transaction that asks for it and survives a crash. */
import { Logger as WorkerLogger, run, type Runner, type TaskList } from "graphile-worker";
import { sql } from "kysely";
import pg from "pg";
import type { Logger } from "pino";
import type { Db } from "./db/pools.ts";

/** Every kind of job with what it carries. */
export interface JobPayloads {
  /** `sealed`: base64 of the mail, see platform/mail/mail.ts. */
  sendMail: { sealed: string; tenantId: string | null };
  eraseTenant: { tenantId: string };
  buildExport: { tenantId: string; exportId: string };
  /** Every hour. */
  sweepExports: Record<string, never>;
}

/**
 * Adds a job to the transaction of `db`. Runs at least once: tasks must stand being repeated.
 * @param key at most one pending job has it.
 */
export async function enqueue<Task extends keyof JobPayloads>(
  db: Db,
  task: Task,
  payload: JobPayloads[Task],
  key: string | null = null,
): Promise<void> {
  await sql`select enqueue_job(${task}, ${JSON.stringify(payload)}::jsonb, ${key})`.execute(db);
}

/** The same for many at once, in one round trip. They wait behind jobs that were asked for singly. */
export async function enqueueMany<Task extends keyof JobPayloads>(
  db: Db,
  task: Task,
  payloads: Array<JobPayloads[Task]>,
): Promise<void> {
  await sql`select enqueue_jobs(${task}, ${JSON.stringify(payloads)}::jsonb)`.execute(db);
}

/** `signal` is aborted when the server stops: a task that takes long ends then, and is repeated at the next start. */
export type Tasks = { [Task in keyof JobPayloads]: (payload: JobPayloads[Task], signal: AbortSignal) => Promise<void> };

export interface Jobs {
  stop(): Promise<void>;
}

const RESTART_MS = 1_000;

/** A crashed process holds its jobs locked for four hours; when no other server works on them, they are free at once. */
async function unlockJobs(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {}); // the query fails, and says so
  try {
    await client.connect();
    await client.query(`select graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
      from graphile_worker._private_jobs where locked_by is not null having count(*) > 0`);
  } finally {
    await client.end();
  }
}

/**
 * Each kind of work has workers of its own: an archive or an erasure takes as long as its tenant is large, and the mail that somebody
 * waits for to sign in must not wait for four of them.
 */
const CREWS: ReadonlyArray<{ tasks: ReadonlyArray<keyof JobPayloads>; concurrency: number; crontab?: string }> = [
  { tasks: ["sendMail"], concurrency: 4 },
  { tasks: ["eraseTenant", "sweepExports"], concurrency: 2, crontab: "17 * * * * sweepExports" },
  { tasks: ["buildExport"], concurrency: 2 },
];

type Start = () => Promise<Runner>;

/** Keeps a runner running: it ends by itself when the database goes away at the end of a job. */
async function supervise(start: Start, log: Logger): Promise<Jobs> {
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
    log.warn("jobs stopped by themselves; starting them again");
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
      await runner.stop().catch(() => {}); // stopped already
    },
  };
}

/**
 * Runs jobs until stopped. A task that throws is tried again with growing pauses.
 * @param alone no other server works on this database.
 */
export async function runJobs(connectionString: string, tasks: Tasks, log: Logger, alone: boolean): Promise<Jobs> {
  const logger = new WorkerLogger(() => (level, message) => {
    if (level === "error") log.error({ jobs: message }, "a job failed and will be tried again");
    else log.debug({ jobs: message }, "jobs");
  });
  const stopping = new AbortController();
  const crews: Jobs[] = [];
  async function stop(): Promise<void> {
    stopping.abort(new Error("the server stops"));
    await Promise.all(crews.map((crew) => crew.stop()));
  }

  if (alone) await unlockJobs(connectionString);
  try {
    for (const { tasks: names, concurrency, crontab = "" } of CREWS) {
      const taskList = Object.fromEntries(
        names.map((task) => [task, (payload: unknown) => tasks[task](payload as never, stopping.signal)]),
      ) as TaskList;
      const settings = { connectionString, concurrency, noHandleSignals: true, pollInterval: 2_000, taskList, crontab, logger };
      crews.push(await supervise(() => run(settings), log));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
