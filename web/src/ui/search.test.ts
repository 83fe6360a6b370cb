import { expect, test } from "vitest";
import { fit, search } from "./search.ts";

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
  ["営業", "東京営業", 1],
  ["ﬁn", "Finance", 3],
] as const)("%j in %j fits %i", (query, text, fits) => {
  expect(fit(query, text)).toBe(fits);
});

test("the best come first, and those that fit alike stay as they were", () => {
  const names = ["Zoo Dispatch", "Night dispatch", "Dispatch", "Yard", "dispatchers"];
  expect(search("dispatch", names, (name) => name)).toEqual(["Dispatch", "dispatchers", "Zoo Dispatch", "Night dispatch"]);
  expect(search(" ", names, (name) => name)).toEqual(names);
});
