import { expect, test } from "vitest";
import { fit, search } from "./search.ts";
import { NAME_CASES } from "./testing/search-cases.ts";

test.each([
  ["", "Acme Corp", 1],
  ["acme", "Acme Corp", 3],
  ["  ACME  ", "Acme Corp", 3],
  ["corp", "Acme Corp", 2],
  ["cme", "Acme Corp", 1],
  ["corp acme", "Acme Corp", 1],
  ["acme beta", "Acme Corp", 0],
  ["arzte", "Ärzte & Co.", 3],
  ["& co", "Ärzte & Co.", 2],
  ["(", "Ops (night)", 2],
  [".*", "Acme Corp", 0],
  ["営業", "東京営業", 2],
  ["ﬁn", "Finance", 3],
] as const)("searching %j in %j gives %i", (query, text, fits) => {
  expect(fit(query, text)).toBe(fits);
});

test.each(NAME_CASES)("%s finds %s", (query, name) => {
  expect(fit(query, name)).toBeGreaterThan(0);
});

test("the best matches come first, and equal matches keep their order", () => {
  const names = ["Zoo Dispatch", "Night dispatch", "Dispatch", "Yard", "dispatchers"];
  expect(search("dispatch", names, (name) => name)).toEqual(["Dispatch", "dispatchers", "Zoo Dispatch", "Night dispatch"]);
  expect(search(" ", names, (name) => name)).toEqual(names);
});
