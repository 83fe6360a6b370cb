import { expect, test } from "vitest";
import { addDays, dayIn, endOfDay, startOfDay } from "./days.ts";

test.each([
  ["UTC", "2026-11-24", "2026-11-24T00:00:00.000Z"],
  ["Asia/Kolkata", "2026-11-24", "2026-11-23T18:30:00.000Z"],
  ["America/New_York", "2026-07-01", "2026-07-01T04:00:00.000Z"],
  // Clocks change on this day, after midnight.
  ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z"],
  ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z"],
  ["Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00.000Z"],
  // Clocks skip midnight: the day begins at 1:00.
  ["Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00.000Z"],
])("in %s, %s begins at %s", (timeZone, day, moment) => {
  expect(startOfDay(timeZone, day)).toBe(moment);
  expect(dayIn(timeZone, Date.parse(moment))).toBe(day);
  expect(dayIn(timeZone, Date.parse(moment) - 1)).toBe(addDays(day, -1));
  expect(Date.parse(endOfDay(timeZone, addDays(day, -1)))).toBe(Date.parse(moment) - 1_000);
});
