import type { Db } from "../../platform/db/pools.ts";

/** Documents that were issued on or after a day, the oldest first. */
export function listIssuedSince(db: Db, day: string) {
  return db
    .selectFrom("invoices")
    .select(["invoice_id as invoiceId", "number", "kind", "issued_on as issuedOn", "currency", "digits", "gross"])
    .where("issued_on", ">=", day)
    .orderBy("issued_on")
    .orderBy("number")
    .execute();
}

export type IssuedRow = Awaited<ReturnType<typeof listIssuedSince>>[number];

/** Above tenants: the tenants whose erasure has not ended. */
export async function listBeingErased(db: Db): Promise<string[]> {
  return (await db.selectFrom("directory_erasures").select("tenant_id").execute()).map((row) => row.tenant_id);
}
