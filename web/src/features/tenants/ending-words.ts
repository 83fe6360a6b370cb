/** Sentences about the debts, credit and documents of a workspace that is to be deleted. */
import type { DeletionPreview } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";
import { billingDay, moneyWords } from "../billing/billing-words.ts";

type Billing = NonNullable<DeletionPreview["billing"]>;

/** How many invoices are named. */
const NAMED = 3;

function openWords({ open, currency }: Billing): string[] {
  if (open.length === 0) return [];
  const due = moneyWords(
    open.reduce((sum, invoice) => sum + invoice.due, 0),
    currency,
  );
  const named = open.slice(0, NAMED).map((invoice) => `${invoice.number} (${moneyWords(invoice.due, currency)})`);
  const more = open.length > NAMED ? ` and ${counted(open.length - NAMED, "more", "more")}` : "";
  return [`${due} stays owed on ${counted(open.length, "invoice", "invoices")}: ${named.join(", ")}${more}.`];
}

function archiveWords({ archive }: Billing): string[] {
  if (!archive) return [];
  const { documents, keptUntil } = archive;
  const which = counted(documents, "invoice or credit note is", "invoices and credit notes are");
  return [
    `${which} kept outside the workspace until ${billingDay(keptUntil)}, because the law demands it. Nothing else is kept.`,
  ];
}

function unrecordedWords({ unrecorded }: Billing): string[] {
  return unrecorded.map(
    ({ number, received }) => `${received} that came in for ${number} is recorded on no invoice. Ask for it before you delete.`,
  );
}

/** Sentences, the most costly first. */
export function endingWords(billing: Billing): string[] {
  const { creditLost, daysLost, currency } = billing;
  return [
    ...openWords(billing),
    ...unrecordedWords(billing),
    ...(creditLost > 0 ? [`${moneyWords(creditLost, currency)} of credit is lost.`] : []),
    ...(daysLost > 0
      ? [`${counted(daysLost, "day", "days")} of the present period that you were charged for are lost. Nothing is paid back.`]
      : []),
    ...archiveWords(billing),
  ];
}
