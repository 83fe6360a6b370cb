/** Mails about money. They go to the recipients in the profile and to the owner. Mails about the trial go to the owner alone. */
import { type Currency, moneyText } from "#contract/currencies.ts";
import { mailedPaths } from "#contract/paths.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { type PageLink, pageLink } from "../platform/mail/link.ts";
import { type Letter, queueMails } from "../platform/mail/mail.ts";
import { MailAmount, type MailWords, mailWords } from "../platform/mail/words.ts";
import type { Services } from "../services.ts";
import type { Payers } from "./lifecycle-queries.ts";

export function mailAmount(minor: bigint, currency: Currency): MailAmount {
  return new MailAmount(moneyText(minor, currency));
}

/** What mails need of the billing context. */
interface MailingLook {
  services: Pick<Services, "keys" | "publicUrl">;
  tx: TenantTx;
  payers: () => Promise<Payers>;
  inRun: boolean;
}

/**
 * @param write gets the workspace's name
 * @param documentId the document to attach as PDF
 * @param link follows the text; by default the workspace's billing settings
 */
export async function mailPayers(
  { services: { keys, publicUrl }, tx, payers, inRun }: MailingLook,
  write: (workspace: string) => Letter,
  { documentId, link, ownerOnly = false }: { documentId?: string; link?: PageLink; ownerOnly?: boolean } = {},
): Promise<void> {
  const { name, slug, owner, recipients } = await payers();
  const addresses = ownerOnly ? [owner] : [...new Set([owner, ...recipients])];
  const letter = write(name);
  const followed = link ?? pageLink({ publicUrl }, mailedPaths.settingsBilling(slug));
  const messages = addresses.map((to) => ({
    ...{ to, ...letter, link: followed, tenantId: tx.tenantId },
    ...(documentId === undefined ? {} : { documentId }),
  }));
  tx.awaitAtCommit(queueMails(tx.db, keys, messages, { holdsDocuments: inRun }));
}

interface DocumentFacts {
  number: string;
  kind: "invoice" | "credit note";
  gross: bigint;
  due: bigint;
  dueOn: string;
  currency: Currency;
  /** The card that is charged; null if the workspace pays by transfer. */
  card: { brand: string; last4: string } | null;
}

export function documentLetter(workspace: string, { number, kind, gross, due, dueOn, currency, card }: DocumentFacts): Letter {
  const sum = mailAmount(gross, currency);
  if (kind === "credit note") {
    return {
      subject: mailWords`Credit note ${number} for ${workspace}`,
      text: mailWords`Credit note ${number} for ${workspace} comes to ${sum}. It pays what is due on open invoices first, and the rest is used by the next ones:`,
    };
  }
  const subject = mailWords`Invoice ${number} for ${workspace}`;
  if (due === 0n)
    return { subject, text: mailWords`Invoice ${number} for ${workspace} comes to ${sum}. Your credit has paid it:` };
  const open = mailAmount(due, currency);
  if (card) {
    return {
      subject,
      text: mailWords`Invoice ${number} for ${workspace} comes to ${sum}. ${open} are charged to your card ending in ${card.last4}, and you need do nothing:`,
    };
  }
  return {
    subject,
    text: mailWords`Invoice ${number} for ${workspace} comes to ${sum}. Please pay ${open} by ${dueOn}:`,
  };
}

interface ReminderFacts extends Pick<DocumentFacts, "number" | "due" | "dueOn" | "currency"> {
  /** The day on which talk stops; null if it has stopped already. */
  stopsOn: string | null;
}

export function reminderLetter(workspace: string, { number, due, dueOn, currency, stopsOn }: ReminderFacts): Letter {
  const open = mailAmount(due, currency);
  const subject = mailWords`Invoice ${number} for ${workspace} is overdue`;
  const asks = mailWords`Invoice ${number} for ${workspace} was due on ${dueOn}, and ${open} of it is not paid.`;
  const warns = stopsOn === null ? "" : mailWords` If it stays so, nobody in ${workspace} can begin to talk from ${stopsOn} on.`;
  return { subject, text: `${asks}${warns} If you have paid it already, you need do nothing:` as MailWords };
}

/** @param isFree whether the workspace continues on the free plan */
export function endedLetter(workspace: string, isFree: boolean): Letter {
  const now = isFree
    ? mailWords`It has the free plan now.`
    : mailWords`Nobody there can begin to talk now: it has no plan that holds all its people. Listening still works, and nothing was deleted.`;
  return {
    subject: mailWords`The plan of ${workspace} has ended`,
    text: `${mailWords`The trial or the subscription of ${workspace} has ended.`} ${now} ${mailWords`You can choose a plan at any time:`}` as MailWords,
  };
}

export function stoppedLetter(workspace: string): Letter {
  return {
    subject: mailWords`New talk has stopped in ${workspace}`,
    text: mailWords`An invoice for ${workspace} is long overdue, so nobody there can begin to talk. Listening still works. Talk works again as soon as the invoice is paid; the owner can put this off once:`,
  };
}

/** @param plan whether a plan begins after the trial */
export function trialLetter(workspace: string, { endsOn, plan }: { endsOn: string; plan: boolean }): Letter {
  const then = plan
    ? mailWords`Then the plan that you chose begins, and its first invoice comes.`
    : mailWords`No plan is chosen for the time after it. Nothing is charged, and what you recorded stays.`;
  return {
    subject: mailWords`The trial of ${workspace} ends on ${endsOn}`,
    text: `${mailWords`The trial of ${workspace} ends on ${endsOn}.`} ${then} ${mailWords`You can choose or change the plan now; that ends the trial no sooner:`}` as MailWords,
  };
}
