import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

/** Waits until the server has done every job that is due. */
export async function jobsSettled({ database }: TestServer): Promise<void> {
  await until("the jobs that are due to be done", async () => {
    const due = await database.query("select 1 from graphile_worker._private_jobs where run_at <= now()");
    return due.length === 0;
  });
}
