import fc from "fast-check";
import { expect, test } from "vitest";
import { modelPeriod } from "../testing/model.ts";
import { DAY, dayOf, indexAt, type Instant, INTERVALS, instantText, periodAt, startOf, trialEnd } from "./calendar.ts";

const at = (text: string): Instant => Date.parse(text) / 1_000;
const days = (anchor: string, interval: (typeof INTERVALS)[number], indices: number[]) =>
  indices.map((index) => dayOf(startOf({ anchor: at(anchor), interval }, index)));

/** An anchor on each day of a month at an odd time, and one on the leap day. */
const ANCHORS = [...Array.from({ length: 31 }, (_, day) => at("2027-01-01T23:59:59Z") + day * DAY), at("2028-02-29T00:00:00Z")];

test.each(INTERVALS)(
  "1,200 periods of a %s follow each other without a gap or an overlap, from every day of a month",
  (interval) => {
    for (const anchor of ANCHORS) {
      const schedule = { anchor, interval };
      let end = anchor;
      for (let index = 0; index < 1_200; index++) {
        const { from, to } = periodAt(schedule, index);
        expect([index, from]).toEqual([index, end]);
        expect([indexAt(schedule, from), indexAt(schedule, to - 1)]).toEqual([index, index]);
        end = to;
      }
    }
  },
);

test("a yearly anchor of 29 February is on the 28th in common years and on the 29th in each leap year", () => {
  expect(days("2024-02-29", "year", [0, 1, 2, 3, 4, 5, 8])).toEqual([
    ...["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28", "2032-02-29"],
  ]);
});

test("a quarterly anchor of 30 November is on 28 or 29 February", () => {
  expect(days("2026-11-30", "quarter", [0, 1, 2, 3, 4, 5])).toEqual([
    ...["2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30", "2027-11-30", "2028-02-29"],
  ]);
});

test("the time of day of the anchor stays, whatever the clocks of a place do", () => {
  const schedule = { anchor: at("2026-03-15T01:30:00Z"), interval: "month" as const };
  expect([1, 7].map((index) => instantText(startOf(schedule, index)))).toEqual(["2026-04-15T01:30:00Z", "2026-10-15T01:30:00Z"]);
  expect(instantText(trialEnd(at("2026-03-01T17:00:00Z"), 14))).toBe("2026-03-15T17:00:00Z");
});

test("the period of an instant agrees with a calendar that counts month by month", () => {
  const instant = fc.integer({ min: at("2020-01-01"), max: at("2030-01-01") });
  fc.assert(
    fc.property(instant, fc.constantFrom(...INTERVALS), fc.nat({ max: 20 * 365 * DAY }), (anchor, interval, later) => {
      const { from, to } = periodAt({ anchor, interval }, indexAt({ anchor, interval }, anchor + later));
      expect([from, to]).toEqual(modelPeriod(anchor, interval, anchor + later));
    }),
  );
});

test("an instant before the anchor has a negative index, and the last years of the calendar take no longer than others", () => {
  const schedule = { anchor: at("2026-01-31T09:00:00Z"), interval: "month" as const };
  expect(indexAt(schedule, at("2026-01-31T08:59:59Z"))).toBe(-1);
  expect(indexAt(schedule, at("9999-12-30T00:00:00Z"))).toBe(7_973 * 12 + 10);
});

test("what is no whole second of the years 1970 to 9999 is refused", () => {
  const interval = "month" as const;
  for (const anchor of [0.5, -1, Number.NaN, Infinity, at("+010000-01-01T00:00:00Z")]) {
    expect(() => startOf({ anchor, interval }, 0)).toThrow(RangeError);
  }
  for (const index of [1e15, -1e15, 0.5, 100_000]) expect(() => startOf({ anchor: 0, interval }, index)).toThrow(RangeError);
});
