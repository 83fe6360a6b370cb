/** Work after the commit: graphile-worker, so that a job joins the transaction that asks for it and survives a crash. */
import { run, type Runner, type TaskList } from "graphile-worker";
import { Logger as WorkerLogger } from "graphile-worker";
import { sql } from "kysely";
import type { Logger } from "pino";
import type { Db } from "./db/pools.ts";

/** Every kind of job with what it carries. */
export interface JobPayloads {
  sendMail: { to: string; subject: string; text: string; link: string; tenantId: string | null };
  eraseTenant: { tenantId: string };
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

export type Tasks = { [Task in keyof JobPayloads]: (payload: JobPayloads[Task]) => Promise<void> };

/** Runs jobs until stopped. A task that throws is tried again with growing pauses. */
export async function runJobs(connectionString: string, tasks: Tasks, log: Logger): Promise<Runner> {
  const logger = new WorkerLogger(() => (level, message) => {
    if (level === "error") log.error({ jobs: message }, "a job failed and will be tried again");
    else log.debug({ jobs: message }, "jobs");
  });
  return run({
    connectionString,
    concurrency: 4,
    noHandleSignals: true,
    pollInterval: 2_000,
    taskList: tasks as unknown as TaskList,
    parsedCronItems: [],
    logger,
  });
}
