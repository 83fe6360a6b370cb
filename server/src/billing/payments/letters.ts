/** Mails about payments. A link follows the text: to the billing settings, where the invoice can be paid, or to the provider's page. */
import type { Currency } from "#contract/currencies.ts";
import type { Letter } from "../../platform/mail/mail.ts";
import { MailAmount, type MailWords, mailWords } from "../../platform/mail/words.ts";
import type { Attempt, PaymentFailure } from "../../services.ts";
import type { Unpaid } from "../lifecycle.ts";
import { mailAmount } from "../mails.ts";

type Open = Pick<Unpaid, "number" | "due">;

const REASONS: Readonly<Record<string, MailWords>> = {
  authentication_required: mailWords`The bank wants the cardholder to confirm it.`,
  insufficient_funds: mailWords`The bank says that there is not enough money.`,
  expired_card: mailWords`The card has expired.`,
  method_gone: mailWords`The card is not known any more.`,
  amount: mailWords`Cards can't be charged this amount. Please pay by bank transfer.`,
};

/** The mail only counts further invoices. */
const NAMED = 20;

function nameOpen(open: readonly Open[], currency: Currency): MailWords {
  const named = open.slice(0, NAMED).map(({ number, due }) => mailWords`${number} (${mailAmount(due, currency)})`);
  const more = open.length > NAMED ? mailWords` and ${open.length - NAMED} more` : "";
  return `${mailWords`These invoices are open, too:`} ${named.join(", ")}${more}.` as MailWords;
}

/** @param others the workspace's other open invoices, which this mail also names */
export function failedLetter(
  workspace: string,
  { document, amount, currency }: Attempt,
  failure: PaymentFailure,
  others: readonly Open[],
): Letter {
  const sum = mailAmount(amount, currency);
  const failed = mailWords`The payment of ${sum} for invoice ${document} of ${workspace} failed, and nothing was charged.`;
  const reason = REASONS[failure] ?? mailWords`The bank declined it.`;
  const subject = mailWords`The payment of invoice ${document} for ${workspace} failed`;
  const ask =
    others.length === 0
      ? mailWords`You can set up another card, or pay the invoice at once:`
      : mailWords`You can set up another card, or pay each of them at once:`;
  const parts = [failed, reason, ...(others.length === 0 ? [] : [nameOpen(others, currency)]), ask];
  return { subject, text: parts.join(" ") as MailWords };
}

/** The link that follows leads to the provider's page, which works for a day. */
export function confirmLetter(workspace: string, { document, amount, currency }: Attempt): Letter {
  const sum = mailAmount(amount, currency);
  return {
    subject: mailWords`Please confirm the payment of invoice ${document} for ${workspace}`,
    text: mailWords`Your bank wants you to confirm the payment of ${sum} for invoice ${document} of ${workspace}. Nothing was charged. This page works for a day; after that, press Pay beside the invoice in the billing settings:`,
  };
}

/** @param dueAgain the part of the amount that is due again; credit paid the rest */
export function takenBackLetter(
  workspace: string,
  { document, currency }: Attempt,
  { amount, dueAgain }: { amount: bigint; dueAgain: bigint },
): Letter {
  const taken = mailWords`The bank took back ${mailAmount(amount, currency)} that had been paid for invoice ${document} of ${workspace}.`;
  const asks =
    dueAgain > 0n
      ? mailWords`${mailAmount(dueAgain, currency)} of the invoice are due again. Please pay them, or set up another card:`
      : mailWords`Your credit has paid that, so nothing is due again. The card is not charged any more; set up another one for the next invoice:`;
  return {
    subject: mailWords`The payment of invoice ${document} for ${workspace} was taken back`,
    text: `${taken} ${asks}` as MailWords,
  };
}

export function paidTwiceLetter(workspace: string, { document }: Attempt, more: string): Letter {
  return {
    subject: mailWords`Invoice ${document} for ${workspace} was paid twice`,
    text: mailWords`More was paid for invoice ${document} of ${workspace} than was due. ${new MailAmount(more)} of it are your credit, which the next invoices use:`,
  };
}

export function expiryLetter(workspace: string, card: { brand: string; last4: string; expires: string | null }): Letter {
  return {
    subject: mailWords`The card of ${workspace} is about to expire`,
    text: mailWords`The card that pays the invoices of ${workspace}, ending in ${card.last4}, works until the end of ${card.expires ?? ""}. Set up another one before that:`,
  };
}
