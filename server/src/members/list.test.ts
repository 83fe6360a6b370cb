import { beforeAll, describe, expect, test } from "vitest";
import { addMember, freshEmail, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { addCustomRole, addRows } from "./testing/rows.ts";

const server = useServer();
let owner: Person;
let ben: Person;
let acme: Workspace;
let night: string;

interface Listed {
  memberId: string;
  name: string;
  email: string | null;
  roleName: string;
  joinedAt: string;
  lastSeenAt: string | null;
  status: string;
}

async function list(who: Person, query: string, workspace = acme): Promise<Listed[]> {
  const answer = await who.get(`${workspace.path}/members?limit=200&${query}`);
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json.items;
}
const names = async (who: Person, query: string) => (await list(who, query)).map(({ name }) => name);

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga Ñandú", freshEmail("olga"));
  acme = await makeWorkspace(owner);
  ben = await signUpPerson(server, "Ben");
  await addMember(server, owner, acme, ben, acme.roles.Member);
  night = await addCustomRole(server, acme, "Night shift", ["users.view"]);
  const add = (name: string, email: string, role: string) => addRows(server, acme, 1, { role, name, email });
  await add("Émile O'Brien", "emile.obrien", acme.roles.Member);
  await add("Анна Смирнова", "anna", acme.roles.Viewer);
  await add("Adá Okafor-Smith", "ada_work", night);
  await add("Zoë", "zoe", night);
  await server.database.query("update members set status = 'suspended' where name like 'Zo%'");
  // Times that differ by microseconds, which a JavaScript Date cannot hold, and equal times.
  await addRows(server, acme, 40, { role: acme.roles.Member, name: "Crowd" });
  await server.database.query(
    `update members set last_seen_at = timestamptz '2026-01-01' + (substring(name from '\\d+')::int / 4) * interval '1 microsecond'
     where name like 'Crowd%' and substring(name from '\\d+')::int <= 30`,
  );
});

describe.each(["joined", "name", "role", "lastSeen"])("sorted by %s", (sort) => {
  test.each(["asc", "desc"])(
    "%s, every member appears once for any page size, and the other direction is the exact reverse",
    async (order) => {
      const whole = await list(owner, `sort=${sort}&order=${order}`);
      expect(new Set(whole.map(({ memberId }) => memberId)).size).toBe(46);
      const other = await list(owner, `sort=${sort}&order=${order === "asc" ? "desc" : "asc"}`);
      expect(other.map(({ memberId }) => memberId)).toEqual(whole.map(({ memberId }) => memberId).reverse());
      for (const [limit, filter] of [
        [1, ""],
        [7, ""],
        [45, ""],
        [5, `&roleId=${acme.roles.Member}`],
        [9, "&status=active&search=c"],
      ] as const) {
        const expected = await list(owner, `sort=${sort}&order=${order}${filter}`);
        const seen: string[] = [];
        let cursor: string | null = "";
        // Bounded, so that a cursor that does not advance fails the test.
        for (let pages = 0; cursor !== null && pages < 60; pages += 1) {
          const query: string = `sort=${sort}&order=${order}&limit=${limit}${filter}${cursor && `&cursor=${cursor}`}`;
          const { json } = await owner.get(`${acme.path}/members?${query}`);
          seen.push(...json.items.map((member: Listed) => member.memberId));
          cursor = json.nextCursor;
        }
        expect([limit, filter, seen]).toEqual([limit, filter, expected.map(({ memberId }) => memberId)]);
      }
    },
  );
});

test("a search with thousands of matches is complete and sorted in every order, alone, with another word and with a role", async () => {
  const largeOwner = await signUpPerson(server, "Many");
  const large = await makeWorkspace(largeOwner);
  await addRows(server, large, 1_500, { role: large.roles.Member, name: "Dispatch Desk" });
  await addRows(server, large, 700, { role: large.roles.Viewer, name: "Desk" });
  await server.database.query("update members set last_seen_at = joined_at where name like '%7'");
  for (const sort of ["joined", "name", "role", "lastSeen"]) {
    for (const order of ["asc", "desc"]) {
      const read = async (filter: string) => {
        const seen: string[] = [];
        let cursor: string | null = "";
        for (let pages = 0; cursor !== null && pages < 20; pages += 1) {
          const query: string = `sort=${sort}&order=${order}&limit=200${filter}${cursor && `&cursor=${cursor}`}`;
          const { json } = await largeOwner.get(`${large.path}/members?${query}`);
          seen.push(...json.items.map(({ name }: Listed) => name));
          cursor = json.nextCursor;
        }
        return seen;
      };
      const everybody = await read("");
      expect(everybody.length).toBe(2_201);
      const with7 = everybody.filter((name) => / 7\d*$/.test(name));
      expect([sort, order, await read("&search=desk")]).toEqual([sort, order, everybody.filter((name) => name !== "Many")]);
      expect([sort, order, await read("&search=7%20desk")]).toEqual([sort, order, with7]);
      const viewers = everybody.filter((name) => name.startsWith("Desk"));
      expect([sort, order, await read(`&search=desk&roleId=${large.roles.Viewer}`)]).toEqual([sort, order, viewers]);
    }
  }
});

