import { expect, test } from "vitest";
import type { SamlRefusalReason } from "#contract/saml.ts";
import type { Message } from "./testing/idp.ts";
import { makeKeys, makeScene } from "./testing/scene.ts";

const scene = makeScene(makeKeys());
const NOW = new Date("2026-11-30T12:00:00.000Z");
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);

type Boundary = [seconds: number, judgement: SamlRefusalReason | "accepted"];

/** Tests a message in which this time is so many seconds from now. */
function judgeTime(name: string, change: (seconds: number) => Partial<Message>, boundaries: readonly Boundary[]): void {
  test.each(boundaries)(`${name}, %s s from now: %s`, (seconds, judgement) => {
    const xml = scene.write({ now: NOW, notOnOrAfter: 3_600, ...change(seconds) });
    expect(scene.judge(xml, NOW)).toBe(judgement);
  });
}

const setAttribute = (name: string, seconds: number, only?: RegExp): Partial<Message> => ({
  edit: (xml) => {
    const pattern = new RegExp(`(${only?.source ?? ""}[^>]* ${name}=")[^"]*`, "g");
    if (!pattern.test(xml)) throw new Error(`no ${name}`);
    return xml.replace(pattern, `$1${at(seconds).toISOString()}`);
  },
});

/** An inclusive start with 60 s of allowance. */
const STARTS: Boundary[] = [
  [-3_600, "accepted"],
  [0, "accepted"],
  [59, "accepted"],
  [60, "accepted"],
  [60.001, "not_yet_valid"],
  [61, "not_yet_valid"],
];
/** An exclusive end with 60 s of allowance. */
const ends = (reason: SamlRefusalReason): Boundary[] => [
  [61, "accepted"],
  [0, "accepted"],
  [-59, "accepted"],
  [-59.999, "accepted"],
  [-60, reason],
  [-61, reason],
];

judgeTime("NotBefore of the conditions", (seconds) => ({ notBefore: seconds }), STARTS);
judgeTime(
  "NotOnOrAfter of the conditions",
  (seconds) => setAttribute("NotOnOrAfter", seconds, /<saml:Conditions/),
  ends("expired"),
);
judgeTime(
  "NotOnOrAfter of the confirmation",
  (seconds) => setAttribute("NotOnOrAfter", seconds, /<saml:SubjectConfirmationData/),
  ends("expired"),
);
judgeTime(
  "NotBefore of the confirmation",
  (seconds) => ({ edit: (xml) => xml.replace(" Recipient=", ` NotBefore="${at(seconds).toISOString()}" Recipient=`) }),
  STARTS,
);
judgeTime("SessionNotOnOrAfter", (seconds) => ({ sessionNotOnOrAfter: seconds }), ends("session_ended"));
judgeTime("AuthnInstant", (seconds) => setAttribute("AuthnInstant", seconds), STARTS);
judgeTime("IssueInstant of the response", (seconds) => setAttribute("IssueInstant", seconds, /<samlp:Response/), STARTS);
judgeTime("IssueInstant of the assertion", (seconds) => setAttribute("IssueInstant", seconds, /<saml:Assertion/), STARTS);

test("a refusal says by how many seconds the clocks differ", () => {
  expect(scene.details(scene.write({ now: at(300), notBefore: 0 }), NOW)).toMatchObject({ seconds: 300 });
  expect(scene.details(scene.write({ now: at(-1_000), notOnOrAfter: 300 }), NOW)).toMatchObject({ seconds: 700 });
});

test("an assertion's id is remembered until 60 s after the earlier of its two ends", () => {
  const xml = scene.write({ now: NOW, notOnOrAfter: 300, ...setAttribute("NotOnOrAfter", 200, /<saml:Conditions/) });
  expect(scene.verify(xml, NOW)).toMatchObject({
    rememberUntil: at(260),
    sessionEndsAt: at(3_600),
    authenticatedAt: NOW,
    contextClass: "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
  });
});

test("an assertion without SessionNotOnOrAfter gives the session no end", () => {
  expect(scene.verify(scene.write({ sessionNotOnOrAfter: null })).sessionEndsAt).toBeNull();
});
