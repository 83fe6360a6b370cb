import { expect, test } from "vitest";
import { nameOrder } from "#contract/name-order.ts";
import { byName, byRole } from "./by-name.ts";

test.each([
  ["sv", ["Ada", "Zoe", "Åke", "Ägir", "Östen"]],
  ["da", ["Ada", "Zoe", "Ægir", "Østen", "Aage", "Åse"]],
  ["es", ["Nadia", "Nuria", "Ñandú", "Olga"]],
  ["de", ["Ärger", "Mueller", "Müller", "Özil", "Zoe"]],
  ["en-GB", ["Åke", "Ben", "Östen", "Zoe"]],
  ["tr", ["Cem", "Çağla", "Ilgın", "İnci", "Sibel", "Şule"]],
  ["lt", ["Yda", "Ilona", "Jonas", "Sofija", "Šarūnas"]],
  ["et", ["Zoja", "Žanna", "Tiit", "Õie", "Äli", "Ülo"]],
])("names are sorted for the language %s as %j", (language, names) => {
  expect(names.toSorted().sort(nameOrder([language]))).toEqual(names);
  expect(names.toReversed().sort(nameOrder([language]))).toEqual(names);
});

test.each([
  ["numbers are sorted by their value", ["Desk 2", "Desk 9", "Desk 10"]],
  ["lower case is sorted before upper case, and letters without accents before letters with them", ["zoe", "Zoe", "zoë", "Zoë"]],
])("%s", (_, names) => {
  expect(names.toReversed().sort(nameOrder(["en"]))).toEqual(names);
});

test("names are sorted by the first known language, and invalid tags are skipped", () => {
  const names = ["Zoe", "Åke"];
  expect(names.toReversed().sort(nameOrder(["not_a_tag", "", "sv", "en"]))).toEqual(names);
  expect(names.toReversed().sort(nameOrder(["en", "sv"]))).toEqual(["Åke", "Zoe"]);
  expect(names.toReversed().sort(nameOrder([]))).toEqual(["Åke", "Zoe"]);
});

test("built-in roles come first, in their given order, then custom roles by name", () => {
  const custom = (name: string) => ({ name, builtIn: null });
  const builtIn = (name: string) => ({ name, builtIn: name.toLowerCase() });
  const roles = [custom("Zone 10"), builtIn("Admin"), custom("arkiv"), builtIn("Viewer"), custom("Zone 9"), builtIn("Member")];
  expect(roles.toSorted(byRole).map(({ name }) => name)).toEqual(["Admin", "Viewer", "Member", "arkiv", "Zone 9", "Zone 10"]);
});

test("objects are sorted by their name", () => {
  expect([{ name: "Yard 10" }, { name: "yard 9" }, { name: "Ops" }].sort(byName).map(({ name }) => name)).toEqual([
    "Ops",
    "yard 9",
    "Yard 10",
  ]);
});
