/** Holds a tenant's roster lock, as a change in progress does, so that a test controls what happens while others wait for it. */
import pg from "pg";
import type { Workspace } from "./people.ts";
import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

/**
 * Takes the lock, starts `work`, waits until `work` waits for the lock, changes the tenant with `sql`, and releases the lock.
 * @returns the result of `work`
 */
export async function meanwhile<Result>(
  server: TestServer,
  { tenantId }: Workspace,
  work: () => Promise<Result>,
  sql: string,
  values: unknown[],
): Promise<Result> {
  const client = new pg.Client({ connectionString: server.database.ownerUrl });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('whoot.tenant_id', $1, true)", [tenantId]);
    await client.query("select from tenants for no key update");
    const working = work();
    working.catch(() => {});
    await until("somebody to wait for the roster", async () => {
      const waiting = "select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'";
      return (await server.database.query(waiting, [server.database.name])).length > 0;
    });
    await client.query(sql, values);
    await client.query("commit");
    return await working;
  } finally {
    await client.end();
  }
}
