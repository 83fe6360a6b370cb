import { expect, test } from "vitest";
import { type Standing, whenAbsent, whenFound, whenUnknown } from "./standing.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1);
const VERIFIED: Standing = { state: "verified", failingSince: null, absentSeconds: 0, lastAbsentAt: null, toldDay: null };

/** What happens over days, one letter a check: a(bsent), u(nknown), f(ound). */
function run(checks: string, from: Standing = VERIFIED, step = DAY) {
  let standing: Standing = from;
  const events: string[] = [];
  Array.from(checks).forEach((check, index) => {
    const now = new Date(START + index * step);
    const { event, ...after } =
      check === "a" ? whenAbsent(standing, now) : check === "f" ? whenFound(standing) : whenUnknown(standing);
    standing = after;
    if (event) events.push(`day ${(index * step) / DAY}: ${event}`);
  });
  return { state: standing.state, events, standing };
}

test("a record that stays away lapses after seven days, and admins are told on days 0, 3 and 7", () => {
  expect(run("aaaaaaaa")).toMatchObject({ state: "lapsed", events: ["day 0: failing", "day 3: reminder", "day 7: lapsed"] });
  expect(run("aaaaaaa").state).toBe("failing");
});

test("failures to answer never lapse a domain, and their days do not count", () => {
  expect(run("u".repeat(60))).toMatchObject({ state: "verified", events: [] });
  expect(run(`a${"u".repeat(60)}`)).toMatchObject({ state: "failing", events: ["day 0: failing"] });
  expect(run(`a${"u".repeat(60)}a`)).toMatchObject({ state: "failing", events: ["day 0: failing"] });
  expect(run("aaaauuuuaaaaa").events).toEqual(["day 0: failing", "day 3: reminder", "day 12: lapsed"]);
});

test("days in which the server was off count as two at most", () => {
  expect(run("aa", VERIFIED, 30 * DAY)).toMatchObject({ state: "failing" });
});

test("a record that comes back clears the counted absence; a lapsed domain is verified anew", () => {
  expect(run("aaaaaf").standing).toEqual(VERIFIED);
  expect(run("aaaaafaaaaaaa")).toMatchObject({ state: "failing" });
  expect(run("aaaaaaaaf").events.at(-1)).toBe("day 8: verified");
});

test("many checks in one day do not make a domain lapse sooner", () => {
  expect(run("a".repeat(100), VERIFIED, 60_000)).toMatchObject({ state: "failing", events: ["day 0: failing"] });
});

test("a claim that was never proved does not fail", () => {
  expect(run("aaaaaaaaaa", { ...VERIFIED, state: "unverified" })).toMatchObject({ state: "unverified", events: [] });
});
