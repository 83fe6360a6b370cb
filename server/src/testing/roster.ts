/** Holds a tenant's roster as a change that is under way does, so that a test decides what happens while others wait for it. */
import pg from "pg";
import type { Workspace } from "./people.ts";
import type { TestServer } from "./server.ts";
import { until } from "./until.ts";

/**
 * Locks the roster, begins `work`, waits until that waits for the lock, changes the tenant by `sql`, and lets go.
 * @returns what `work` came to
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
