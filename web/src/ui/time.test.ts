import { expect, test } from "vitest";
import { fromNow, timesOf } from "./time.ts";

const noon = "2026-06-15T12:30:05.000Z";

test("a workspace's times are told where it is and by its clock, whoever looks", () => {
  expect(timesOf({ timeZone: "Asia/Tokyo", clock: "24h" }).timeOfDay(noon)).toBe("21:30:05");
  expect(timesOf({ timeZone: "Asia/Tokyo", clock: "12h" }).timeOfDay(noon)).toMatch(/^09:30:05.PM$/);
  expect(timesOf({ timeZone: "Asia/Tokyo", clock: "24h" }).timeOfDay("2026-06-15T15:00:00.000Z")).toBe("00:00:00");
  expect(timesOf({ timeZone: "Pacific/Kiritimati", clock: "24h" }).dateWords(noon)).toContain("16");
  expect(timesOf({ timeZone: "Pacific/Pago_Pago", clock: "24h" }).dayWords(noon)).toContain("15");
});

test("the exact time names both when the person is elsewhere", () => {
  const tokyo = timesOf({ timeZone: "Asia/Tokyo", clock: "24h" }).fullTime(noon);
  expect(tokyo.split("\n")).toEqual([expect.stringContaining("21:30:05"), expect.stringContaining("Your time: ")]);
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(timesOf({ timeZone: here, clock: "24h" }).fullTime(noon)).not.toContain("Your time");
  expect(timesOf(null).fullTime(noon)).not.toContain("Your time");
});

test("a zone that this browser doesn't know is told in UTC rather than not at all", () => {
  expect(timesOf({ timeZone: "Mars/Olympus", clock: "24h" }).timeOfDay(noon)).toBe("12:30:05");
});

test("how long ago is told to the minute within the hour: what just happened is not what happened before lunch", () => {
  const ago = (seconds: number) => fromNow(noon, new Date(noon).getTime() + seconds * 1_000);
  expect([0, 59, 60, 270, 3_599, 3_600, 7_300, 35 * 3_600, 48 * 3_600].map(ago)).toEqual([
    "now",
    "now",
    "1 minute ago",
    "4 minutes ago",
    "59 minutes ago",
    "1 hour ago",
    "2 hours ago",
    "35 hours ago",
    "2 days ago",
  ]);
  expect([-30, -90, -7_200].map(ago)).toEqual(["now", "in 1 minute", "in 2 hours"]);
});
