/** `kill -9` of a real process while it asks Stripe to charge a card. */
import { expect, test } from "vitest";
import { startProcess } from "../../testing/process.ts";
import { useServer } from "../../testing/server.ts";
import { openServices } from "../../testing/transmissions.ts";
import { until } from "../../testing/until.ts";
import { queueCharge } from "./asking.ts";
import { addInvoice, paymentsOf } from "./testing/invoices.ts";
import { giveCard, makeCustomer, makeTenants, payFirstInvoice } from "./testing/payer.ts";
import { useStripe } from "./testing/use-stripe.ts";

const stripe = useStripe();
const server = useServer({ billing: "sample", stripe: stripe.settings });
const MAIN = new URL("testing/main-with-stand-in.ts", import.meta.url).pathname;

test("after a process is killed before or after Stripe charged the card, the next one does not charge it again", async () => {
  const [tenantId = ""] = await makeTenants(server, 1);
  await server.stop();
  const services = await openServices(server);
  const customerId = await makeCustomer({ server, services }, tenantId);
  await giveCard({ server, services, stripe }, { tenantId, customerId }, "good");
  // Otherwise the job of every minute would charge it, too.
  await payFirstInvoice({ server }, tenantId);
  const invoiceId = await addInvoice(server.database, tenantId);
  await services.database.withTenant(tenantId, (tx) => queueCharge(tx, { tenantId, invoiceId, number: 1 }));
  await services.close();

  const start = () => startProcess(server, { WHOOT_BILLING: "sample" }, [MAIN, String(stripe.settings.standIn.port)]);
  for (const moment of ["before", "after"] as const) {
    const running = start();
    const { promise: killed, resolve } = Promise.withResolvers<void>();
    const kill = () => running.kill().then(resolve);
    stripe.fail("payment_intents", { moment, kill });
    await killed;
    expect((await paymentsOf(server.database, invoiceId)).attempts.map(({ state }) => state)).toEqual(["created"]);
  }
  const charged = () => [...stripe.intents.values()].map(({ metadata }) => metadata["whoot_invoice"]);
  expect(charged()).toEqual([invoiceId]);
  const last = start();
  await until("the payment", async () => (await paymentsOf(server.database, invoiceId)).paid?.count === 1);
  await last.kill();
  expect(charged()).toEqual([invoiceId]);
  expect(await paymentsOf(server.database, invoiceId)).toMatchObject({
    paid: { count: 1, sum: 11_900 },
    attempts: [{ number: 1, state: "succeeded" }],
  });
});
