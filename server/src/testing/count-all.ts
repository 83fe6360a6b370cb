import { resolve } from "node:path";
import { FEATURES } from "../features.ts";
import { DIRECTORY_TABLES } from "../platform/db/tenant-data.ts";
import { filesBelow } from "./folders.ts";
import type { TestServer } from "./server.ts";
import { TENANT_TABLES } from "./tenant-tables.ts";

/** Counts what exists of the tenant, by the kinds of a deletion receipt. */
export async function countAll(server: TestServer, tenantId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const add = (kind: string, count: number) => {
    if (count > 0) counts[kind] = (counts[kind] ?? 0) + count;
  };
  for (const { table, kind } of TENANT_TABLES) {
    const [row] = await server.database.query<{ count: string }>(`select count(*) from ${table} where tenant_id = $1`, [
      tenantId,
    ]);
    add(kind, Number(row?.count));
  }
  for (const table of DIRECTORY_TABLES) {
    const [row] = await server.database.query<{ count: string }>(`select count(*) from ${table} where tenant_id = $1`, [
      tenantId,
    ]);
    add("look-up entries", Number(row?.count));
  }
  const [jobs] = await server.database.query<{ count: string }>(
    `select (select count(*) from graphile_worker._private_jobs where payload ->> 'tenantId' = $1)
      + (select count(*) from held_jobs where payload ->> 'tenantId' = $1) as count`,
    [tenantId],
  );
  add("waiting jobs", Number(jobs?.count));
  for (const { place, kind } of FEATURES.flatMap(({ folders = [] }) => folders)) {
    add(kind, filesBelow(resolve(server.config.dataFolder, place, tenantId)).size);
  }
  return counts;
}
