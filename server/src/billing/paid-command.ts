/** `npm run whoot -- billing paid NUMBER [AMOUNT] [PAYMENT]`: records a payment, for example by bank transfer. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { BY_TRANSFER, readAmount } from "./amount-argument.ts";
import { type InvoiceRef, takeBackPayment, takePayment } from "./entries.ts";
import { findNamedInvoice, findTenantOfInvoice } from "./invoice-argument.ts";
import { findDue, type BillingCtx } from "./lifecycle.ts";
import { operate } from "./operating.ts";
import { listParked, type Parked, receivedText, releaseParked, noteRecorded } from "./payments/parked.ts";

const MAX_ARGUMENT = 80;

/** The command's arguments after the number. */
interface Typed {
  amount: string | undefined;
  payment: string | undefined;
  isTransfer: boolean;
}

/** Lists payments that are in no ledger, and how to record each. */
function nameParked(parked: readonly Parked[]): string {
  return parked
    .map(
      (one) =>
        `${receivedText(one)} came in at the provider for ${one.document} (${one.paymentId}) and is in no ledger yet. Record it with \`billing paid ${one.document} AMOUNT ${one.paymentId}\`; with 0 nothing of it is recorded.`,
    )
    .join("\n");
}

/** @throws UsageError */
function findNamed(parked: readonly Parked[], { number }: InvoiceRef, payment: string): Parked {
  const named = parked.find(({ paymentId }) => paymentId === payment);
  if (!named) throw new UsageError(`${payment} is no payment of ${number} that waits to be recorded.`);
  return named;
}

/** Refuses an amount that a parked payment may be meant by. @throws UsageError */
function requireOther(parked: readonly Parked[], { number, currency }: InvoiceRef, amount: bigint): void {
  const same = parked.filter(({ received }) => received?.amount === amount && received.currency === currency.code);
  if (same.length === 0) return;
  throw new UsageError(
    `${nameParked(same)}\nIf as much came in by transfer, say so: \`billing paid ${number} AMOUNT ${BY_TRANSFER}\`.`,
  );
}

/** Says which part of a payment stays in no ledger. */
function leftText({ received, paymentId }: Parked, amount: bigint, { currency }: InvoiceRef): string {
  if (received?.currency !== currency.code || received.amount <= amount) return "";
  return ` ${moneyText(received.amount - amount, currency)} of ${paymentId} are recorded nowhere.`;
}

async function pay(billingCtx: BillingCtx, number: string, { amount: typed, payment, isTransfer }: Typed): Promise<string> {
  const invoice = await findNamedInvoice(billingCtx, number);
  if (typed?.startsWith("-")) {
    if (payment !== undefined || isTransfer) {
      throw new UsageError(
        `An amount below 0 takes back what was mistyped, of no payment of the provider's: give the amount alone.`,
      );
    }
    return takeBack(billingCtx, invoice, typed.slice(1));
  }
  const parked = await listParked(billingCtx.tx.db, invoice.invoiceId);
  if (typed === undefined && parked.length > 0) {
    throw new UsageError(`${nameParked(parked)}\nFor any other payment, give its amount.`);
  }
  const named = payment === undefined ? null : findNamed(parked, invoice, payment);
  if (named && /^0+(\.0+)?$/.test(typed ?? "")) {
    await releaseParked(billingCtx, named);
    return `Nothing is recorded of ${payment}. If it has not gone back at the provider, refund it there or record it on another invoice.`;
  }
  const due = await findDue(billingCtx.tx, invoice.invoiceId);
  const amount = typed === undefined ? due : readAmount(typed, invoice.currency.digits);
  if (amount === 0n) {
    throw new UsageError(`Nothing is due on ${number}. If a second payment came in, give its amount: it becomes a credit.`);
  }
  if (!named && !isTransfer) requireOther(parked, invoice, amount);
  const surplus = await takePayment(billingCtx, invoice, amount);
  if (named) await noteRecorded(billingCtx.tx.db, named);
  const left = due - amount;
  const rest =
    left > 0n
      ? `${moneyText(left, invoice.currency)} are still due.`
      : surplus > 0n
        ? `${moneyText(surplus, invoice.currency)} are a credit.`
        : "It is paid.";
  const others = nameParked(parked.filter((one) => one !== named));
  const unrecorded = named ? leftText(named, amount, invoice) : "";
  return `${moneyText(amount, invoice.currency)} for ${number}. ${rest}${unrecorded}${others && `\n${others}`}`;
}

async function takeBack(billingCtx: BillingCtx, invoice: InvoiceRef, typed: string): Promise<string> {
  const amount = readAmount(typed, invoice.currency.digits);
  const sum = moneyText(amount, invoice.currency);
  try {
    await takeBackPayment(billingCtx, invoice, amount);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`${sum} are more than was paid of ${invoice.number} and is a credit now.`);
  }
  const due = moneyText(await findDue(billingCtx.tx, invoice.invoiceId), invoice.currency);
  return `${sum} for ${invoice.number} are taken back. ${due} are due on it now.`;
}

export const billingPaid = {
  usage: `billing paid NUMBER [AMOUNT] [PAYMENT | ${BY_TRANSFER}]`,
  does: `Records that an invoice was paid, all that is due on it or this amount (such as 119.00). What is too much becomes a credit. An amount below 0 takes back what was mistyped. PAYMENT is the provider's id of one that the log names, because it did not fit what was asked; 0 records nothing of it. ${BY_TRANSFER} says that it is none of those, though one is of the same amount.`,

  /** @throws UsageError for bad arguments, and for an unknown invoice */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [number, amount, payment, ...rest] = args.filter((argument) => argument !== BY_TRANSFER);
    if (number === undefined) throw new UsageError("Which? Give the number that stands on the invoice.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    if (args.some((argument) => argument.length > MAX_ARGUMENT)) throw new UsageError("That is too long.");
    const isTransfer = args.includes(BY_TRANSFER);
    if (isTransfer && payment !== undefined) throw new UsageError(`Give ${payment} or ${BY_TRANSFER}, not both.`);
    const typed = { amount, payment, isTransfer };
    print(
      await operate(config, async ({ database, on }) =>
        on(await findTenantOfInvoice(database, number), (billingCtx) => pay(billingCtx, number, typed)),
      ),
    );
    return 0;
  },
};
