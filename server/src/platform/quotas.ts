/**
 * Limits of what one workspace may have, so that no workspace can slow down the server for the others. The operator sets each limit
 * (config.ts); docs/operating.md lists them.
 */
import { sql } from "kysely";
import type { TenantTx } from "./db/pools.ts";
import { Refusal } from "./refusal.ts";

/** @param what a plural noun, such as "channels" */
export function quotaReached(what: string, most: number, remedy = "Delete one"): Refusal {
  const detail = `This workspace has reached its limit of ${most.toLocaleString("en")} ${what}. ${remedy}, or ask whoever runs the server.`;
  return new Refusal("quota_reached", { detail });
}

/**
 * Takes a lock until the end of the transaction, so that two transactions of a tenant cannot both take the last place.
 * Lock order: before any row lock.
 */
export async function lockQuota(tx: TenantTx, what: "channels" | "access reviews"): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${what} of ${tx.tenantId}`}, 0))`.execute(tx.db);
}
