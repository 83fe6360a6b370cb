/** `npm run whoot -- billing refund SLUG AMOUNT REASON`: records credit that the operator paid out. */
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { UsageError } from "../platform/usage.ts";
import { BY_TRANSFER, readAmount } from "./amount-argument.ts";
import { payOut } from "./entries.ts";
import type { BillingCtx } from "./lifecycle.ts";
import { findWorkspace, operate } from "./operating.ts";
import { findLastPaid, findRefundOf } from "./payments/queries.ts";
import { reasonOf, requireArgument } from "./reason-argument.ts";
import * as queries from "./store-queries.ts";

interface Typed {
  amount: string;
  reason: string;
  isTransfer: boolean;
}

/** A refund at the provider is recorded automatically, so this command would record it twice. @throws UsageError */
async function requireTransfer({ tx }: BillingCtx, amount: bigint, sum: string): Promise<void> {
  const [refunded, paid] = [await findRefundOf(tx.db, amount), await findLastPaid(tx.db)];
  const ask = `If you transferred the money, say so: \`billing refund SLUG AMOUNT ${BY_TRANSFER} REASON\`.`;
  if (refunded) {
    const { incidentId, document } = refunded;
    throw new UsageError(`The refund ${incidentId} of ${sum} for ${document} at the provider is known already. ${ask}`);
  }
  if (paid) {
    const { paymentId, document } = paid;
    throw new UsageError(
      `This workspace paid through the provider (${paymentId} for ${document}). A refund that you make there is recorded by itself. ${ask}`,
    );
  }
}

async function refund(billingCtx: BillingCtx, { amount: typed, reason, isTransfer }: Typed): Promise<string> {
  const { currency } = billingCtx.sale.catalogue;
  const amount = readAmount(typed, currency.digits);
  if (!isTransfer) await requireTransfer(billingCtx, amount, moneyText(amount, currency));
  const most = await queries.findRefundable(billingCtx.tx.db);
  if (amount > most)
    throw new UsageError(`At most ${moneyText(most, currency)} can be paid out: credit that was paid for and is not used.`);
  await payOut(billingCtx, amount, reason);
  return `${moneyText(amount, currency)} of credit are paid out. ${moneyText(await queries.findBalance(billingCtx.tx.db), currency)} are left.`;
}

export const billingRefund = {
  usage: `billing refund SLUG AMOUNT [${BY_TRANSFER}] REASON`,
  does: `Records that you paid out credit of a workspace. It moves no money: transfer it first. A refund that you make at the payment provider is recorded by itself, so ${BY_TRANSFER} must say that this is none, if the workspace paid there.`,

  /** @throws UsageError for bad arguments, and for an unknown workspace */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [first, second, ...words] = args.filter((argument) => argument !== BY_TRANSFER);
    const slug = requireArgument(first, "Where? Give the workspace's slug, the part of its address after the slash.");
    const amount = requireArgument(second, "How much? Give the amount, such as 119.00.");
    const typed = { amount, reason: reasonOf(words), isTransfer: args.includes(BY_TRANSFER) };
    print(
      await operate(config, async ({ database, on }) =>
        on(await findWorkspace(database, slug), (billingCtx) => refund(billingCtx, typed)),
      ),
    );
    return 0;
  },
};
