/** Refunds and disputes, which the provider tells of: the operator made the one, and must answer the other. Money that went back leaves the ledger. */
import { CURRENCY_DIGITS, moneyText } from "#contract/currencies.ts";
import type { PaymentIncident } from "../../services.ts";
import { type Returned, takePayment, takeReturn } from "../entries.ts";
import type { Look } from "../lifecycle.ts";
import { mailPayers } from "../mails.ts";
import { toDate } from "../rows.ts";
import { attemptOf, inLook, loseCard, type PaymentServices } from "./attempts.ts";
import { takenBackLetter } from "./letters.ts";
import { returnParked } from "./parked.ts";
import * as queries from "./queries.ts";

/** Whether the money is gone. A dispute's is the bank's until it is decided. */
function isReturned({ kind, state }: PaymentIncident): boolean {
  return kind === "refund" ? state === "succeeded" : state === "lost";
}

const SAYS = {
  refund: "a refund at the provider; the ledger changes when it succeeds",
  dispute: "a payment is disputed: answer it at the provider, in time",
};
const BOOKED = {
  refund: "a refund at the provider is in the ledger: it took credit first, and what was paid beyond that is written off",
  dispute: "a dispute is lost: the bank took the payment back, and its invoice is due again",
};

/** Each state of each incident is noted once, and moves in the ledger what it changed. */
export async function recordIncident(services: PaymentServices, incident: PaymentIncident): Promise<void> {
  const { key, paymentId } = incident.payment;
  const facts = { ...key, payment: paymentId, [incident.kind]: incident.incidentId, state: incident.state };
  const known = await inLook(services, key.tenantId, (look) => recordIn(look, incident, facts));
  if (known) return;
  services.log.error(facts, "a refund or dispute of a payment that this database doesn't have: it is in no ledger");
}

/** @returns whether the payment is known */
async function recordIn(look: Look, incident: PaymentIncident, facts: object): Promise<boolean> {
  const { tx, now, audit, services } = look;
  const { payment, kind, incidentId, state } = incident;
  const row = (await queries.findAttempt(tx.db, payment.key)) ?? (await queries.findAttemptOf(tx.db, payment.paymentId));
  if (row?.customerId !== payment.customerId) return false;
  const { invoiceId, document: number, digits } = row;
  const amount = incident.amount ?? 0n;
  const sum = moneyText(amount, { code: payment.currency, digits: CURRENCY_DIGITS.get(payment.currency) ?? digits });
  const moved = (isReturned(incident) ? amount : 0n) - (await queries.sumBooked(tx.db, incidentId));
  const isBookable = incident.amount !== null && (row.state !== "succeeded" || payment.currency === row.currency);
  const booked = isBookable ? moved : 0n;
  const noted = { tenantId: tx.tenantId, invoiceId, incidentId, state, kind, amount, booked, at: toDate(now) };
  if (!(await queries.noteIncident(tx.db, noted))) return true;
  const invoice = { invoiceId, number, currency: { code: row.currency, digits } };
  audit.record({
    action: kind === "refund" ? "billing.payment_refunded" : "billing.payment_disputed",
    target: { type: "invoice", id: invoiceId, name: number },
    changes: { amount: { to: sum }, state: { to: state } },
  });
  const said = { ...facts, document: number, amount: sum };
  if (moved !== 0n && !isBookable) {
    services.log.error(
      said,
      "money went back that was recorded in another currency: change the ledger with `npm run whoot -- billing paid NUMBER -AMOUNT`",
    );
  } else if (booked === 0n) services.log.warn(said, SAYS[kind]);
  else if (row.state !== "succeeded") {
    await returnParked(look, row, booked);
    services.log.warn(said, "money went back of a payment that was in no ledger");
  } else if (booked < 0n) {
    await takePayment(look, invoice, -booked);
    services.log.warn(said, "money that had gone back came in again, and is in the ledger");
  } else {
    services.log[kind === "refund" ? "warn" : "error"]({ ...said, ...(await book(look, row, incident, booked)) }, BOOKED[kind]);
  }
  return true;
}

async function book(look: Look, row: queries.AttemptRow, { kind }: PaymentIncident, amount: bigint) {
  const { invoiceId, digits, methodId } = row;
  const currency = { code: row.currency, digits };
  // Charging a card again whose holder took the money back would be disputed again.
  if (kind === "dispute" && methodId !== null) await loseCard(look, methodId);
  const returned = await takeReturn(look, invoiceId, amount, { isDueAgain: kind === "dispute" });
  if (kind === "dispute") {
    const { dueAgain } = returned;
    await mailPayers(look, (workspace) => takenBackLetter(workspace, attemptOf(look.tx.tenantId, row), { amount, dueAgain }));
  }
  const text = (part: keyof Returned) => (returned[part] > 0n ? { [part]: moneyText(returned[part], currency) } : {});
  return { ...text("credit"), ...text("dueAgain"), ...text("writtenOff"), ...text("lost") };
}
