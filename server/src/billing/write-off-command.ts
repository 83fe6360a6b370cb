/** `npm run whoot -- billing write-off NUMBER REASON`: money that never comes. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { writeOff } from "./entries.ts";
import { findDue, type Look } from "./lifecycle.ts";
import { operate } from "./operating.ts";
import { reasonOf, short } from "./reason-argument.ts";
import * as queries from "./store-queries.ts";

async function giveUp(look: Look, number: string, reason: string): Promise<string> {
  const invoice = await queries.findInvoiceByNumber(look.tx.db, number);
  if (invoice?.kind !== "invoice") throw new UsageError(`${number} is no invoice.`);
  const due = await findDue(look.tx, invoice.invoiceId);
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
