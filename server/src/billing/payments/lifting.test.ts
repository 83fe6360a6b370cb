/** A payment lifts the stop of talk in its own transaction, so nobody waits for a mail or a drawing. */
import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { makeWorkspace, signUpPerson } from "../../testing/people.ts";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { furnishBilling, runningNow } from "../testing/furnish.ts";
import { recordFinding } from "./events.ts";
import { useStripe } from "./testing/use-stripe.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
let services: Awaited<ReturnType<typeof openServices>>;
let tenantId: string;

beforeAll(async () => {
  ({ tenantId } = await makeWorkspace(await signUpPerson(server, "Olga")));
  // No job runs from now on.
  await server.stop();
  services = await openServices(server);
  await furnishBilling({ admin: server.database, database: services.database }, tenantId, runningNow());
  await server.database.query("update invoices set due_on = '2026-01-01' where tenant_id = $1", [tenantId]);
  await server.database.query("update tenants set billing_state = 'stopped' where tenant_id = $1", [tenantId]);
  return () => services.close();
});

test("a payment allows talk before its mails are sent and before anything is drawn", async () => {
  const [open] = await server.database.query<{ id: string; gross: number; customer: string }>(
    `select invoice_id as id, gross::int, customer_id as customer from invoices join payment_attempts using (tenant_id, invoice_id)
     where tenant_id = $1`,
    [tenantId],
  );
  if (!open) throw new Error("no invoice");
  await server.database.query("update payment_attempts set state = 'processing', failure = null where tenant_id = $1", [
    tenantId,
  ]);
  // The payment is more than the amount due, so a mail reports the surplus.
  await server.database.query(
    "insert into ledger_entries values ($1, gen_random_uuid(), now(), 'cash', 'receivable', 100, null, $2)",
    [tenantId, open.id],
  );
  const payment = {
    ...{ key: { tenantId, invoiceId: open.id, number: 1 }, customerId: open.customer, paymentId: "pi_1", failure: null },
    ...{ state: "succeeded" as const, amount: BigInt(open.gross), currency: "EUR" },
  };
  await recordFinding(services, { what: "payment", payment });

  expect(await server.database.query("select billing_state as state from tenants where tenant_id = $1", [tenantId])).toEqual([
    { state: "active" },
  ]);
  const mails = await server.database.query<{ subject: string }>(
    `select 1 from graphile_worker._private_jobs job join graphile_worker._private_tasks task on task.id = job.task_id
     where identifier = 'sendMail' and locked_at is null`,
  );
  expect(mails.length).toBeGreaterThan(0);
  expect(await readdir(resolve(server.config.dataFolder, "documents"))).toEqual([]);
});
