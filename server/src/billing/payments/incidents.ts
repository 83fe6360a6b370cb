/**
 * Refunds, which the operator makes at the provider, and disputes, which the operator must answer there. Money that went back leaves the
 * ledger.
 */
import { CURRENCY_DIGITS, moneyText } from "#contract/currencies.ts";
import type { PaymentIncident } from "../../services.ts";
import { takeReturn, takeReturnFailed } from "../entries.ts";
import type { BillingCtx } from "../lifecycle.ts";
import { mailPayers } from "../mails.ts";
import { toDate } from "../rows.ts";
import type { Origin } from "../store.ts";
import { attemptOf, findAttemptOf, inLook, type PaymentServices } from "./attempts.ts";
import { takenBackLetter } from "./letters.ts";
import { removeCard } from "./methods.ts";
import { returnParked } from "./parked.ts";
import * as queries from "./queries.ts";

/** Whether the money is gone. While a dispute is undecided, it only may be. */
function isReturned({ kind, state }: PaymentIncident): boolean {
  return kind === "refund" ? state === "succeeded" : state === "lost";
}

/** What the server's log says when an incident is recorded, and when it changes the ledger. */
const LOG_WORDS = {
  refund: {
    noted: "a refund at the provider; the ledger changes when it succeeds",
    booked: "a refund at the provider is in the ledger: it took credit first, and what was paid beyond that is written off",
  },
  dispute: {
    noted: "a payment is disputed: answer it at the provider, in time",
    booked: "a dispute is lost: the bank took the payment back, and its invoice is due again",
  },
};

/** Records each state of an incident once, with the ledger entries that it causes. */
export async function recordIncident(services: PaymentServices, incident: PaymentIncident): Promise<void> {
  const { key, paymentId } = incident.payment;
  const facts = { ...key, payment: paymentId, [incident.kind]: incident.incidentId, state: incident.state };
  const known = await inLook(services, key.tenantId, (billingCtx) => applyIncident(billingCtx, incident, facts));
  if (known) return;
  services.log.error(facts, "a refund or dispute of a payment that this database doesn't have: it is in no ledger");
}

/** The sums that the states of an incident have moved so far. */
function sumOf(noted: Awaited<ReturnType<typeof queries.listNoted>>): Origin & { booked: bigint } {
  const sum = (part: "booked" | "credit" | "lost") => noted.reduce((total, state) => total + BigInt(state[part]), 0n);
  const [booked, credit, lost] = [sum("booked"), sum("credit"), sum("lost")];
  return { booked, credit, lost, paid: booked - credit - lost };
}

/** @returns whether the payment is known */
async function applyIncident(billingCtx: BillingCtx, incident: PaymentIncident, facts: object): Promise<boolean> {
  const { tx, now, audit } = billingCtx;
  const { payment, kind, incidentId, state } = incident;
  const row = await findAttemptOf(tx.db, payment);
  if (row?.customerId !== payment.customerId) return false;
  const noted = await queries.listNoted(tx.db, incidentId);
  // A slow job may report a state that is over.
  const isOver = !queries.LAST_STATES.includes(state) && noted.some((note) => queries.LAST_STATES.includes(note.state));
  if (isOver || noted.some((note) => note.state === state)) return true;
  const { invoiceId, document: number, digits } = row;
  const amount = incident.amount ?? 0n;
  const sum = moneyText(amount, { code: payment.currency, digits: CURRENCY_DIGITS.get(payment.currency) ?? digits });
  audit.record({
    action: kind === "refund" ? "billing.payment_refunded" : "billing.payment_disputed",
    target: { type: "invoice", id: invoiceId, name: number },
    changes: { amount: { to: sum }, state: { to: state } },
  });
  const moved = await changeLedger(billingCtx, row, incident, {
    before: sumOf(noted),
    facts: { ...facts, document: number, amount: sum },
  });
  await queries.noteIncident(tx.db, {
    tenantId: tx.tenantId,
    invoiceId,
    incidentId,
    state,
    kind,
    amount,
    ...moved,
    at: toDate(now),
  });
  return true;
}

type LedgerChange = Pick<Origin, "credit" | "lost"> & { booked: bigint };

const NOTHING: LedgerChange = { booked: 0n, credit: 0n, lost: 0n };

/** Changes the ledger as this state demands. @param before what the earlier states moved @param facts for the server's log */
async function changeLedger(
  billingCtx: BillingCtx,
  row: queries.AttemptRow,
  incident: PaymentIncident,
  { before, facts }: { before: ReturnType<typeof sumOf>; facts: object },
): Promise<LedgerChange> {
  const { log } = billingCtx.services;
  const { kind, payment } = incident;
  const isBookable = incident.amount !== null && (row.state !== "succeeded" || payment.currency === row.currency);
  if (isReturned(incident) && !isBookable) {
    log.error(
      facts,
      "money went back that was recorded in another currency: change the ledger with `npm run whoot -- billing paid NUMBER -AMOUNT`",
    );
    return NOTHING;
  }
  const booked = (isReturned(incident) ? (incident.amount ?? 0n) : 0n) - before.booked;
  if (booked === 0n) {
    log.warn(facts, LOG_WORDS[kind].noted);
    return NOTHING;
  }
  if (row.state !== "succeeded") {
    await returnParked(billingCtx, row, booked);
    log.warn(facts, "money went back of a payment that was in no ledger");
    return { ...NOTHING, booked };
  }
  const isDueAgain = kind === "dispute";
  if (booked < 0n) {
    const invoice = { invoiceId: row.invoiceId, number: row.document, currency: { code: row.currency, digits: row.digits } };
    await takeReturnFailed(billingCtx, invoice, before, { isDueAgain });
    log.warn(facts, "money that had gone back came in again, and is in the ledger");
    return { booked, credit: -before.credit, lost: -before.lost };
  }
  const origin = await bookReturn(billingCtx, row, incident, booked);
  log[kind === "refund" ? "warn" : "error"]({ ...facts, ...originFacts(origin, row, { isDueAgain }) }, LOG_WORDS[kind].booked);
  return { booked, credit: origin.credit, lost: origin.lost };
}

async function bookReturn(
  billingCtx: BillingCtx,
  row: queries.AttemptRow,
  { kind }: PaymentIncident,
  amount: bigint,
): Promise<Origin> {
  const { invoiceId, methodId } = row;
  // The cardholder took the money back, and would dispute the next charge, too.
  if (kind === "dispute" && methodId !== null) await removeCard(billingCtx, methodId);
  const origin = await takeReturn(billingCtx, invoiceId, amount, { isDueAgain: kind === "dispute" });
  if (kind === "dispute") {
    const dueAgain = origin.paid;
    await mailPayers(billingCtx, (workspace) =>
      takenBackLetter(workspace, attemptOf(billingCtx.tx.tenantId, row), { amount, dueAgain }),
    );
  }
  return origin;
}

/** Where the money came from, for the server's log. */
function originFacts(
  { credit, paid, lost }: Origin,
  { currency: code, digits }: queries.AttemptRow,
  { isDueAgain }: { isDueAgain: boolean },
) {
  const parts = { credit, [isDueAgain ? "dueAgain" : "writtenOff"]: paid, lost };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([part, amount]) => (amount > 0n ? [[part, moneyText(amount, { code, digits })]] : [])),
  );
}
