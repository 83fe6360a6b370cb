import { expect, test } from "vitest";
import { find, type ItemGroup } from "./find.ts";

const item = (label: string, also = "") => ({ id: label, label, also, icon: null });
const groups: ItemGroup[] = [
  { label: "Channels", items: [item("Night dispatch"), item("Yard")] },
  { label: "People", items: [item("Dispatcher Dan")] },
  { label: "Go to", items: [item("People", "members invitations"), item("Settings: Roles", "permissions")] },
  { label: "Many", items: Array.from({ length: 30 }, (_, index) => item(`Client ${index}`)) },
];
const shown = (query: string) => find(query, groups).map(({ label, items }) => [label, items.map((of) => of.label)]);

test("with nothing typed all groups are there in their order, none of them endless", () => {
  expect(find("", groups).map(({ label, items }) => [label, items.length])).toEqual([
    ["Channels", 2],
    ["People", 1],
    ["Go to", 2],
    ["Many", 7],
  ]);
});

test("the group with the best match leads", () => {
  expect(shown("dispatch").slice(0, 2)).toEqual([
    ["People", ["Dispatcher Dan"]],
    ["Channels", ["Night dispatch"]],
  ]);
});

test("what the server found stays, however it found it, in its rank", () => {
  const people = { label: "People", items: [item("Zoë Strauß")], searched: true };
  expect(find("strauss", [...groups, people]).flatMap(({ items }) => items.map(({ label }) => label))).toEqual(["Zoë Strauß"]);
  expect(find("zoe", [...groups, people])[0]?.items.map(({ label }) => label)).toEqual(["Zoë Strauß"]);
});

test("other words for a thing find it too", () => {
  expect(shown("permi")).toContainEqual(["Go to", ["Settings: Roles"]]);
  expect(shown("nothing like it").flatMap(([, items]) => items)).toEqual([]);
});
