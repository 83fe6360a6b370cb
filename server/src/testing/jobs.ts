import { beforeAll } from "vitest";
import type { JobKind } from "../platform/jobs.ts";
import type { TestDatabase } from "./database.ts";
import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

/** Waits until the server has done every job that is due. */
export async function jobsSettled({ database }: TestServer): Promise<void> {
  await until("the jobs that are due to be done", async () => {
    const due = await database.query("select 1 from graphile_worker._private_jobs where run_at <= now()");
    return due.length === 0;
  });
}

/** The data of the jobs of this kind that are not done. */
export async function waitingJobs({ query }: Pick<TestDatabase, "query">, name: string): Promise<unknown[]> {
  const rows = await query<{ payload: unknown }>(
    `select payload from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     where identifier = $1`,
    [name],
  );
  return rows.map(({ payload }) => payload);
}

/**
 * Has the database discard jobs of this kind. For a recurring job of which a file's tests do the work themselves, or which would change what
 * they compare. Call it after `useServer`.
 */
export function useNoJob({ database }: TestServer, { name }: JobKind<unknown>): void {
  beforeAll(async () => {
    await database.query(`create function graphile_worker.discard_${name}() returns trigger language plpgsql as
      $$ begin return null; end $$`);
    const [task] = await database.query<{ id: number }>("select id from graphile_worker._private_tasks where identifier = $1", [
      name,
    ]);
    await database.query(`create trigger discard_${name} before insert on graphile_worker._private_jobs
      for each row when (new.task_id = ${task?.id}) execute function graphile_worker.discard_${name}()`);
  });
}
