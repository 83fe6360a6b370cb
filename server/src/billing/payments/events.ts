/**
 * Receives the provider's events. An event is stored once and answered at once, and a job asks the provider for the current state. So
 * events may come late, twice and in any order.
 */
import type { PublicCtx } from "../../access/ctx.ts";
import { enqueue, type JobKind } from "../../platform/jobs.ts";
import { orNotFound } from "../../platform/refusal.ts";
import type { PaymentSubject, ProviderFinding } from "../../services.ts";
import { type PaymentServices, recordAttempt } from "./attempts.ts";
import { recordIncident } from "./incidents.ts";
import { recordCard, recordCustomerGone, recordMethod } from "./methods.ts";
import * as queries from "./queries.ts";

export const LOOK_UP: JobKind<PaymentSubject> = { name: "lookUpPayment", crew: "payments" };

/** @throws WrongSignature; Refusal not_found on a server without a provider, and while billing is off */
export async function receiveEvent({ services }: PublicCtx, body: Buffer, signature: string): Promise<void> {
  // Refuse events while billing is off, so that the provider sends them again.
  if (!services.billing.sale) orNotFound(null);
  const { eventId, about } = services.payments.readEvent(body, signature);
  if (!about) return;
  await services.database.asPlatform("an event of the payment provider", async ({ db }) => {
    if (await queries.takeEvent(db, eventId)) await enqueue(db, LOOK_UP, about);
  });
}

/** @throws ProviderUnavailable, so that the job is repeated */
export async function lookUp(services: PaymentServices, subject: PaymentSubject): Promise<void> {
  // The nightly comparison finds it when billing is on again.
  if (!services.billing.sale) return;
  const finding = await services.payments.find(subject);
  if (finding) await recordFinding(services, finding);
}

export async function recordFinding(services: PaymentServices, finding: ProviderFinding): Promise<void> {
  switch (finding.what) {
    case "payment":
      return recordAttempt(services, finding.payment);
    case "method":
      return recordMethod(services, finding.method);
    case "card":
      return recordCard(services, finding);
    case "customer gone":
      return recordCustomerGone(services, finding.customerId);
    case "incident":
      // The payment's own event may be late or lost.
      await recordAttempt(services, finding.incident.payment);
      return recordIncident(services, finding.incident);
  }
}
