/**
 * Pending jobs (mails, erasures), restored through graphile-worker's interface rather than its tables, which another version may have changed.
 * Jobs that were running at the time of the backup are pending in it.
 */
import type pg from "pg";

/** The name of the jobs' section in the backup. No real table has it. */
export const JOBS = "waiting_jobs";
export const JOB_COLUMNS = ["task", "payload", "queue", "run_at", "max_attempts", "key", "priority"];

export const COPY_JOBS = `copy (
  select task.identifier, job.payload, queue.queue_name, job.run_at, job.max_attempts, job.key, job.priority
  from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
  left join graphile_worker._private_job_queues queue on queue.id = job.job_queue_id
  order by job.id) to stdout`;

/** The temporary table into which a restore first copies the jobs. */
export async function makeJobTable(client: pg.Client): Promise<void> {
  await client.query(`create temporary table ${JOBS} (place bigint generated always as identity, task text, payload json, queue text,
    run_at timestamptz, max_attempts int, key text, priority int) on commit drop`);
}

/** @param without tenants whose jobs are left out, except the jobs that finish their erasure */
export async function addJobs(client: pg.Client, without: string[]): Promise<number> {
  await client.query("delete from graphile_worker._private_jobs");
  const { rowCount } = await client.query(
    `select graphile_worker.add_job(task, payload, queue, run_at, max_attempts, key, priority) from ${JOBS}
      where task = 'eraseTenant' or payload ->> 'tenantId' is null or payload ->> 'tenantId' <> all ($1) order by place`,
    [without],
  );
  return rowCount ?? 0;
}
