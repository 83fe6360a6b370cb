import { expect, test } from "vitest";
import type { DeletionPreview } from "../../api/types.ts";
import { endingWords } from "./ending-words.ts";

type Billing = NonNullable<DeletionPreview["billing"]>;

const NOTHING: Billing = {
  currency: { code: "EUR", digits: 2 },
  open: [],
  creditLost: 0,
  daysLost: 0,
  unrecorded: [],
  archive: null,
};
const invoice = (number: string, due: number) => ({ number, due, dueOn: "2026-02-14" });

test.each<[string, Partial<Billing>, string[]]>([
  ["that owes and loses nothing", {}, []],
  ["with an open invoice", { open: [invoice("A-000001", 9520)] }, ["€95.20 stays owed on 1 invoice: A-000001 (€95.20)."]],
  [
    "with many open invoices",
    { open: [1, 2, 3, 4, 5].map((number) => invoice(`A-00000${number}`, 100)) },
    ["€5.00 stays owed on 5 invoices: A-000001 (€1.00), A-000002 (€1.00), A-000003 (€1.00) and 2 more."],
  ],
  [
    "with credit and days that were charged",
    { creditLost: 1, daysLost: 12 },
    ["€0.01 of credit is lost.", "12 days of the present period that you were charged for are lost. Nothing is paid back."],
  ],
  [
    "with a payment that was recorded nowhere",
    { unrecorded: [{ number: "A-000001", received: "0.07 EUR" }] },
    ["0.07 EUR that came in for A-000001 is recorded on no invoice. Ask for it before you delete."],
  ],
  [
    "whose documents the law keeps",
    { archive: { documents: 2, keptUntil: "2034-12-31" } },
    [
      "2 invoices and credit notes are kept outside the workspace until Dec\u00A031,\u00A02034, because the law demands it. Nothing else is kept.",
    ],
  ],
])("deleting a workspace %s says what ends", (_, changes, words) => {
  expect(endingWords({ ...NOTHING, ...changes })).toEqual(words);
});
