/** A workspace with a subscription, a document and a ledger, stored as the server stores them. */
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { readFileSync } from "node:fs";
import type { Database } from "../../platform/db/pools.ts";
import type { TestDatabase } from "../../testing/database.ts";
import { begin, type Step } from "../reckoning/subscription.ts";
import { openAccount, saveNew } from "../store.ts";
import { at, moment, team } from "./at.ts";

const SAMPLE = readFileSync(new URL("../sample-catalogue.json", import.meta.url), "utf8");

export const SELLER = BillingCatalogue.parse(JSON.parse(SAMPLE)).issuer;

export const terms = (now: number) => ({ at: now, dueDays: 14, seller: SELLER, workspaceName: "Acme", sample: false });

/** @param admin whose right it is to add a version of the catalogue */
export async function furnishBilling(
  { admin, database }: { admin: Pick<TestDatabase, "query">; database: Database },
  tenantId: string,
  step: Step = begin(team(10), moment("2026-01-01T00:00:00Z")),
): Promise<void> {
  await admin.query("insert into billing_catalogues values (1, now(), $1, '\\x00') on conflict do nothing", [SAMPLE]);
  const bought = { catalogueVersion: 1, currency: { code: "EUR", digits: 2 } };
  await database.withTenant(tenantId, async (tx) => {
    await openAccount(tx, null);
    await saveNew(tx, step, bought, terms(at("2026-01-01T00:00:00Z")));
  });
}
