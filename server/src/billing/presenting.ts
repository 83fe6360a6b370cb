/** Amounts, lines and documents as the API shows them. */
import type { Currency } from "#contract/currencies.ts";
import { postDocument } from "./postings.ts";
import type { Account } from "./reckoning/account.ts";
import { type Instant, instantText } from "./reckoning/calendar.ts";
import type { Draft } from "./reckoning/documents.ts";
import type { Line } from "./reckoning/lines.ts";
import { percentOf } from "./reckoning/tax.ts";

/** JSON carries amounts as numbers. The catalogue keeps amounts below 2^53. */
export function amountOf(minor: bigint): number {
  const amount = Number(minor);
  if (!Number.isSafeInteger(amount)) throw new Error("an amount is too large for JSON");
  return amount;
}

export function presentLine({ kind, item, quantity, unitPrice, from, to, amount }: Line) {
  return {
    kind,
    item,
    quantity: amountOf(quantity),
    unitPrice: amountOf(unitPrice),
    from: instantText(from),
    to: instantText(to),
    amount: amountOf(amount),
  };
}

/** The part of a future invoice that the balance would pay. */
function creditUsedFor(account: Account, { totals }: Draft): bigint {
  const id = "next";
  return postDocument(account, id, totals).account.receivables.find(({ invoice }) => invoice === id)?.credited ?? 0n;
}

/** A document that is not issued yet. Its sums are positive, as on the document. */
export function presentDraft(draft: Draft, account: Account) {
  const sign = draft.kind === "credit note" ? -1n : 1n;
  const { net, tax, gross, taxes } = draft.totals;
  const creditUsed = draft.kind === "credit note" ? 0n : creditUsedFor(account, draft);
  return {
    kind: draft.kind,
    lines: draft.lines.map(presentLine),
    taxes: taxes.map(({ category, reason, base, tax: charged, ...rate }) => ({
      category,
      percent: percentOf(rate),
      reason,
      base: amountOf(sign * base),
      tax: amountOf(sign * charged),
    })),
    ...{ net: amountOf(sign * net), tax: amountOf(sign * tax), gross: amountOf(sign * gross) },
    ...{ creditUsed: amountOf(creditUsed), due: draft.kind === "credit note" ? 0 : amountOf(gross - creditUsed) },
  };
}

/** The invoice at the end of the present period. */
export function presentNext(draft: Draft, account: Account, { at, currency }: { at: Instant; currency: Currency }) {
  const { kind: _, ...shown } = presentDraft(draft, account);
  return { at: instantText(at), currency, ...shown };
}
