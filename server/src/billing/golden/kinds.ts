/** The kinds of cases. The keys of a case's input decide its kind. */
import type { Answers } from "./answers.ts";
import type { Case } from "./case.ts";
import { ofBalance, ofCreditNote, ofInvoices, ofTax } from "./kinds-documents.ts";
import { ofChange, ofChanges, ofEvents } from "./kinds-changes.ts";
import { ofAnchor, ofSleep, ofTrial, ofTrialEnd } from "./kinds-time.ts";

export interface Kind {
  /** The input must have one key of each group. */
  keys: readonly (readonly string[])[];
  run(goldenCase: Case): Answers;
}

/** The first match counts, so kinds with more keys come first. */
export const KINDS: readonly Kind[] = [
  { keys: [["changeAt"], ["before"], ["after"]], run: ofChange },
  { keys: [["changes"], ["periodStart"]], run: ofChanges },
  { keys: [["events"], ["periodStart"]], run: ofEvents },
  { keys: [["lastInvoicedTo"], ["startsAgainAt"]], run: ofSleep },
  { keys: [["trialStart"], ["plan"]], run: ofTrial },
  {
    keys: [
      ["anchor", "trialEnd"],
      ["indices", "instants"],
    ],
    run: ofAnchor,
  },
  { keys: [["trialStart"], ["days", "trialDays"]], run: ofTrialEnd },
  { keys: [["openInvoice", "openInvoices"], ["creditNote"]], run: ofBalance },
  { keys: [["invoice"], ["creditNote"]], run: ofCreditNote },
  { keys: [["creditBalance", "creditBalanceBefore"], ["invoices"]], run: ofInvoices },
  { keys: [["lines"]], run: ofTax },
];
