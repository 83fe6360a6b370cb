/** Random histories of years: what people, the clock and the server do, one step after the other. */
import fc from "fast-check";
import type { Interval } from "../reckoning/calendar.ts";

export type Deed =
  | { kind: "seats"; quantity: number }
  | { kind: "add-on"; item: AddOn; quantity: number }
  | { kind: "plan"; plan: Plan; interval: Interval; keepsAddOns: boolean }
  | { kind: "cancel" | "resume" | "tick" | "restart" }
  | { kind: "pay"; share: "all" | "half" | "double" };

export interface RandomStep {
  /** Seconds before the step; negative when the clock is set back. Null waits exactly until the end of the period. */
  wait: number | null;
  deed: Deed;
  /** Seconds between the quote and its acceptance. */
  hesitates: number;
  /** Whether the clock job runs before the step. It always does, except in the second in which a period ends. */
  ticksFirst: boolean;
}

export const PLANS = ["team", "business"] as const;
export type Plan = (typeof PLANS)[number];
export const ADD_ONS = ["recording", "transcription"] as const;
export type AddOn = (typeof ADD_ONS)[number];

/** Prices in minor units that make fractions. */
export const PRICES: Readonly<Record<Plan | AddOn, Record<Interval, bigint>>> = {
  team: { month: 799n, quarter: 2_299n, year: 7_990n },
  business: { month: 1_225n, quarter: 3_500n, year: 12_251n },
  recording: { month: 500n, quarter: 1_499n, year: 5_003n },
  transcription: { month: 0n, quarter: 1n, year: 333n },
};

const DAY = 86_400;
const interval = fc.constantFrom<Interval>("month", "quarter", "year");
const quantity = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(1, 997, 10_000));

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("seats"), quantity }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("add-on"), item: fc.constantFrom(...ADD_ONS), quantity: fc.nat({ max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("plan"), plan: fc.constantFrom(...PLANS), interval, keepsAddOns: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("tick", "restart") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("resume") }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pay"), share: fc.constantFrom("all", "all", "half", "double") }) },
) as fc.Arbitrary<Deed>;

const wait = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3_600 }) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 60 * DAY }) },
  { weight: 2, arbitrary: fc.constant(null) },
  // A clock that is set back, or a server that was off.
  { weight: 1, arbitrary: fc.integer({ min: -3 * DAY, max: -1 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60 * DAY, max: 200 * DAY }) },
);

/** Twenty years at most, ten on the average. */
const MAX_STEPS = 400;

export interface RandomHistory {
  beganAt: number;
  trialDays: number | null;
  steps: RandomStep[];
}

/** Days that are hard for calendars, or any others. */
const beganAt = fc
  .oneof(
    fc.constantFrom("2024-02-29", "2026-01-31", "2026-01-30", "2025-08-31", "2027-12-31").map((day) => Date.parse(day) / 1_000),
    fc.integer({ min: 20_000, max: 22_000 }).map((days) => days * DAY),
  )
  .chain((start) => fc.integer({ min: 0, max: DAY - 1 }).map((time) => start + time));

export const arbitraryHistory: fc.Arbitrary<RandomHistory> = fc.record({
  beganAt,
  trialDays: fc.option(fc.integer({ min: 1, max: 45 })),
  steps: fc.array(fc.record({ wait, deed, hesitates: fc.integer({ min: 0, max: 600 }), ticksFirst: fc.boolean() }), {
    minLength: 1,
    maxLength: MAX_STEPS,
    size: "max",
  }),
});
