import type { ComboboxItem, ComboboxParsedItem } from "@mantine/core";
import { expect, test } from "vitest";
import { fittingOptions } from "./fitting-options.ts";
import { NAME_CASES } from "./testing/search-cases.ts";

const option = (label: string): ComboboxItem => ({ value: label, label, disabled: false });
const OTHERS = ["Yard", "Quiet room"];

function fitting(search: string, options: ComboboxParsedItem[], limit = Infinity): unknown[] {
  return fittingOptions({ search, limit, options }).map((one) =>
    "group" in one ? [one.group, one.items.map((item) => (typeof item === "string" ? item : item.label))] : one.label,
  );
}

test.each(NAME_CASES)("of the options, %s leaves %s", (search, name) => {
  expect(fitting(search, [name, ...OTHERS].map(option))).toEqual([name]);
});

test.each([
  ["", ["Yard", "Quiet room"]],
  ["  ", ["Yard", "Quiet room"]],
  ["oo", ["Quiet room"]],
  ["room qui", ["Quiet room"]],
  ["nothing", []],
  [".*", []],
])("of the options, %j leaves %j, in their given order", (search, left) => {
  expect(fitting(search, OTHERS.map(option))).toEqual(left);
});

test("a group of options keeps those that match, and is left out when none does", () => {
  const groups = [
    { group: "Nordic", items: [option("Bjørn"), option("Åse")] },
    { group: "Other", items: [option("Ben")] },
  ];
  expect(fitting("bjorn", groups)).toEqual([["Nordic", ["Bjørn"]]]);
});

test("no more options are left than the field's limit", () => {
  expect(fitting("", ["a", "b", "c"].map(option), 2)).toEqual(["a", "b"]);
});
