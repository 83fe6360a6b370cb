/** `npm run whoot -- billing write-off NUMBER REASON`: gives up an invoice that nobody will pay. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { writeOff } from "./entries.ts";
import { findNamedInvoice, findTenantOfInvoice } from "./invoice-argument.ts";
import { findDue, type BillingCtx } from "./lifecycle.ts";
import { operate } from "./operating.ts";
import { reasonOf, requireArgument } from "./reason-argument.ts";

async function giveUp(billingCtx: BillingCtx, number: string, reason: string): Promise<string> {
  const invoice = await findNamedInvoice(billingCtx, number);
  const due = await findDue(billingCtx.tx, invoice.invoiceId);
  if (due === 0n) throw new UsageError(`Nothing is due on ${number}.`);
  await writeOff(billingCtx, invoice, due, reason);
  return `${moneyText(due, invoice.currency)} of ${number} are written off. The invoice stays as it is.`;
}

export const billingWriteOff = {
  usage: "billing write-off NUMBER REASON",
  does: "Gives up what is due on an invoice: nobody is reminded of it, and it stops no talk any more.",

  /** @throws UsageError for bad arguments, and for an unknown invoice */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [first, ...words] = args;
    const number = requireArgument(first, "Which? Give the number that stands on the invoice.");
    const reason = reasonOf(words);
    print(
      await operate(config, async ({ database, on }) =>
        on(await findTenantOfInvoice(database, number), (billingCtx) => giveUp(billingCtx, number, reason)),
      ),
    );
    return 0;
  },
};
