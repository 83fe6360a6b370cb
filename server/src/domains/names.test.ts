import { expect, test } from "vitest";
import { challengeName, challengeValue, readDomain, relativeChallengeName, showDomain } from "./names.ts";

test.each([
  ["example.com", "example.com"],
  [" @Example.COM. ", "example.com"],
  ["corp.example.co.uk", "corp.example.co.uk"],
  ["münchen.de", "xn--mnchen-3ya.de"],
  ["XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"],
  ["公司.cn", "公司.cn"],
  ["acme.uk.com", "acme.uk.com"],
])("%s can be claimed, or says why not", (typed, domain) => {
  const read = readDomain(typed);
  if (typed === "公司.cn") expect(read).toMatch(/anyone can have a name of their own/);
  else expect(read).toEqual({ domain });
});

test.each([
  ["https://example.com", /the domain alone/],
  ["ada@example.com", /the domain alone/],
  ["example.com/path", /the domain alone/],
  ["exa mple.com", /the domain alone/],
  ["", /isn't a domain/],
  ["a..b", /isn't a domain/],
  ["-a.com", /isn't a domain/],
  ["a_b.com", /isn't a domain/],
  ["xn--.com", /isn't a domain/],
  ["com", /isn't a domain of the public internet/],
  ["192.0.2.1", /isn't a domain of the public internet/],
  ["localhost", /isn't a domain of the public internet/],
  ["server.internal", /isn't a domain of the public internet/],
  ["corp.test", /isn't a domain of the public internet/],
  ["co.uk", /^Under co\.uk, anyone/],
  ["github.io", /^Under github\.io, anyone/],
  ["uk.com", /^Under uk\.com, anyone/],
  ["gmail.com", /^gmail\.com belongs to a mail provider/],
  ["GMX.de", /mail provider/],
  ["mail.yahoo.co.jp", /^yahoo\.co\.jp belongs to a mail provider/],
  ["acme.onmicrosoft.com", /^onmicrosoft\.com belongs to a mail provider/],
  ["tuta.com", /mail provider/],
  [`${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(60)}.com`, /too long/],
])("%s is refused", (typed, why) => {
  expect(readDomain(typed)).toMatch(why);
});

test("the record's name is shown in full and below the registered domain, and its value says that it stays", () => {
  expect(challengeName("corp.example.co.uk")).toBe("_whoot-challenge.corp.example.co.uk");
  expect(relativeChallengeName("corp.example.co.uk")).toEqual({ name: "_whoot-challenge.corp", zone: "example.co.uk" });
  expect(relativeChallengeName("example.com")).toEqual({ name: "_whoot-challenge", zone: "example.com" });
  expect(relativeChallengeName("acme.uk.com")).toEqual({ name: "_whoot-challenge", zone: "acme.uk.com" });
  expect(challengeValue("abc")).toBe("token=abc expiry=never");
  expect(showDomain("xn--mnchen-3ya.de")).toBe("münchen.de");
});
