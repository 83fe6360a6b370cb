import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder } from "../../testing/folders.ts";
import { billingGolden } from "./command.ts";
import { readCases, runCase } from "./run.ts";

interface Given {
  name: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
}

const FILE = new URL("../testing/golden.json", import.meta.url);
const text = readFileSync(FILE, "utf8");
const cases = readCases(text) as Given[];
const folder = temporaryFolder("whoot-test-golden-");
afterAll(() => rmSync(folder, { recursive: true }));

test.each(cases)("golden: $name", (goldenCase) => {
  expect(runCase(goldenCase, 1)).toEqual({ name: goldenCase.name, wrong: [], unread: [] });
});

/** All copies of a value that differ from it in one leaf. */
function variants(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    const shorter = value.length > 0 ? [value.slice(1)] : [[{ kind: "charge", amount: 1 }]];
    return [...shorter, ...value.flatMap((one, at) => variants(one).map((other) => value.with(at, other)))];
  }
  if (typeof value === "object" && value !== null) {
    return [
      { ...value, unheardOf: 1 },
      ...Object.entries(value).flatMap(([key, one]) => variants(one).map((other) => ({ ...value, [key]: other }))),
    ];
  }
  if (typeof value === "number") return [value + 1, -value - 1, null, `${value}.`];
  if (typeof value === "boolean") return [!value, null];
  return value === null ? [0, 1] : [`${String(value)} `, null, 7];
}

const amountsOf = ({ lines }: Given["expected"]) => (Array.isArray(lines) ? lines.map(({ amount }) => Number(amount)) : []);

/** Whether a variant is also right: a case may omit lines of 0, and the opening charge if it expects no sum. */
function isListedOtherwise({ expected }: Given, variant: Given["expected"]): boolean {
  const [lines, fewer] = [expected, variant].map((one) => amountsOf(one).filter((amount) => amount !== 0));
  return [lines, "sum" in expected ? lines : lines?.slice(1)].some((one) => JSON.stringify(one) === JSON.stringify(fewer));
}

test("every change of an expected result is found, in each case", () => {
  let found = 0;
  for (const goldenCase of cases) {
    for (const expected of variants(goldenCase.expected) as Given["expected"][]) {
      const { wrong } = runCase({ ...goldenCase, expected }, 1);
      if (wrong.length > 0) found += 1;
      else
        expect([goldenCase.name, expected, isListedOtherwise(goldenCase, expected)]).toEqual([goldenCase.name, expected, true]);
    }
  }
  expect(found).toBeGreaterThan(900);
});

test("the wrong answers that the cases name are wrong", () => {
  const named = cases.flatMap((goldenCase) => {
    const { wrong_answers_it_catches: answers = {} } = goldenCase as { wrong_answers_it_catches?: Record<string, unknown> };
    const key = ["net", "tax", "trialEnd"].find((name) => Object.hasOwn(goldenCase.expected, name));
    const values = Object.values(answers).filter((answer) => typeof answer === typeof goldenCase.expected[key ?? ""]);
    return key ? values.map((answer) => ({ goldenCase, key, answer })) : [];
  });
  const caught = named.filter(
    ({ goldenCase, key, answer }) => runCase({ ...goldenCase, expected: { [key]: answer } }, 1).wrong.length > 0,
  );
  // One case lists the right answer as well, because half-even rounding gives the same result.
  expect(named.length - caught.length).toBe(1);
  expect(caught.length).toBeGreaterThan(8);
});

const PERIOD = { periodStart: "2026-01-01T00:00:00Z", periodEnd: "2026-02-01T00:00:00Z" };
const CHANGE = { before: { quantity: 1, unitPrice: 800, charged: 800 }, after: { quantity: 2, unitPrice: 800 } };
const AT = { ...PERIOD, ...CHANGE, changeAt: "2026-01-11T00:00:00Z" };

test.each<[string, unknown, RegExp]>([
  ["no object", 1, /^expected must be an object/],
  ["an input of no known kind", { input: { colour: "red" }, expected: { net: 1 } }, /^no kind of case has the input colour\./],
  ["nothing expected", { input: AT, expected: {} }, /^it expects nothing/],
  ["an empty object expected", { input: AT, expected: { nextInvoice: {} } }, /^nextInvoice expects nothing/],
  ["an unknown result", { input: AT, expected: { constructor: 1 } }, /^constructor is not a result of this kind of case/],
  ["a day that isn't", { input: { ...AT, changeAt: "2026-02-30T00:00:00Z" }, expected: { net: 0 } }, /changeAt must be a time/],
  ["a fraction of a second", { input: { ...AT, changeAt: "2026-01-11T00:00:00.5Z" }, expected: { net: 0 } }, /must be a time/],
  ["a period backwards", { input: { ...AT, periodEnd: "2025-01-01T00:00:00Z" }, expected: { net: 0 } }, /must be after/],
  ["a change too early", { input: { ...AT, changeAt: "2025-12-31T00:00:00Z" }, expected: { net: 0 } }, /must not be before/],
  ["a change in 9999", { input: { ...AT, changeAt: "9999-12-31T00:00:00Z" }, expected: { net: 0 } }, /more than 1200 periods/],
  [
    "half a seat",
    { input: { ...AT, after: { quantity: 1.5 } }, expected: { net: 0 } },
    /quantity must be a whole number, not 1\.5/,
  ],
  ["minus a seat", { input: { ...AT, after: { quantity: -1 } }, expected: { net: 0 } }, /must not be negative/],
  ["wrong digits", { input: { ...AT, currency: "EUR", minorUnitDigits: 3 }, expected: { net: 0 } }, /"EUR" has 2 digits, not 3/],
  ["a rate beyond all", { input: { lines: [1], taxRatePercent: 101 }, expected: { net: 1 } }, /A tax rate is 0 to 100 %/],
  [
    "an unknown event",
    { input: { ...PERIOD, quantity: 1, unitPrice: 1, events: [["2026-01-11", "burn"]] }, expected: { net: 0 } },
    /is no event/,
  ],
  ["no quantity", { input: { ...PERIOD, unitPrice: 1, events: [] }, expected: { net: 0 } }, /input\.quantity is missing/],
  [
    "an anchor elsewhere",
    { input: { ...AT, anchor: "2026-01-02T00:00:00Z" }, expected: { net: 0 } },
    /does not follow from input\.anchor/,
  ],
  [
    "an overpaid invoice",
    { input: { openInvoice: { gross: 1, paid: 2 }, creditNote: { gross: -1 } }, expected: { creditBalance: 1 } },
    /must not be negative/,
  ],
])("a case with %s is wrong, with a sentence", (_, goldenCase, sentence) => {
  expect(runCase(goldenCase, 7).wrong.join("\n")).toMatch(sentence);
});

