import { expect, test } from "vitest";
import { NAME_CASES } from "../../ui/testing/search-cases.ts";
import { find, type ItemGroup } from "./find.ts";

const item = (label: string, also = "") => ({ id: label, label, also, icon: null });
const groups: ItemGroup[] = [
  { label: "Channels", items: [item("Night dispatch"), item("Yard")] },
  { label: "People", items: [item("Dispatcher Dan")] },
  { label: "Go to", items: [item("People", "members invitations"), item("Settings: Roles", "permissions")] },
  { label: "Many", items: Array.from({ length: 30 }, (_, index) => item(`Client ${index}`)) },
];
const shown = (query: string) => find(query, groups).map(({ label, items }) => [label, items.map((one) => one.label)]);

test("an empty search shows all groups in their order, each with at most seven items", () => {
  expect(find("", groups).map(({ label, items }) => [label, items.length])).toEqual([
    ["Channels", 2],
    ["People", 1],
    ["Go to", 2],
    ["Many", 7],
  ]);
});

test("the group with the best match comes first", () => {
  expect(shown("dispatch").slice(0, 2)).toEqual([
    ["People", ["Dispatcher Dan"]],
    ["Channels", ["Night dispatch"]],
  ]);
});

test("items that the server found are all shown, and their group is ranked like the others", () => {
  const people = { label: "People", items: [item("Zoë Strauß")], searched: true };
  expect(find("strauss", [...groups, people]).flatMap(({ items }) => items.map(({ label }) => label))).toEqual(["Zoë Strauß"]);
  expect(find("zoe", [...groups, people])[0]?.items.map(({ label }) => label)).toEqual(["Zoë Strauß"]);
});

test("an item is found by other words for it", () => {
  expect(shown("permi")).toContainEqual(["Go to", ["Settings: Roles"]]);
  expect(shown("nothing like it").flatMap(([, items]) => items)).toEqual([]);
});

test.each(NAME_CASES)("%s finds %s and nothing else", (query, name) => {
  const found = find(query, [...groups, { label: "Names", items: [item("Quiet room"), item(name)] }]);
  expect(found[0]?.label).toBe("Names");
  expect(found.flatMap(({ items }) => items.map(({ label }) => label))).toEqual([name]);
});

test.each(NAME_CASES)("%s finds an item whose other word is %s", (query, name) => {
  const found = find(query, [{ label: "Go to", items: [item("Settings", name), item("Yard")] }]);
  expect(found.flatMap(({ items }) => items.map(({ label }) => label))).toEqual(["Settings"]);
});
