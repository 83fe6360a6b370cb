import { expect, test } from "vitest";
import { daysUntilExpiry, dueWarning } from "./expiry.ts";

const at = (day: string) => Date.parse(day) / 1_000;

test.each([
  ["2027-05", "2027-05-31T23:59:59Z", 1],
  ["2027-05", "2027-06-01T00:00:00Z", 0],
  ["2027-12", "2027-12-02T00:00:00Z", 30],
  ["2028-02", "2028-01-31T12:00:00Z", 30],
])("a card that expires in %s works on %s for %i more days", (expires, now, days) => {
  expect(daysUntilExpiry(expires, at(now))).toBe(days);
});

test.each([
  [31, null, null],
  [30, null, 30],
  [29, 30, null],
  [7, 30, 7],
  [6, 7, null],
  // A server that was off warns once, for the nearer day.
  [3, null, 7],
  [0, null, null],
])("%i days before the end, told for day %s: a mail for day %s", (days, told, due) => {
  expect(dueWarning(days, told)).toBe(due);
});