test("members are sorted by name, by role and then name, by last use with never last, and by joining by default", async () => {
  const byName = await names(owner, "sort=name");
  expect([...byName.slice(0, 2), ...byName.slice(-4)]).toEqual([
    "Adá Okafor-Smith",
    "Ben",
    "Émile O'Brien",
    "Olga Ñandú",
    "Zoë",
    "Анна Смирнова",
  ]);
  const roles = (await list(owner, "sort=role")).map(({ roleName }) => roleName);
  expect([...new Set(roles)]).toEqual(["Admin", "Member", "Viewer", "Night shift"]);
  const inNight = (await list(owner, "sort=role")).filter(({ roleName }) => roleName === "Night shift").map(({ name }) => name);
  expect(inNight).toEqual(["Adá Okafor-Smith", "Zoë"]);
  const seen = (await list(owner, "sort=lastSeen&order=desc")).map(({ lastSeenAt }) => lastSeenAt);
  expect(seen[0]).not.toBeNull();
  expect(seen.at(-1)).toBeNull();
  expect((await names(owner, ""))[0]).toBe("Olga Ñandú");
});

test("members are filtered by role and status, alone and combined with a search", async () => {
  expect(await names(owner, `roleId=${night}&sort=name`)).toEqual(["Adá Okafor-Smith", "Zoë"]);
  expect(await names(owner, `roleId=${night}&sort=role&order=desc`)).toEqual(["Zoë", "Adá Okafor-Smith"]);
  expect(await names(owner, "status=suspended")).toEqual(["Zoë"]);
  expect(await names(owner, `roleId=${night}&status=active&search=ada`)).toEqual(["Adá Okafor-Smith"]);
  expect(await names(owner, `roleId=${acme.roles.Viewer}&status=suspended`)).toEqual([]);
  expect(await names(owner, "roleId=0198c0de-0000-7000-8000-000000000000")).toEqual([]);
});

test.each([
  ["ada", ["Adá Okafor-Smith"]],
  ["ÁDA", ["Adá Okafor-Smith"]],
  ["smi ok", ["Adá Okafor-Smith"]],
  ["okafor-sm", ["Adá Okafor-Smith"]],
  ["  nan   ol ", ["Olga Ñandú"]],
  ["o'br", ["Émile O'Brien"]],
  ["émi", ["Émile O'Brien"]],
  ["смир", ["Анна Смирнова"]],
  ["crowd 40", ["Crowd 40"]],
  ["kafor", []],
  ["'-", []],
  ["%", []],
  ["_", []],
  ["\u0000ben", ["Ben"]],
  ["\u{10ffff}", []],
])("a search for %j finds %j", async (search, expected) => {
  expect(await names(owner, `search=${encodeURIComponent(search)}`)).toEqual(expected);
});

test("a viewer who may see addresses finds members by address, by its words and by its domain", async () => {
  expect(await names(owner, "search=ada_work@ex")).toEqual(["Adá Okafor-Smith"]);
  expect(await names(owner, "search=work")).toEqual(["Adá Okafor-Smith"]);
  expect(await names(owner, "search=ADA_WORK@EXAMPLE.COM")).toEqual(["Adá Okafor-Smith"]);
  expect((await names(owner, "search=@example.com")).length).toBe(46);
  expect(await names(owner, "search=@elsewhere")).toEqual([]);
});

test("a viewer who may not see addresses finds nobody by a guessed address and sees no address but their own", async () => {
  const [ada] = await list(owner, "search=ada");
  for (const guess of ["ada_work@example.com", "ada_work", "work", "@example.com", "example", ben.email.split("@")[0] ?? ""]) {
    // Ben may find himself, since his name is in his address.
    expect([guess, (await names(ben, `search=${encodeURIComponent(guess)}`)).filter((name) => name !== "Ben")]).toEqual([
      guess,
      [],
    ]);
  }
  for (const sort of ["name", "joined", "role", "lastSeen"]) {
    const everyone = await list(ben, `sort=${sort}`);
    expect(everyone.length).toBe(46);
    expect(everyone.filter(({ email }) => email !== null).map(({ name }) => name)).toEqual(["Ben"]);
    const page = await ben.get(`${acme.path}/members?sort=${sort}&limit=1`);
    expect(page.text + Buffer.from(page.json.nextCursor, "base64url").toString()).not.toContain(ada?.email);
  }
});

