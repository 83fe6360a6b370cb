/** `npm run whoot -- billing paid NUMBER [AMOUNT]`: a payment came in, by bank transfer for example. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { listUnpaid, type Look, takePayment } from "./lifecycle.ts";
import { operate } from "./operating.ts";
import { settleParked } from "./payments/queries.ts";
import * as queries from "./store-queries.ts";

const MAX_ARGUMENT = 40;

/** Minor units. Null for anything but digits, with as many decimals as the currency has. */
function readAmount(text: string, digits: number): bigint | null {
  const [, whole = "", fraction = ""] = /^(\d{1,15})(?:\.(\d{1,4}))?$/.exec(text) ?? [];
  if (whole === "" || fraction.length > digits) return null;
  const minor = BigInt(whole + fraction.padEnd(digits, "0"));
  return minor > 0n ? minor : null;
}

async function pay(look: Look, number: string, typed: string | undefined): Promise<string> {
  const invoice = await queries.findInvoiceByNumber(look.tx.db, number);
  if (invoice?.kind !== "invoice") throw new UsageError(`${number} is no invoice.`);
  const due = (await listUnpaid(look.tx)).find(({ invoiceId }) => invoiceId === invoice.invoiceId)?.due ?? 0n;
  const amount = typed === undefined ? due : readAmount(typed, invoice.digits);
  if (amount === null) throw new UsageError(`${typed} is no amount. Write it as on the invoice, such as 119.00.`);
  const currency = { code: invoice.currency, digits: invoice.digits };
  if (amount === 0n) {
    throw new UsageError(`Nothing is due on ${number}. If a second payment came in, give its amount: it becomes a credit.`);
  }
  await takePayment(look, { invoiceId: invoice.invoiceId, number, currency }, amount);
  await settleParked(look.tx.db, invoice.invoiceId);
  const left = due - amount;
  const rest =
    left > 0n
      ? `${moneyText(left, currency)} are still due.`
      : left < 0n
        ? `${moneyText(-left, currency)} are a credit.`
        : "It is paid.";
  return `${moneyText(amount, currency)} for ${number}. ${rest}`;
}

export const billingPaid = {
  usage: "billing paid NUMBER [AMOUNT]",
  does: "Records that an invoice was paid, all that is due on it or this amount (such as 119.00). What is too much becomes a credit.",

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
