/** The member list in the order of the reader's alphabet, read page by page. */
import { beforeAll, describe, expect, test } from "vitest";
import { fold } from "#contract/fold.ts";
import { nameOrder } from "#contract/name-order.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { collationFor, LANGUAGES_OF_INDEX } from "./name-order.ts";
import { addCustomRole, addRows } from "./testing/rows.ts";

const server = useServer();

/** Names in each language's order. Some differ only by case or marks. */
const ORDERS: Record<string, string[]> = {
  sv: ["Ada", "ADA", "Adá", "Wilma", "Zoe", "Zoë", "Åke", "Åsa", "Ägir", "Östen"],
  da: ["Ada", "Anders", "Zoe", "Ægir", "Østen", "Aage", "Åse"],
  nb: ["Ada", "Anders", "Zoe", "Ægir", "Østen", "Aage", "Åse"],
  es: ["Ana", "ANA", "Aná", "Nadia", "Nunez", "Nuria", "Ñandú", "Ñusta", "Olga"],
  de: ["Ärger", "Björn", "Großmann", "Ida", "Mueller", "Müller", "Özil", "Zoe"],
  tr: ["Cem", "Çağla", "Gül", "Ilgın", "Işık", "İbrahim", "İnci", "Sibel", "Şule", "Umut", "Ümit"],
  lt: ["Yda", "Ilona", "Jonas", "Sofija", "Šarūnas", "Zita", "Žygis"],
  et: ["Sass", "Šveits", "Zoja", "Žanna", "Tiit", "Vello", "Õie", "Äli", "Öö", "Ülo"],
  cs: ["Cyril", "Čeněk", "Hana", "Chrudoš", "Iva", "Řehoř"],
  ru: ["Иван", "Йохан", "Яков", "Ada"],
};

let owner: Person;
const workspaces = new Map<string, Workspace>();

async function makeWorkspaceOf(names: readonly string[]): Promise<Workspace> {
  const workspace = await makeWorkspace(owner);
  for (const [at, name] of names.entries())
    await addRows(server, workspace, 1, { role: workspace.roles.Member, name, email: `p${at}` });
  return workspace;
}

beforeAll(async () => {
  owner = await signUpPerson(server, "Owner");
  // They join in code unit order, which is the order of none of these alphabets.
  for (const [language, names] of Object.entries(ORDERS)) workspaces.set(language, await makeWorkspaceOf(names.toSorted()));
});

interface Page {
  items: { memberId: string; name: string; roleName: string }[];
  nextCursor: string | null;
}

/** Reads the list in pages of three. @param languages the language of each page; the last one also for all that follow */
async function walk(workspace: Workspace, query: string, ...languages: string[]): Promise<Page["items"]> {
  const seen: Page["items"] = [];
  let cursor: string | null = "";
  for (let pages = 0; cursor !== null && pages < 30; pages += 1) {
    const path: string = `${workspace.path}/members?limit=3&${query}${cursor && `&cursor=${cursor}`}`;
    const answer = await owner.get(path, { "accept-language": languages[pages] ?? languages.at(-1) ?? "" });
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    const page: Page = answer.json;
    seen.push(...page.items);
    cursor = page.nextCursor;
  }
  expect(new Set(seen.map(({ memberId }) => memberId)).size).toBe(seen.length);
  return seen;
}
const namesOf = (items: Page["items"]) => items.map(({ name }) => name);

