/** Cases about documents and debts: tax, credit notes, open invoices and the balance. */
import { type Account, dueOf, postCredit, postInvoice, type Receivable } from "../reckoning/account.ts";
import { reversalOf, type Totals, totalsOf } from "../reckoning/documents.ts";
import type { Tax } from "../reckoning/tax.ts";
import { type Answers, totalsAnswers } from "./answers.ts";
import { CaseError, type Fields, shown, toInteger } from "./fields.ts";
import { taxOf, UNTAXED } from "./inputs.ts";
import type { Case } from "./case.ts";

interface TaxedAmount {
  kind: "charge" | "credit";
  amount: bigint;
  tax: Tax;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Reads a line as its amount, or as an object. A credit is negative, or has the kind of a credit. */
function toLine(entry: unknown, tax: Tax, open: () => Fields): TaxedAmount {
  const plain = toInteger(entry);
  if (plain !== null) return { kind: plain < 0n ? "credit" : "charge", amount: magnitude(plain), tax };
  const fields = open();
  const amount = fields.has("amount", "net")
    ? fields.integer(["amount", "net"])
    : fields.integer(["quantity"]) * fields.integer(["unitPrice"]);
  const kind = fields.text(["kind"], amount < 0n ? "credit" : "charge");
  if ((kind !== "charge" && kind !== "credit") || (kind === "charge" && amount < 0n)) {
    throw new CaseError(`A line must be a charge that is not negative, or a credit, not ${shown(entry)}.`);
  }
  return { kind, amount: magnitude(amount), tax: taxOf(fields, tax) };
}

function linesOf(input: Fields): TaxedAmount[] {
  const tax = taxOf(input, UNTAXED);
  return input.list(["lines"]).map((entry, at) => toLine(entry, tax, () => input.entry(entry, `input.lines[${at}]`)));
}

/** The tax on the lines of one document. */
export function ofTax({ input, text }: Case): Answers {
  return totalsAnswers(totalsOf(linesOf(input)), text);
}

/** Reads an issued invoice with its own figures. */
function invoiceOf(invoice: Fields): Totals {
  if (invoice.has("lines")) return totalsOf(linesOf(invoice));
  const [net, tax] = [invoice.integer(["net"]), invoice.integer(["tax"])];
  if (invoice.integer(["gross"], net + tax) !== net + tax) throw new CaseError("input.invoice.gross must be net + tax.");
  return { net, tax, gross: net + tax, taxes: [{ ...taxOf(invoice, UNTAXED), base: net, tax }] };
}

/** A credit note for a whole invoice, or for a part of its net sum at the invoice's rate. */
export function ofCreditNote({ input, text }: Case): Answers {
  const invoice = invoiceOf(input.object(["invoice"]));
  const wanted = input.raw(["creditNote"]);
  if (typeof wanted === "string" && /^(?:all|full|in full|the whole)\b/i.test(wanted))
    return totalsAnswers(reversalOf(invoice), text);
  const net = magnitude(toInteger(wanted) ?? input.object(["creditNote"]).integer(["net", "amount"]));
  const [tax, ...others] = invoice.taxes;
  if (!tax || others.length > 0 || net > invoice.net) {
    throw new CaseError("A credit note for a part needs an invoice with one tax rate, and no more than its net sum.");
  }
  if (net === invoice.net) return totalsAnswers(reversalOf(invoice), text);
  return totalsAnswers(totalsOf([{ kind: "credit", amount: net, tax }]), text);
}

function toReceivable(fields: Fields, invoice: string): Receivable {
  const receivable = {
    invoice,
    gross: fields.integer(["gross", "total"]),
    paid: fields.integer(["paid"], 0n),
    credited: fields.integer(["credited"], 0n),
  };
  if (receivable.gross < 0n || receivable.paid < 0n || receivable.credited < 0n || dueOf(receivable) < 0n) {
    throw new CaseError(`An open invoice (${invoice}) must not be negative, nor paid and credited with more than its sum.`);
  }
  return receivable;
}

/** A credit note while invoices are open. */
export function ofBalance({ input }: Case): Answers {
  const receivables = input.has("openInvoices")
    ? input.list(["openInvoices"]).map((entry, at) => toReceivable(input.entry(entry, `input.openInvoices[${at}]`), String(at)))
    : [toReceivable(input.object(["openInvoice"]), "the only one")];
  const balance = input.integer(["creditBalanceBefore", "creditBalance"], 0n);
  const credit = magnitude(input.object(["creditNote"]).integer(["gross", "total"]));
  const account = postCredit({ balance, receivables }, credit);
  const dues = () => account.receivables.map(dueOf);
  return {
    openInvoiceDue: () => dues().reduce((all, due) => all + due, 0n),
    openInvoicesDue: dues,
    openInvoiceDues: dues,
    openInvoices: () => account.receivables.map((receivable) => ({ ...receivable, due: dueOf(receivable) })),
    creditBalance: () => account.balance,
    creditBalanceAfter: () => account.balance,
  };
}

/** A balance that pays several invoices. */
export function ofInvoices({ input }: Case): Answers {
  let account: Account = { balance: input.integer(["creditBalance", "creditBalanceBefore"]), receivables: [] };
  if (account.balance < 0n) throw new CaseError("input.creditBalance must not be negative.");
  const invoices = input.list(["invoices"]).map((entry, at) => {
    const total = toInteger(entry) ?? input.entry(entry, `input.invoices[${at}]`).integer(["total", "gross"]);
    account = postInvoice({ ...account, receivables: [] }, String(at), total);
    const [posted] = account.receivables;
    const creditUsed = posted?.credited ?? 0n;
    return { total, creditUsed, due: total - creditUsed, creditBalanceAfter: account.balance };
  });
  return {
    invoices: () => invoices,
    nextInvoices: () => invoices,
    creditBalance: () => account.balance,
    creditBalanceAfter: () => account.balance,
  };
}
