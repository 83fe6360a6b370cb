import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const here = new URL(".", import.meta.url);
const sources = readdirSync(here).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));

test("no file of the reckoning reads a clock, a random number or a time zone", () => {
  const readers =
    /Date\.now|new Date\(\)|performance|Math\.random|Intl\.|toLocale|\.get(?!UTC|Time)\w*(?:Date|Day|Hours|Month|FullYear)\(/;
  expect(sources.filter((name) => readers.test(readFileSync(new URL(name, here), "utf8")))).toEqual([]);
  expect(sources.length).toBeGreaterThan(8);
});

test("no file of the reckoning rounds except where amounts are rounded", () => {
  const roundings = /Math\.(?:round|floor|ceil|trunc)|toFixed|halfUp\(/;
  const found = sources.filter((name) => roundings.test(readFileSync(new URL(name, here), "utf8")));
  // calendar.ts divides months.
  expect(found.sort()).toEqual(["calendar.ts", "rational.ts"]);
});
