/** Refunds and disputes: the operator made the one, and must answer the other. whoot's books stay as they are until the operator changes them. */
import { moneyText } from "#contract/currencies.ts";
import type { PaymentIncident } from "../../services.ts";
import { toDate } from "../rows.ts";
import { inLook, type PaymentServices } from "./attempts.ts";
import * as queries from "./queries.ts";

const SAYS = {
  refund: "a payment was refunded at the provider; what is due on the invoice stays as it was",
  dispute: "a payment is disputed: answer it at the provider, in time",
};

/** Each state of each incident is noted once, in the audit log and in the operator's. */
export async function recordIncident(services: PaymentServices, incident: PaymentIncident): Promise<void> {
  const { key, kind, incidentId, state, customerId } = incident;
  await inLook(services, key.tenantId, async ({ tx, now, audit }) => {
    const attempt = await queries.findAttempt(tx.db, key);
    if (!attempt || attempt.customerId !== customerId) return;
    const { invoiceId } = key;
    const amount = incident.amount ?? 0n;
    const noted = { tenantId: key.tenantId, invoiceId, incidentId, state, kind, amount, at: toDate(now) };
    if (!(await queries.noteIncident(tx.db, noted))) return;
    const sum = moneyText(amount, { code: attempt.currency, digits: attempt.digits });
    services.log.warn({ ...key, [kind]: incidentId, state, amount: sum }, SAYS[kind]);
    audit.record({
      action: kind === "refund" ? "billing.payment_refunded" : "billing.payment_disputed",
      target: { type: "invoice", id: invoiceId, name: attempt.document },
      changes: { amount: { to: sum }, state: { to: state } },
    });
  });
}
