/** `npm run whoot -- billing paid NUMBER [AMOUNT]`: a payment came in, by bank transfer for example. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { readAmount } from "./amount-argument.ts";
import { listUnpaid, type Look, takeBackPayment, takePayment } from "./lifecycle.ts";
import { operate } from "./operating.ts";
import { settleParked } from "./payments/queries.ts";
import * as queries from "./store-queries.ts";

const MAX_ARGUMENT = 40;

async function pay(look: Look, number: string, typed: string | undefined): Promise<string> {
  const invoice = await queries.findInvoiceByNumber(look.tx.db, number);
  if (invoice?.kind !== "invoice") throw new UsageError(`${number} is no invoice.`);
  if (typed?.startsWith("-")) return takeBack(look, { ...invoice, number }, typed.slice(1));
  const due = (await listUnpaid(look.tx)).find(({ invoiceId }) => invoiceId === invoice.invoiceId)?.due ?? 0n;
  const amount = typed === undefined ? due : readAmount(typed, invoice.digits);
  if (amount === null) throw new UsageError(`${typed} is no amount. Write it as on the invoice, such as 119.00.`);
  const currency = { code: invoice.currency, digits: invoice.digits };
  if (amount === 0n) {
    throw new UsageError(`Nothing is due on ${number}. If a second payment came in, give its amount: it becomes a credit.`);
  }
  const surplus = await takePayment(look, { invoiceId: invoice.invoiceId, number, currency }, amount);
  await settleParked(look.tx.db, invoice.invoiceId);
  const left = due - amount;
  const rest =
    left > 0n
      ? `${moneyText(left, currency)} are still due.`
      : surplus > 0n
        ? `${moneyText(surplus, currency)} are a credit.`
        : "It is paid.";
  return `${moneyText(amount, currency)} for ${number}. ${rest}`;
}

type Found = NonNullable<Awaited<ReturnType<typeof queries.findInvoiceByNumber>>> & { number: string };

async function takeBack(look: Look, { invoiceId, number, ...invoice }: Found, typed: string): Promise<string> {
  const amount = readAmount(typed, invoice.digits);
  if (amount === null) throw new UsageError(`-${typed} is no amount. Write it as on the invoice, such as -119.00.`);
  const currency = { code: invoice.currency, digits: invoice.digits };
  try {
    await takeBackPayment(look, { invoiceId, number, currency }, amount);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`${moneyText(amount, currency)} are more than was paid of ${number} and is a credit now.`);
  }
  const due = (await listUnpaid(look.tx)).find((one) => one.invoiceId === invoiceId)?.due ?? 0n;
  return `${moneyText(amount, currency)} for ${number} are taken back. ${moneyText(due, currency)} are due on it now.`;
}

export const billingPaid = {
  usage: "billing paid NUMBER [AMOUNT]",
  does: "Records that an invoice was paid, all that is due on it or this amount (such as 119.00). What is too much becomes a credit. An amount below 0 takes back what was mistyped.",

  /** @throws UsageError, also for a number that no invoice has */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [number, amount, ...rest] = args;
    if (number === undefined) throw new UsageError("Which? Give the number that stands on the invoice.");
    if (rest.length > 0) throw new UsageError(`${rest[0]} is one argument too many.`);
    if ([number, amount ?? ""].some((argument) => argument.length > MAX_ARGUMENT)) throw new UsageError("That is too long.");
    const line = await operate(config, async ({ database, on }) => {
      const tenantId = await database.asPlatformStatement("whose invoice was paid", (db) =>
        queries.findTenantOfDocument(db, number),
      );
      if (tenantId === undefined) throw new UsageError(`No invoice has the number ${number}.`);
      return on(tenantId, (look) => pay(look, number, amount));
    });
    print(line);
    return 0;
  },
};