describe.each(Object.entries(ORDERS))("a reader of %s", (language, names) => {
  const own = () => workspaces.get(language)!;
  const members = (sort: string) => `sort=${sort}&roleId=${own().roles.Member}`;

  test.each(["name", "role"])("sees every name once, in that alphabet's order, sorted by %s", async (sort) => {
    expect(namesOf(await walk(own(), members(sort), `${language};q=0.9,fi;q=0.1`))).toEqual(names);
    expect(namesOf(await walk(own(), `${members(sort)}&order=desc`, language))).toEqual(names.toReversed());
  });

  test.each(["name", "role"])("sees a search's matches in that order, sorted by %s", async (sort) => {
    const found = namesOf(
      await walk(own(), `${members(sort)}&search=${encodeURIComponent(names.at(-1)!.slice(0, 1))}`, language),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(names.filter((name) => found.includes(name)));
  });

  test("sees the same order in lists that are sorted by nameOrder", () => {
    expect(names.toSorted().sort(nameOrder([language]))).toEqual(names);
  });
});

test("later pages keep the first page's order, whatever language they are requested in", async () => {
  const swedish = workspaces.get("sv")!;
  const query = `sort=name&roleId=${swedish.roles.Member}`;
  expect(namesOf(await walk(swedish, query, "sv", "en", "da"))).toEqual(ORDERS["sv"]);
  const ofIndex = namesOf(await walk(swedish, query, "en"));
  expect(ofIndex.indexOf("Åke")).toBeLessThan(ofIndex.indexOf("Wilma"));
  expect(namesOf(await walk(swedish, query, "en", "sv"))).toEqual(ofIndex);
});

test("custom roles come after the built-in ones, in the reader's order, each with its members by name", async () => {
  const workspace = await makeWorkspaceOf(["Olle"]);
  for (const role of ["Årets vakt", "Zon 10", "Zon 9", "Arkiv"]) {
    const roleId = await addCustomRole(server, workspace, role, ["users.view"]);
    for (const name of ["Örjan", "Zoe"])
      await addRows(server, workspace, 1, { role: roleId, name, email: `${roleId}-${name.length}` });
  }
  const places = (await walk(workspace, "sort=role", "sv-FI")).map(({ roleName, name }) => `${roleName}: ${name}`);
  expect(places).toEqual([
    "Admin: Owner",
    "Member: Olle",
    ...["Arkiv", "Zon 9", "Zon 10", "Årets vakt"].flatMap((role) => [`${role}: Zoe`, `${role}: Örjan`]),
  ]);
  const back = (await walk(workspace, "sort=role&order=desc", "sv-FI")).map(({ roleName, name }) => `${roleName}: ${name}`);
  expect(back).toEqual(places.toReversed());
});

test("refuses a cursor with an unknown collation or with SQL in its place", async () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const id = "0198c0de-0000-7000-8000-000000000000";
  for (const collation of ["xx-x-icu", "C", "default", 'sv-x-icu" desc; --', "sv", null]) {
    for (const cursor of [
      ["name", "asc", collation, "a", id],
      ["role", "asc", collation, "3", "Night", id, "a", id],
    ]) {
      const answer = await owner.get(`${workspaces.get("sv")!.path}/members?sort=${cursor[0]}&cursor=${encode(cursor)}`);
      expect([cursor, answer.code]).toEqual([cursor, "invalid_input"]);
    }
  }
});

test("a malformed Accept-Language, or a language without a collation, gets the index's order", async () => {
  const german = workspaces.get("de")!;
  const query = `sort=name&roleId=${german.roles.Member}`;
  for (const header of ["", "*", "tlh", "sv;q=2", `${"sv,".repeat(200)}sv`, 'sv"; drop table members'])
    expect([header, namesOf(await walk(german, query, header))]).toEqual([header, ORDERS["de"]]);
});

const COLLATIONS = new Set([
  "",
  ..."sv sv-SE da nb zh zh-Hans zh-Hans-CN zh-Hant zh-Hant-TW sr sr-Latn sr-Latn-RS sr-Cyrl fil und de en"
    .split(" ")
    .map((name) => name && `${name}-x-icu`),
]);
test.each([
  [["sv-SE"], "sv-x-icu"],
  [["SV-se"], "sv-x-icu"],
  [["sv-AX"], "sv-x-icu"],
  [["no"], "nb-x-icu"],
  [["nb-NO"], "nb-x-icu"],
  [["zh-TW"], "zh-Hant-TW-x-icu"],
  [["zh-HK"], "zh-Hant-x-icu"],
  [["zh-CN"], "zh-Hans-CN-x-icu"],
  [["sr-Latn"], "sr-Latn-RS-x-icu"],
  [["tl"], "fil-x-icu"],
  [["tlh", "da"], "da-x-icu"],
  [["en-GB", "sv"], ""],
  [["de-AT"], ""],
  [["tlh"], ""],
  [[], ""],
])("readers of %j get the collation %j", (languages, collation) => {
  expect(collationFor(languages, COLLATIONS)).toBe(collation);
});

test("without ICU collations in the database everybody gets the index's order", () => {
  expect(collationFor(["sv"], new Set([""]))).toBe("");
});

/** Latin letters and letter pairs that are sorted on their own in some alphabet. */
const LETTERS = [
  ..."abcdefghijklmnopqrstuvwxyzàáâäãåæçčđéèêëğıíîïłñńóôöõøœßšşțúûüýžź".split(""),
  "aa",
  "ch",
  "dž",
  "gy",
  "ll",
  "lj",
  "ng",
  "rr",
  "zs",
];
test.each([...LANGUAGES_OF_INDEX])("%s sorts every letter as the index does", (language) => {
  const compare = nameOrder([language]);
  const different = LETTERS.flatMap((one) => LETTERS.map((other) => [one, other] as const)).filter(([one, other]) => {
    const [first, second] = [fold(`${one}m`), fold(`${other}m`)];
    return first !== second && compare(`${one}m`, `${other}m`) > 0 !== first > second;
  });
  expect(different).toEqual([]);
});
