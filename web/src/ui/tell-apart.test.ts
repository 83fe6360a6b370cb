import { expect, test } from "vitest";
import { detailsApart, detailsOf, namesakes, namesApart } from "./tell-apart.ts";
import { timesOf } from "./time.ts";

const { dateWords, fullTime } = timesOf({ timeZone: "UTC", clock: "24h" });
const person = (memberId: string, name: string, email: string | null, joinedAt = "2026-11-24T10:00:00.000Z") => ({
  memberId,
  name,
  email,
  roleName: "Viewer",
  joinedAt,
});

test("a name that only one person has gets no details", () => {
  const people = [person("1", "Ada Okafor", "ada@example.com"), person("2", "Ben Nowak", null)];
  expect([...namesApart(people, dateWords).values()]).toEqual(["Ada Okafor", "Ben Nowak"]);
});

test("people with the same name get their addresses as details, also when case and spaces differ", () => {
  const people = [person("1", "Ada Okafor", "ada@example.com"), person("2", "ada okafor ", "a.okafor@example.com")];
  expect([...namesApart(people, dateWords).values()]).toEqual([
    "Ada Okafor (ada@example.com)",
    "ada okafor  (a.okafor@example.com)",
  ]);
});

test("people with the same name get role and day as details when addresses are hidden, and the time when those are equal", () => {
  const [one, other] = [person("1", "Ada", null), person("2", "Ada", null, "2026-11-23T10:00:00.000Z")];
  expect(namesApart([one, other], dateWords).get("1")).toBe(`Ada (${detailsOf(one, dateWords)})`);
  const [early, late] = [person("1", "Ada", null), person("2", "Ada", null, "2026-11-24T10:00:01.000Z")];
  const names = namesApart([early, late], dateWords, fullTime);
  expect(names.get("1")).toContain("10:00:00");
  expect(names.get("2")).toContain("10:00:01");
});

test("only shared names get details, and full details only when the short ones are equal", () => {
  const items = ["Ada", "Ben", "ada ", "Ada"].map((name, at) => ({ id: String(at), name }));
  expect(namesakes(items).map(({ id }) => id)).toEqual(["0", "2", "3"]);
  const details = detailsApart(items, ({ id }, fully) => (id === "2" ? "Viewer" : fully ? `Member ${id}` : "Member"));
  expect([...details.values()]).toEqual(["Member 0", "Viewer", "Member 3"]);
});
