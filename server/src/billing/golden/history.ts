/** Runs a subscription through changes and renewals with billing's own functions, and records lines and documents. */
import { type Account, dueOf, EMPTY_ACCOUNT, postCredit, postInvoice, postPayment } from "../reckoning/account.ts";
import { type Instant, periodAt } from "../reckoning/calendar.ts";
import { type Change, change } from "../reckoning/changes.ts";
import { type Draft, draftOf } from "../reckoning/documents.ts";
import type { Line } from "../reckoning/lines.ts";
import { isDue, renew } from "../reckoning/renewal.ts";
import type { Moment, Step, Subscription } from "../reckoning/subscription.ts";
import type { Tax } from "../reckoning/tax.ts";
import { CaseError } from "./fields.ts";

/** A hundred years of months. */
const MAX_PERIODS = 1_200;

export interface NotedLine {
  line: Line;
  /** True for a line of a change, false for one of a renewal. */
  fromChange: boolean;
  /** Start of the period that contains the line. */
  periodStart: Instant;
}

export interface NotedDocument {
  draft: Draft;
  issuedAt: Instant;
  /** The part of the sum that the balance paid. */
  creditUsed: bigint;
  due: bigint;
  balanceAfter: bigint;
}

export interface History {
  readonly subscription: Subscription;
  readonly account: Account;
  readonly lines: readonly NotedLine[];
  readonly documents: readonly NotedDocument[];
  /** Renews each period that is over before this instant. */
  renewBefore(at: Instant): void;
  /** Renews once, at the end of the present period. */
  renewOnce(): void;
  change(wanted: Change, moment: Moment): void;
  /** Returns a copy that can go on without changing this one. */
  fork(): History;
}

/** Pays every document at once, so that later credits become balance. */
function post(account: Account, draft: Draft, number: string): { account: Account; creditUsed: bigint; due: bigint } {
  const { gross } = draft.totals;
  if (gross < 0n) return { account: postCredit(account, -gross), creditUsed: 0n, due: 0n };
  const owing = postInvoice(account, number, gross);
  const receivable = owing.receivables.at(-1);
  const due = receivable ? dueOf(receivable) : 0n;
  const paid = due > 0n ? postPayment(owing, number, due) : owing;
  return { account: { ...paid, receivables: [] }, creditUsed: gross - due, due };
}

interface Start {
  subscription: Subscription;
  account?: Account;
  lines?: readonly NotedLine[];
  documents?: readonly NotedDocument[];
  /** Applies to renewals. */
  tax: Tax;
}

export function openHistory(start: Start): History {
  let { subscription, account = EMPTY_ACCOUNT } = start;
  const lines = [...(start.lines ?? [])];
  const documents = [...(start.documents ?? [])];

  function note(step: Step, fromChange: boolean, at: Instant): void {
    subscription = step.subscription;
    for (const line of step.lines)
      lines.push({ line, fromChange, periodStart: fromChange ? subscription.period.from : line.from });
    const draft = draftOf(step.issued);
    if (!draft) return;
    const posted = post(account, draft, String(documents.length + 1));
    account = posted.account;
    documents.push({
      draft,
      issuedAt: at,
      creditUsed: posted.creditUsed,
      due: posted.due,
      balanceAfter: account.balance,
    });
  }

  let renewals = 0;
  function renewOnce(): void {
    const { index, to } = subscription.period;
    if (++renewals > MAX_PERIODS) throw new CaseError(`The case goes on for more than ${MAX_PERIODS} periods.`);
    if (periodAt(subscription.schedule, index + 1).from !== to) {
      throw new CaseError("The period is no month, quarter or year, so the next one isn't known.");
    }
    note(renew(subscription, { now: to, tax: start.tax }), false, to);
  }

  return {
    get subscription() {
      return subscription;
    },
    get account() {
      return account;
    },
    lines,
    documents,
    renewOnce,
    renewBefore(at) {
      while (subscription.period.to < at && isDue(subscription, at)) renewOnce();
    },
    change(wanted, moment) {
      note(change(subscription, wanted, moment), true, Math.max(moment.now, subscription.changedAt));
    },
    fork: () => openHistory({ subscription, account, lines, documents, tax: start.tax }),
  };
}
