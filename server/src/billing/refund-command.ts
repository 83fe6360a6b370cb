/** `npm run whoot -- billing refund SLUG AMOUNT REASON`: credit that was paid out. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { readAmount } from "./amount-argument.ts";
import { payOut } from "./entries.ts";
import type { Look } from "./lifecycle.ts";
import { findWorkspace, operate } from "./operating.ts";
import { reasonOf, short } from "./reason-argument.ts";
import * as queries from "./store-queries.ts";

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
