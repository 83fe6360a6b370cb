/**
 * The job that charges a card. Three steps: the attempt is committed, the provider is asked, the outcome is committed. A server that dies between
 * any two does the job again: the attempt stands, and the provider knows it by its key.
 */
import type { Attempt, AttemptKey } from "../../services.ts";
import { listUnpaid, type Look } from "../lifecycle.ts";
import { toDate } from "../rows.ts";
import { isUnderWay, nextNumber } from "./asking.ts";
import { attemptOf, inLook, type PaymentServices, record } from "./attempts.ts";
import * as queries from "./queries.ts";

/** The attempt of this number: as it stands, or made now if it is the next one and something is due. */
async function begin({ tx, now }: Look, key: AttemptKey): Promise<Attempt | null> {
  const made = await queries.listAttempts(tx.db, [key.invoiceId]);
  const existing = made.find(({ number }) => number === key.number);
  if (existing) return existing.state === "created" && existing.kind === "card" ? attemptOf(tx.tenantId, existing) : null;
  const account = await queries.findAccount(tx.db);
  const invoice = (await listUnpaid(tx)).find(({ invoiceId }) => invoiceId === key.invoiceId);
  if (!invoice || !account?.customerId || account.methodId === null) return null;
  if (isUnderWay(made) || nextNumber(made) !== key.number) return null;
  const { customerId, methodId } = account;
  await queries.insertAttempt(tx.db, { ...key, kind: "card", amount: invoice.due, customerId, methodId, at: toDate(now) });
  const row = await queries.findAttempt(tx.db, key);
  return row ? attemptOf(tx.tenantId, row) : null;
}

/** @throws ProviderUnavailable while the outcome is unknown: the job is repeated */
export async function collect(services: PaymentServices, key: AttemptKey): Promise<void> {
  // Another server's settings may have enqueued it.
  if (services.payments.provider === "manual") return;
  const attempt = await inLook(services, key.tenantId, (look) => begin(look, key));
  if (attempt) await record(services, await services.payments.collect(attempt));
}