test("a field of the input that is not used is named", () => {
  const before = { ...CHANGE.before, discount: 5 };
  const result = runCase({ name: "discount", input: { ...AT, before, mood: "good" }, expected: { net: 542 } }, 1);
  expect(result).toEqual({ name: "discount", wrong: [], unread: ["input.mood", "input.before.discount"] });
});

test("integers beyond 2^53 keep all their digits", () => {
  const [goldenCase] = readCases(
    `[{"input":{"lines":[9007199254740993],"taxRatePercent":10},"expected":{"net":9007199254740993}}]`,
  );
  expect(runCase(goldenCase, 1).wrong).toEqual([]);
  const [other] = readCases(`[{"input":{"lines":[9007199254740993],"taxRatePercent":10},"expected":{"net":9007199254740992}}]`);
  expect(runCase(other, 1).wrong).toEqual(["net: expected 9007199254740992, got 9007199254740993"]);
});

function command(...args: string[]): { code: number; printed: string[] } {
  const printed: string[] = [];
  return { code: billingGolden.runAlone(args, (line) => void printed.push(line)), printed };
}

function file(name: string, content: string | Buffer): string {
  const path = resolve(folder, name);
  writeFileSync(path, content);
  return path;
}

test("the command counts cases and wrong ones, and shows what differs without control characters", () => {
  const wrong = { name: "red \u001b[31m", input: AT, expected: { net: 1 } };
  const path = file("cases.json", JSON.stringify({ cases: [cases[0], wrong] }));
  expect(command(path)).toEqual({ code: 1, printed: ["wrong: red ?[31m", "  net: expected 1, got 542", "2 cases, 1 wrong"] });
  expect(command(file("right.json", JSON.stringify({ cases: [cases[0]] })))).toEqual({ code: 0, printed: ["1 cases, 0 wrong"] });
});

test("nothing of a hostile file reaches the terminal as a control character", () => {
  const evil = "\u001b]0;pwned\u0007\u009b2J\u202e\r\n";
  const paths = [
    file("key.json", JSON.stringify({ cases: [{ name: evil, input: { ...AT, [evil]: 1 }, expected: { [evil]: 1, net: 1 } }] })),
    file("value.json", JSON.stringify({ cases: [{ name: "x", input: { ...AT, changeAt: evil }, expected: { net: evil } }] })),
    file("kind.json", JSON.stringify({ cases: [{ name: "x", input: { [evil]: evil }, expected: { net: 1 } }] })),
    file("broken.json", `{"cases": ${evil}`),
    file(`name-${evil.replaceAll(/[\r\n]/g, "")}.json`, "[]"),
  ];
  for (const path of paths) {
    const { code, printed } = command(path);
    expect([path, code, /[\p{Cc}\p{Cf}]/u.test(printed.join(""))]).toEqual([path, 1, false]);
  }
});

test("a file that can't be read or holds no cases is an error with a sentence, never a pass", () => {
  mkdirSync(resolve(folder, "folder"));
  const unusable: [string, RegExp][] = [
    [resolve(folder, "missing.json"), /ENOENT/],
    [resolve(folder, "folder"), /It is no file/],
    ["/dev/zero", /It is no file/],
    [file("empty.json", ""), /It is not JSON/],
    [file("deep.json", "[".repeat(500_000)), /It is not JSON/],
    [file("bytes.json", Buffer.from([0x22, 0xff, 0x22])), /can't be read/],
    [file("none.json", `{"cases":[]}`), /no list of cases/],
    [file("null.json", "null"), /no list of cases/],
    [file("large.json", Buffer.alloc(17 * 2 ** 20, " ")), /larger than/],
  ];
  for (const [path, sentence] of unusable) {
    expect(command(path)).toEqual({ code: 1, printed: [expect.stringMatching(sentence)] });
  }
  expect(() => command()).toThrow("Name the JSON file");
  expect(() => command("a", "b")).toThrow("b is one argument too many");
});
