import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readAddress } from "./addresses.ts";
import { signIn, signUp } from "./http/accounts.ts";
import { createInvitation } from "./http/invitations.ts";

const CASES = new URL("../server/src/invitations/testing/cases/addresses.tsv", import.meta.url);

test("each case in addresses.tsv is read as the file says", () => {
  const lines = readFileSync(CASES, "utf8").trim().split("\n").slice(1);
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const [typed = "", , expected = ""] = line.split("\t");
    const address = /invite as (\S+@\S+)/.exec(expected)?.[1] ?? typed.toLowerCase();
    expect([typed, readAddress(typed)]).toEqual([typed, expected.startsWith("not") ? null : address]);
  }
});

test.each([
  " ada@x.org\u00a0",
  "\u202aada@x.org\u202c",
  "a\u00adda@\u2060x.org",
  "ada@x.org.",
  "ada@x.org…",
  "ada@x.org,",
  "<ada@x.org>",
  "(ada@x.org)",
  "[ada@x.org](mailto:ada@x.org)",
  "<mailto:ada@x.org|ada@x.org>",
  "mailto:ada@x.org?subject=Hello",
  "MAILTO:ada%40x.org",
  "smtp:ada@x.org",
  "E-mail: ada@x.org",
  "Ada Okafor <ada@x.org>",
  '"Okafor, Ada" <ada@x.org>',
  "ada@x.org (Ada)",
  '"ada@x.org"',
  "“ada@x.org”",
  "‘ada@x.org’",
  "'ada@x.org'",
  "«ada@x.org»",
  "`ada@x.org`",
  "**ada@x.org**",
  "_ada@x.org_",
  "ａｄａ＠ｘ．ｏｒｇ",
  "ADA@X.ORG",
  "ada@x.org。",
  "Ada &lt;ada@x.org&gt;",
])("%j is read as ada@x.org", (typed) => expect(readAddress(typed)).toBe("ada@x.org"));

test.each([
  ["info@MÜLLER.example", "info@xn--mller-kva.example"],
  ["info@mu\u0308ller.example", "info@xn--mller-kva.example"],
  ["info@straße.example", "info@xn--strae-oqa.example"],
  ["info@例え。jp", "info@xn--r8jz45g.jp"],
  ["_ada@x.org", "_ada@x.org"],
  ["!#$%&'*+-/=?^_`{|}~@x.org", "!#$%&'*+-/=?^_`{|}~@x.org"],
  ["mailto:r%26d@x.org", "r&d@x.org"],
  ["a|b@x.org", "a|b@x.org"],
  ["{a}b@x.org", "{a}b@x.org"],
  ["o’brien@x.org", "o'brien@x.org"],
  ["a@1.x--y.museum", "a@1.x--y.museum"],
  [`${"a".repeat(64)}@x.org`, `${"a".repeat(64)}@x.org`],
])("%j is read as %s", (typed, address) => expect(readAddress(typed)).toBe(address));

describe("is not read as an address, because it is none or could be somebody else's:", () => {
  test.each([
    "",
    "ada",
    "@ada",
    "ada@",
    "ada@x",
    "ada@x.1",
    "ada@1.2.3.4",
    "ada@[1.2.3.4]",
    "ada@-x.org",
    "ada@x-.org",
    "ada@x_y.org",
    "ada@x..org",
    "a..b@x.org",
    ".a@x.org",
    "a.@x.org",
    "ada@ben@x.org",
    "john smith@x.org",
    "ada@x.org ben",
    "ada@x.org, ben@x.org",
    "müller@x.org",
    "ada, ben}@x.org",
    "ada_home.org#EXT#@corp.onmicrosoft.com",
    // Letters that look like ASCII, or become ASCII in lower case or under NFKC. They are other mailboxes.
    "\u212aim@x.org",
    "а@x.org",
    "ﬁona@x.org",
    "ſam@x.org",
    "𝒶da@x.org",
    `${"a".repeat(65)}@x.org`,
    `a@${"x.".repeat(125)}org`,
  ])("%j", (typed) => expect(readAddress(typed)).toBe(null));
});

test("inviting, signing up and signing in read an address the same way, and reading the result again changes nothing", () => {
  const typed = "“ADA@Müller.example”,";
  const roleId = "00000000-0000-7000-8000-000000000000";
  const password = "four words make one";
  const read = [
    signIn.body.parse({ email: typed, password }).email,
    signUp.body.parse({ email: typed, name: "Ada", password }).email,
    createInvitation.body.parse({ email: typed, roleId }).email,
  ];
  expect(new Set(read)).toEqual(new Set(["ada@xn--mller-kva.example"]));
  expect(readAddress(read[0] ?? "")).toBe(read[0]);
});

test("an address that is too long is refused before it is parsed", () => {
  expect(signIn.body.safeParse({ email: `${" ".repeat(1_001)}ada@x.org`, password: "x" }).error?.issues[0]?.message).toBe(
    "That address is too long.",
  );
});
