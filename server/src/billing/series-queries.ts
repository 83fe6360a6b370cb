/** Above tenants: the series of document numbers. */
import { sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

export function listSeries(db: Db): Promise<{ prefix: string; last: number }[]> {
  return db.selectFrom("billing_series").select(["prefix", "last"]).execute();
}

export async function raiseSeries(db: Db, prefix: string, last: number): Promise<void> {
  await db
    .insertInto("billing_series")
    .values({ prefix, last })
    .onConflict((conflict) =>
      conflict.column("prefix").doUpdateSet({ last: sql<number>`greatest(billing_series.last, excluded.last)` }),
    )
    .execute();
}
