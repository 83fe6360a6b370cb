/** What other features need of a workspace's billing. Licences are taken through licences.ts. */
import type { TenantTx } from "../platform/db/pools.ts";
import * as queries from "./store-queries.ts";

export { beginBilling, makeNewTenantDue } from "./clock.ts";
export { forgetCustomers, forgetPayments } from "./payments/methods.ts";
export { archiveDocuments, forgetStaged, stageDocuments } from "./archive/archive.ts";
export { attachDocument } from "./documents/download.ts";
export { endingOf } from "./ending.ts";
export { hasAddOn, stopsTalk } from "./standing.ts";

/** What the workspace may do, for transactions without an admitted member. */
export function findStanding({ db }: TenantTx) {
  return queries.findStanding(db);
}
