/** Frees the space of erased rows now, before autovacuum does, so that PostgreSQL overwrites it with the next rows. */
import pg from "pg";

/**
 * Vacuums the tables one by one, as gently as autovacuum does. Only changed pages are read.
 * @param ownerUrl only the owner may VACUUM, not the serving roles
 * @param signal stops it between two tables
 */
export async function vacuumTables(ownerUrl: string, tables: readonly string[], signal: AbortSignal): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {}); // the statement reports it
  try {
    await client.connect();
    await client.query("set vacuum_cost_delay = 2; set statement_timeout = 0");
    for (const table of tables) {
      if (signal.aborted) return; // the next erasure vacuums again
      await client.query(`vacuum (analyze, skip_locked) ${table}`);
    }
  } finally {
    await client.end().catch(() => {});
  }
}
