/**
 * Plays random histories of years with billing's own functions, and compares them with a model that only integrates what was wanted. Each
 * run prints two new seeds, except in CI, where only the change may cause a failure.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { moment, seats, TAX, team } from "../testing/at.ts";
import { expectHistory, expectStep } from "../testing/invariants.ts";
import { arbitraryHistory } from "../testing/steps.ts";
import { play } from "../testing/world.ts";
import { change } from "./changes.ts";
import { sum } from "./lines.ts";
import { renew } from "./renewal.ts";
import { begin, type Step } from "./subscription.ts";

const { CI, WHOOT_PROPERTY_SEED } = process.env;
const FIXED = [20_261_130, 42];
const random = () => Math.floor(Math.random() * 2 ** 31);
const SEEDS = WHOOT_PROPERTY_SEED ? [Number(WHOOT_PROPERTY_SEED)] : CI ? FIXED : [random(), random()];
const RUNS = Number(process.env["WHOOT_PROPERTY_RUNS"] ?? 60);

const DONE = ["bought", "renewed", "ended", "paid", "items", "plan", "cancel", "resume", "operator asked"];
const REFUSED = ["ended", "period_over", "already_cancelled", "not_cancelled", "nothing_changes"];

test.each(SEEDS)("in random histories the lines are what was wanted, and every sum is accounted for (seed %i)", (seed) => {
  console.log(`seed ${seed}; again: WHOOT_PROPERTY_SEED=${seed}`);
  const tally = new Map<string, number>();
  let longest = 0;
  fc.assert(
    fc.property(arbitraryHistory, (history) => {
      const world = play(history, expectStep);
      expectHistory(world);
      for (const [what, times] of Object.entries(world.tally)) tally.set(what, (tally.get(what) ?? 0) + times);
      longest = Math.max(longest, world.now - history.beganAt);
    }),
    { seed, numRuns: RUNS },
  );
  // A kind of step that never happens proves nothing.
  expect([...DONE, ...REFUSED].filter((what) => !tally.has(what))).toEqual([]);
  expect(longest / 86_400 / 365).toBeGreaterThan(10);
});

const within = fc.integer({ min: 0, max: 31 * 86_400 });
const path = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 6 });

test("any way to a quantity within one second costs what one change costs", () => {
  const start = begin(team(10, 799), moment("2026-01-31T09:00:00Z")).subscription;
  const cost = (quantities: number[], now: number) => {
    let step: Step = { subscription: start, lines: [], issued: [] };
    const lines = quantities.flatMap((quantity) => {
      step = change(step.subscription, { kind: "items", items: [seats(quantity, 799)] }, { now, tax: TAX });
      return step.lines;
    });
    // Include the next period, because a change at the very end makes no line.
    return sum([...lines, ...renew(step.subscription, { now: start.period.to, tax: TAX }).lines]);
  };
  fc.assert(
    fc.property(path, within, (quantities, later) => {
      const now = Math.min(start.period.from + later, start.period.to);
      expect(cost(quantities, now)).toBe(cost(quantities.slice(-1), now));
    }),
    { numRuns: 500, ...(CI ? { seed: FIXED[0] } : {}) },
  );
});
