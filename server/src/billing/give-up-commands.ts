/** `npm run whoot -- billing refund SLUG AMOUNT REASON` and `billing write-off NUMBER REASON`: money that goes back, and money that never comes. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { readAmount } from "./amount-argument.ts";
import { listUnpaid, type Look, payOut, writeOff } from "./lifecycle.ts";
import { findWorkspace, operate } from "./operating.ts";
import * as queries from "./store-queries.ts";

const MAX_ARGUMENT = 40;
const MAX_REASON = 200;

/** The reason goes into the workspace's audit log. */
function reasonOf(words: readonly string[]): string {
  const reason = words.join(" ").trim();
  if (reason === "") throw new UsageError("Why? Give the reason, which the workspace's audit log shows.");
  if (reason.length > MAX_REASON || /\p{C}/u.test(reason))
    throw new UsageError(`Use at most ${MAX_REASON} letters for the reason.`);
  return reason;
}

function short(argument: string | undefined, ask: string): string {
  if (argument === undefined || argument.length > MAX_ARGUMENT) throw new UsageError(ask);
  return argument;
}

async function refund(look: Look, typed: string, reason: string): Promise<string> {
  const { currency } = look.sale.catalogue;
  const amount = readAmount(typed, currency.digits);
  if (amount === null) throw new UsageError(`${typed} is no amount. Write it as on an invoice, such as 119.00.`);
  const most = await queries.findRefundable(look.tx.db);
  if (amount > most)
    throw new UsageError(`At most ${moneyText(most, currency)} can be paid out: credit that was paid for and is not used.`);
  await payOut(look, amount, reason);
  return `${moneyText(amount, currency)} of credit are paid out. ${moneyText(await queries.findBalance(look.tx.db), currency)} are left.`;
}

export const billingRefund = {
  usage: "billing refund SLUG AMOUNT REASON",
  does: "Records that you paid out credit of a workspace. It moves no money: transfer it first. A refund that you make at the payment provider is recorded by itself.",

  /** @throws UsageError, also for a workspace that there isn't */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [first, second, ...words] = args;
    const slug = short(first, "Where? Give the workspace's slug, the part of its address after the slash.");
    const amount = short(second, "How much? Give the amount, such as 119.00.");
    const reason = reasonOf(words);
    print(
      await operate(config, async ({ database, on }) =>
        on(await findWorkspace(database, slug), (look) => refund(look, amount, reason)),
      ),
    );
    return 0;
  },
};

async function giveUp(look: Look, number: string, reason: string): Promise<string> {
  const invoice = await queries.findInvoiceByNumber(look.tx.db, number);
  if (invoice?.kind !== "invoice") throw new UsageError(`${number} is no invoice.`);
  const due = (await listUnpaid(look.tx)).find(({ invoiceId }) => invoiceId === invoice.invoiceId)?.due ?? 0n;
  if (due === 0n) throw new UsageError(`Nothing is due on ${number}.`);
  const currency = { code: invoice.currency, digits: invoice.digits };
  await writeOff(look, { invoiceId: invoice.invoiceId, number, currency }, due, reason);
  return `${moneyText(due, currency)} of ${number} are written off. The invoice stays as it is.`;
}

export const billingWriteOff = {
  usage: "billing write-off NUMBER REASON",
  does: "Gives up what is due on an invoice: nobody is reminded of it, and it stops no talk any more.",

  /** @throws UsageError, also for a number that no invoice has */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [first, ...words] = args;
    const number = short(first, "Which? Give the number that stands on the invoice.");
    const reason = reasonOf(words);
    const line = await operate(config, async ({ database, on }) => {
      const tenantId = await database.asPlatformStatement("whose invoice is written off", (db) =>
        queries.findTenantOfDocument(db, number),
      );
      if (tenantId === undefined) throw new UsageError(`No invoice has the number ${number}.`);
      return on(tenantId, (look) => giveUp(look, number, reason));
    });
    print(line);
    return 0;
  },
};