test("a cursor of another order, a malformed cursor and unknown filters are refused", async () => {
  const { nextCursor } = (await owner.get(`${acme.path}/members?sort=name&limit=1`)).json;
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const id = "0198c0de-0000-7000-8000-000000000000";
  for (const query of [
    `sort=joined&cursor=${nextCursor}`,
    `sort=name&order=desc&cursor=${nextCursor}`,
    `sort=joined&cursor=${encode(["joined", "asc", "x", id])}`,
    `sort=joined&cursor=${encode(["joined", "asc", "99999999999999999999", id])}`,
    `sort=name&cursor=${encode(["name", "asc", "", "a\u0000", id])}`,
    `sort=name&cursor=${encode(["name", "asc", "", "a", "nobody"])}`,
    `sort=role&cursor=${encode({ at: 1 })}`,
    "cursor=%00",
    "sort=salary",
    "status=gone",
  ]) {
    expect([query, (await owner.get(`${acme.path}/members?${query}`)).code]).toEqual([query, "invalid_input"]);
  }
  // A lone surrogate and positions of no member are valid: they are before or after everybody.
  for (const key of ["\ud800", "\uffff"]) {
    expect((await owner.get(`${acme.path}/members?sort=name&cursor=${encode(["name", "asc", "", key, id])}`)).status).toBe(200);
  }
  expect(
    (await owner.get(`${acme.path}/members?sort=role&cursor=${encode(["role", "asc", "", "9", "Night", id, "a", id])}`)).json
      .items,
  ).toEqual([]);
});

test("a list never has another tenant's member, even one with the same name and address", async () => {
  const other = await signUpPerson(server, "Olga Ñandú", freshEmail("olga"));
  const beside = await makeWorkspace(other);
  await addRows(server, beside, 3, { role: beside.roles.Member, name: "Crowd" });
  expect((await list(other, "search=crowd", beside)).length).toBe(3);
  expect((await list(owner, "search=crowd")).length).toBe(40);
  expect(await list(owner, `roleId=${beside.roles.Member}`)).toEqual([]);
});

test("a list by ids has members of this workspace only", async () => {
  const other = await signUpPerson(server, "Olga");
  const beside = await makeWorkspace(other);
  const [theirs] = await list(other, "", beside);
  const [first, second] = await list(owner, "sort=name");
  const ids = [first, second, theirs].map((member) => `memberId=${member?.memberId}`).join("&");
  expect((await list(owner, `sort=name&${ids}`)).map(({ memberId }) => memberId)).toEqual([first?.memberId, second?.memberId]);
  expect(await list(owner, `memberId=${theirs?.memberId}`)).toEqual([]);
  expect((await owner.get(`${acme.path}/members?memberId=nobody`)).code).toBe("invalid_input");
});

describe("in a workspace with names of many languages", () => {
  const CASES = [
    ["bjorn", "Bjørn"],
    ["lukasz", "Łukasz"],
    ["GROSSMANN", "Großmann"],
    ["BARIŞ", "Barış"],
    ["yilmaz", "Yılmaz"],
    ["O’Connor", "O'Connor"],
    ["oconnor", "O'Connor"],
    ["connor", "O'Connor"],
    ["marie", "Anne‑Marie"],
    ["annemarie", "Anne‑Marie"],
    ["Jean‐Luc", "Jean-Luc"],
    ["太郎", "山田太郎"],
    ["山田花子", "山田 花子"],
    ["민준", "김민준"],
    ["aegir", "Ægir"],
    ["dorde", "Đorđe"],
    ["ανδρεασ", "Ανδρέας"],
    ["елкин", "Ёлкин"],
    ["mueller", "Müller"],
    ["muller", "Müller"],
    ["Strömberg", "Stroemberg"],
    ["aase", "Åse"],
    ["อง", "สมปอง"],
    ["🚀", "🚀 Rocket"],
  ] as const;
  let world: Workspace;

  beforeAll(async () => {
    world = await makeWorkspace(owner);
    for (const [place, name] of [...new Set(CASES.map(([, named]) => named))].entries())
      await addRows(server, world, 1, { role: world.roles.Member, name, email: `p${place}` });
  });

  test.each(CASES)("a search for %s finds %s", async (query, name) => {
    const found = await list(owner, `search=${encodeURIComponent(query)}`, world);
    expect(found.map((member) => member.name)).toEqual([name]);
  });
});
