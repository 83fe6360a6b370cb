/** `npm run whoot -- billing paid NUMBER [AMOUNT] [PAYMENT]`: a payment came in, by bank transfer for example. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { readAmount } from "./amount-argument.ts";
import { type Named, takeBackPayment, takePayment } from "./entries.ts";
import { findNamedInvoice, findTenantOfInvoice } from "./invoice-argument.ts";
import { findDue, type Look } from "./lifecycle.ts";
import { operate } from "./operating.ts";
import { listParked, type Parked, receivedText, releaseParked, settleParked } from "./payments/parked.ts";

const MAX_ARGUMENT = 80;

/** The command's arguments after the number. */
interface Typed {
  amount: string | undefined;
  payment: string | undefined;
}

/** @throws UsageError */
function amountOf(typed: string, { currency }: Named): bigint {
  const amount = readAmount(typed, currency.digits);
  if (amount === null) throw new UsageError(`${typed} is no amount. Write it as on the invoice, such as 119.00.`);
  return amount;
}

/** Names each payment that is in no ledger, and how it is recorded. */
function nameParked(parked: readonly Parked[]): string {
  return parked
    .map(
      (one) =>
        `${receivedText(one)} came in at the provider for ${one.document} (${one.paymentId}) and is in no ledger yet. Record it with \`billing paid ${one.document} AMOUNT ${one.paymentId}\`; with 0 nothing of it is recorded.`,
    )
    .join("\n");
}

/** The parked payment that is meant: the one that was named, or one of just this amount. @throws UsageError */
function meant(
  parked: readonly Parked[],
  { number, currency }: Named,
  payment: string | undefined,
  amount: bigint,
): Parked | undefined {
  if (payment === undefined) {
    return parked.find(({ received }) => received?.amount === amount && received.currency === currency.code);
  }
  const named = parked.find(({ paymentId }) => paymentId === payment);
  if (!named) throw new UsageError(`${payment} is no payment of ${number} that waits to be recorded.`);
  return named;
}

async function pay(look: Look, number: string, typed: Typed): Promise<string> {
  const invoice = await findNamedInvoice(look, number);
  if (typed.amount?.startsWith("-")) return takeBack(look, invoice, typed.amount.slice(1));
  const parked = await listParked(look.tx.db, invoice.invoiceId);
  if (typed.amount === undefined && parked.length > 0) {
    throw new UsageError(`${nameParked(parked)}\nFor any other payment, give its amount.`);
  }
  if (typed.payment !== undefined && /^0+(\.0+)?$/.test(typed.amount ?? "")) {
    const released = meant(parked, invoice, typed.payment, 0n) as Parked;
    await releaseParked(look, released);
    return `Nothing is recorded of ${typed.payment}. If it has not gone back at the provider, refund it there or record it on another invoice.`;
  }
  const due = await findDue(look.tx, invoice.invoiceId);
  const amount = typed.amount === undefined ? due : amountOf(typed.amount, invoice);
  if (amount === 0n) {
    throw new UsageError(`Nothing is due on ${number}. If a second payment came in, give its amount: it becomes a credit.`);
  }
  const recorded = meant(parked, invoice, typed.payment, amount);
  const surplus = await takePayment(look, invoice, amount);
  if (recorded) await settleParked(look.tx.db, recorded);
  const left = due - amount;
  const rest =
    left > 0n
      ? `${moneyText(left, invoice.currency)} are still due.`
      : surplus > 0n
        ? `${moneyText(surplus, invoice.currency)} are a credit.`
        : "It is paid.";
  const others = nameParked(parked.filter((one) => one !== recorded));
  return `${moneyText(amount, invoice.currency)} for ${number}. ${rest}${others && `\n${others}`}`;
}

async function takeBack(look: Look, invoice: Named, typed: string): Promise<string> {
  const amount = readAmount(typed, invoice.currency.digits);
  if (amount === null) throw new UsageError(`-${typed} is no amount. Write it as on the invoice, such as -119.00.`);
  const sum = moneyText(amount, invoice.currency);
  try {
    await takeBackPayment(look, invoice, amount);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`${sum} are more than was paid of ${invoice.number} and is a credit now.`);
  }
  const due = moneyText(await findDue(look.tx, invoice.invoiceId), invoice.currency);
  return `${sum} for ${invoice.number} are taken back. ${due} are due on it now.`;
}

export const billingPaid = {
  usage: "billing paid NUMBER [AMOUNT] [PAYMENT]",
  does: "Records that an invoice was paid, all that is due on it or this amount (such as 119.00). What is too much becomes a credit. An amount below 0 takes back what was mistyped. PAYMENT is the provider's id of one that the log names, because it did not fit what was asked; 0 records nothing of it.",

  /** @throws UsageError, also for a number that no invoice has */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [number, amount, payment, ...rest] = args;
    if (number === undefined) throw new UsageError("Which? Give the number that stands on the invoice.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    if (args.some((argument) => argument.length > MAX_ARGUMENT)) throw new UsageError("That is too long.");
    print(
      await operate(config, async ({ database, on }) =>
        on(await findTenantOfInvoice(database, number), (look) => pay(look, number, { amount, payment })),
      ),
    );
    return 0;
  },
};
