import { expect, test } from "vitest";
import type { Invoice } from "../../api/types.ts";
import { invoiceState, itemWords, lineWords, moneyWords, savingOf } from "./billing-words.ts";

const EUR = { code: "EUR", digits: 2 };

test.each([
  [123_456_789, EUR, "€1,234,567.89"],
  [-1185, EUR, "-€11.85"],
  [5, EUR, "€0.05"],
  [0, EUR, "€0.00"],
  [1234, { code: "JPY", digits: 0 }, "¥1,234"],
  [3198, { code: "KWD", digits: 3 }, "KWD 3.198"],
  // Intl's own digits would be 0 for both.
  [1234, { code: "IQD", digits: 3 }, "IQD 1.234"],
  [1234, { code: "HUF", digits: 2 }, "HUF 12.34"],
  [9_007_199_254_740_991, EUR, "€90,071,992,547,409.91"],
])("%i in minor units of %o is %s", (minor, currency, words) => {
  expect(moneyWords(minor, currency).replaceAll("\u00a0", " ")).toBe(words);
});

test("a year saves whole per cent of twelve months, or nothing", () => {
  expect(savingOf({ month: 800, year: 8000 })).toBe(16);
  for (const prices of [
    { month: 800, year: 9600 },
    { month: 800, year: 9700 },
    { month: null, year: 1 },
    { month: 0, year: 0 },
  ]) {
    expect(savingOf(prices)).toBe(0);
  }
});

test("items in words", () => {
  expect(["seats", "recording"].map((item) => itemWords(item, 1))).toEqual(["1 licence", "Recording"]);
  expect(itemWords("dial_out", 13)).toBe("Dial out, 13 licences");
});

test("a line names the price of one only if that makes its amount", () => {
  const line = {
    ...{ kind: "charge" as const, item: "seats", quantity: 13, unitPrice: 800, amount: 10_400 },
    ...{ from: "2026-02-01T00:00:00Z", to: "2026-03-01T00:00:00Z" },
  };
  expect(lineWords(line, EUR)).toBe("13 licences at €8.00, Feb\u00A01,\u00A02026 to Mar\u00A01,\u00A02026");
  const part = { ...line, kind: "credit" as const, amount: 6961, from: "2026-01-11T06:00:00Z", to: "2026-02-01T00:00:00Z" };
  expect(lineWords(part, EUR)).toBe("Credit for 13 licences, Jan\u00A011,\u00A02026 to Feb\u00A01,\u00A02026");
});

test.each([
  [{ kind: "credit note" }, "Credit note"],
  [{ due: 100 }, "Due"],
  [{ due: 100, overdue: true }, "Overdue"],
  [{ paid: 60, due: 40 }, "Partly paid"],
  [{ credited: 60, due: 40, overdue: true }, "Partly paid, overdue"],
  [{ paid: 60, credited: 40 }, "Paid"],
  [{ credited: 100 }, "Credited"],
  [{ paid: 40, writtenOff: 60 }, "Written off"],
  [{ gross: 0 }, "Nothing due"],
  [{ due: 100, payment: "processing" }, "Payment on its way"],
  [{ due: 100, payment: "failed" }, "Payment failed"],
  [{ due: 100, payment: "failed", overdue: true }, "Payment failed, overdue"],
] as const)("a document with %o: %s", (document, says) => {
  const invoice = {
    ...{ invoiceId: "", number: "A-1", kind: "invoice", issuedOn: "2026-01-01", dueOn: "2026-01-20", currency: EUR },
    ...{ net: 84, tax: 16, gross: 100, paid: 0, credited: 0, writtenOff: 0, due: 0, overdue: false, payment: null },
    ...document,
  } as Invoice;
  expect(invoiceState(invoice).says).toBe(says);
});
