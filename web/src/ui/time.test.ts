import { expect, test } from "vitest";
import { dayIn, startOfDay } from "./days.ts";
import { fromNow, timesOf } from "./time.ts";

const noon = "2026-06-15T12:30:05.000Z";

test("a workspace's times are in its own time zone and clock format, whoever looks", () => {
  expect(timesOf({ timeZone: "Asia/Tokyo", clock: "24h" }).timeOfDay(noon)).toBe("21:30");
  expect(timesOf({ timeZone: "Asia/Tokyo", clock: "12h" }).timeOfDay(noon)).toMatch(/^9:30.PM$/);
  expect(timesOf({ timeZone: "Asia/Tokyo", clock: "24h" }).timeOfDay("2026-06-15T15:00:00.000Z")).toBe("00:00");
  expect(timesOf({ timeZone: "Pacific/Kiritimati", clock: "24h" }).dateWords(noon)).toContain("16");
  expect(timesOf({ timeZone: "Pacific/Pago_Pago", clock: "24h" }).dayWords(noon)).toContain("15");
});

test("the exact time adds the person's own time when they are in another zone", () => {
  const tokyo = timesOf({ timeZone: "Asia/Tokyo", clock: "24h" }).fullTime(noon);
  expect(tokyo.split("\n")).toEqual([expect.stringContaining("21:30:05"), expect.stringContaining("Your time: ")]);
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(timesOf({ timeZone: here, clock: "24h" }).fullTime(noon)).not.toContain("Your time");
  expect(timesOf(null).fullTime(noon)).not.toContain("Your time");
});

test("times in a zone that this browser doesn't know are shown in UTC", () => {
  for (const timeZone of ["Mars/Olympus", "Etc/Unknown", "UTC0", "", "+02:00"]) {
    expect(timesOf({ timeZone, clock: "24h" }).timeOfDay(noon)).toBe("12:30");
    expect(dayIn(timeZone, Date.parse(noon))).toBe("2026-06-15");
    expect(startOfDay(timeZone, "2026-06-15")).toBe("2026-06-15T00:00:00.000Z");
  }
});

test("relative times count minutes within the hour, hours within 36 hours, then days", () => {
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
