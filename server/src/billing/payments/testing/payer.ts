/** A workspace that pays by card at Stripe's stand-in, without the server's pages. */
import { makeWorkspace, signUpPerson } from "../../../testing/people.ts";
import type { TestServer } from "../../../testing/server.ts";
import type { openServices } from "../../../testing/transmissions.ts";
import { furnishBilling, runningNow } from "../../testing/furnish.ts";
import type { CardKind, StandIn } from "./stand-in.ts";

interface PayerServices {
  server: TestServer;
  services: Awaited<ReturnType<typeof openServices>>;
  stripe: StandIn;
}

/** @returns the ids of `count` workspaces of one owner */
export async function makeTenants(server: TestServer, count: number): Promise<string[]> {
  const owner = await signUpPerson(server, "Olga");
  const tenantIds: string[] = [];
  while (tenantIds.length < count) tenantIds.push((await makeWorkspace(owner)).tenantId);
  return tenantIds;
}

/** Gives the workspace a running subscription and a customer at Stripe. @returns the customer's id */
export async function makeCustomer({ server, services }: Omit<PayerServices, "stripe">, tenantId: string): Promise<string> {
  await furnishBilling({ admin: server.database, database: services.database }, tenantId, runningNow());
  const customerId = await services.payments.openCustomer({ tenantId, key: tenantId });
  await server.database.query("update payment_accounts set customer_id = $2 where tenant_id = $1", [tenantId, customerId]);
  await server.database.query("update directory_payments set provider_id = $2 where tenant_id = $1", [tenantId, customerId]);
  return customerId;
}

/** Sets a card up for the customer's workspace. @returns the card's id at Stripe */
export async function giveCard(
  { server, services, stripe }: PayerServices,
  { tenantId, customerId }: { tenantId: string; customerId: string },
  kind: CardKind,
): Promise<string> {
  const url = await services.payments.setUp({ customerId, tenantId, currency: { code: "EUR", digits: 2 } }, "https://whoot");
  stripe.completeSetUp(url, kind);
  const methodId = [...stripe.methods.keys()].at(-1) ?? "";
  await server.database.query(
    "update payment_accounts set method_id = $2, brand = 'visa', last4 = '4242', expires = '2040-05' where tenant_id = $1",
    [tenantId, methodId],
  );
  return methodId;
}

/** Pays the first invoice of a furnished workspace. */
export async function payFirstInvoice({ server }: Pick<PayerServices, "server">, tenantId: string): Promise<void> {
  await server.database.query(
    `insert into ledger_entries select tenant_id, gen_random_uuid(), now(), 'cash', 'receivable', gross, null, invoice_id
     from invoices where tenant_id = $1`,
    [tenantId],
  );
}
