import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/folders.ts";
import { readCatalogue, readCatalogueFile } from "./catalogue.ts";
import { billingCheck } from "./check-command.ts";

const FILE = fileURLToPath(new URL("sample-catalogue.json", import.meta.url));
type Json = Record<string, any>;
const sample = (): Json => JSON.parse(readFileSync(FILE, "utf8"));

function problemsOf(catalogue: unknown): string[] {
  return readCatalogue(Buffer.from(JSON.stringify(catalogue))).problems ?? [];
}

function changed(change: (catalogue: Json) => void): Json {
  const catalogue = sample();
  change(catalogue);
  return catalogue;
}

test("the sample catalogue can be used", () => {
  expect(problemsOf(sample())).toEqual([]);
});

test("all that has a default may be left out: 14 days of trial, 14 to pay, three reminders", () => {
  const { issuer, currency, plans, tax } = sample();
  expect(readCatalogue(Buffer.from(JSON.stringify({ issuer, currency, plans: plans.slice(1), tax }))).catalogue).toMatchObject({
    ...{ addOns: [], trial: { days: 14, perOwner: 3 }, dueDays: 14, series: "workspace", archiveYears: 0 },
    dunning: { remindAfterDays: [1, 7, 14], restrictAfterDays: 21, putOffHours: 72 },
  });
});

test.each<[string, (catalogue: Json) => void, string]>([
  ["an unknown field", (all) => (all["discount"] = 5), "There is no field discount."],
  ["an unknown field further in", (all) => (all["plans"][1].colour = "red"), "plans[1]: There is no field colour."],
  ["a period that is not sold", (all) => (all["plans"][1].prices = { week: 200 }), "plans[1].prices: There is no field week."],
  ["a text for a list", (all) => (all["tax"] = ""), "tax: Use a list."],
  ["an enormous number", (all) => (all["dueDays"] = 1e308), "dueDays: Use a whole number from 0 to 120."],
  [
    "an add-on that is included five times",
    (all) => (all["plans"][1].includes = Array(5).fill("recording")),
    "plans[1].includes: List each add-on once.",
  ],
  [
    "a reminder on no day",
    (all) => (all["dunning"].remindAfterDays = [1, -7, 14]),
    "dunning.remindAfterDays[1]: Use a whole number from 1 to 365.",
  ],
  ["no currency", (all) => delete all["currency"], "currency: It is missing."],
  ["no name of the issuer", (all) => delete all["issuer"].name, "issuer.name: It is missing."],
  ["an invisible name", (all) => (all["issuer"].name = "Acme\u200b"), "issuer.name: Remove the invisible characters."],
  ["a long name", (all) => (all["issuer"].name = "x".repeat(201)), "issuer.name: Use at most 200 characters."],
  ["UK as a country", (all) => (all["issuer"].address.country = "UK"), "issuer.address.country: Use GB for the United Kingdom."],
  [
    "a VAT id without its prefix",
    (all) => (all["issuer"].taxId = "123456789"),
    "issuer.taxId: Use the VAT id with its prefix, such as DE123456789.",
  ],
  [
    "a mistyped IBAN",
    (all) => (all["issuer"].bank.iban = "DE02120300000000202052"),
    "issuer.bank.iban: This is no IBAN: its check digits are wrong.",
  ],
  ["no account", (all) => delete all["issuer"].bank.iban, "issuer.bank: Give either iban, or account and routing."],
  ["an unknown currency", (all) => (all["currency"].code = "EURO"), "currency.code: Use at most 3 characters."],
  [
    "a withdrawn currency",
    (all) => (all["currency"].code = "DEM"),
    "currency.code: Use a currency code of ISO 4217, such as EUR.",
  ],
  ["digits of another currency", (all) => (all["currency"].code = "JPY"), "currency.digits: JPY has 0 digits (ISO 4217)."],
  [
    "a price with a decimal point",
    (all) => (all["plans"][1].prices.month = 8.5),
    "plans[1].prices.month: Use a whole number of minor units that is not negative, such as 800 for 8.00 EUR.",
  ],
  [
    "a price in a text",
    (all) => (all["plans"][1].prices.month = "800"),
    "plans[1].prices.month: Use a whole number of minor units that is not negative, such as 800 for 8.00 EUR.",
  ],
  [
    "a negative price",
    (all) => (all["plans"][1].prices.year = -1),
    "plans[1].prices.year: Use a whole number of minor units that is not negative, such as 800 for 8.00 EUR.",
  ],
  ["a plan without a price", (all) => (all["plans"][1].prices = {}), "plans[1].prices: Give a price for month, year or both."],
  [
    "a price beyond what can be reckoned",
    (all) => (all["plans"][1].prices.year = 10 ** 11),
    "plans[1].maxSeats: All licences together cost more than can be reckoned: lower maxSeats or the price.",
  ],
  ["no plan", (all) => Object.assign(all, { plans: [], trial: {} }), "plans: List at least one plan."],
  [
    "two plans of one id",
    (all) => Object.assign(all, { trial: {}, plans: all["plans"].with(2, { ...all["plans"][2], id: "team" }) }),
    "plans[2].id: There are two with the id team.",
  ],
  [
    "two free plans",
    (all) => (all["plans"][1].prices = { month: 0, year: 0 }),
    "plans[1].prices: Only one plan can cost nothing.",
  ],
  [
    "a plan's id with capitals",
    (all) => (all["plans"][0].id = "Free"),
    "plans[0].id: Use lower-case letters, digits and _, and begin with a letter.",
  ],
  [
    "an unknown add-on",
    (all) => (all["addOns"][0].id = "fax"),
    "addOns[0].id: Use recording, transcription, dial_out, instant_messaging.",
  ],
  [
    "an add-on that isn't sold by the year",
    (all) => delete all["addOns"][0].prices.year,
    "addOns[0].prices: A plan is sold by the year, so recording needs a price for it.",
  ],
  ["a trial of an unknown plan", (all) => (all["trial"].plan = "gold"), "trial.plan: There is no plan with the id gold."],
  ["a trial of two years", (all) => (all["trial"].days = 730), "trial.days: Use a whole number from 0 to 365."],
  ["an unknown tax category", (all) => (all["tax"][0].category = "VAT"), "tax[0].category: Use S, Z, E, AE, G, O."],
  [
    "reverse charge with a rate",
    (all) => (all["tax"][1].rate = 19),
    "tax[1].rate: Category AE charges no tax, so its rate is 0.",
  ],
  [
    "reverse charge without a reason",
    (all) => delete all["tax"][1].reason,
    "tax[1].reason: Category AE needs a reason, which stands on the document.",
  ],
  [
    "reverse charge for people",
    (all) => delete all["tax"][1].buyers,
    'tax[1].buyers: Reverse charge is for buyers: "business" alone.',
  ],
  [
    "a standard rate of 0",
    (all) => (all["tax"][0].rate = 0),
    "tax[0].rate: Category S charges tax. For a rate of 0 use Z, E, AE, G or O.",
  ],
  [
    "a rate with five decimals",
    (all) => (all["tax"][0].rate = 19.00001),
    "tax[0].rate: Use 0 to 100 per cent with at most four decimals.",
  ],
  ["no row for everyone else", (all) => all["tax"].pop(), 'tax: End with a row for everyone else: "countries": ["any"].'],
  [
    "a row that no buyer reaches",
    (all) => all["tax"].unshift({ countries: ["any"], category: "S", rate: 19 }),
    "tax[1]: No buyer gets here: the row before it is for everyone.",
  ],
  ["any beside a country", (all) => (all["tax"][0].countries = ["any", "DE"]), "tax[0].countries: any stands alone."],
  [
    "reminders out of order",
    (all) => (all["dunning"].remindAfterDays = [7, 1]),
    "dunning.remindAfterDays: List the days from the first reminder to the last.",
  ],
  [
    "a restriction before the last reminder",
    (all) => (all["dunning"].restrictAfterDays = 14),
    "dunning.restrictAfterDays: Restrict after the last reminder, not before.",
  ],
  ["an unknown series", (all) => (all["series"] = "country"), "series: Use workspace, issuer."],
  ["an archive of a century", (all) => (all["archiveYears"] = 100), "archiveYears: Use a whole number from 0 to 30."],
])("a catalogue with %s is refused with one sentence", (_, change, sentence) => {
  expect(problemsOf(changed(change))).toEqual([sentence]);
});

test("a catalogue with too much of anything is refused", () => {
  const many = (count: number, make: (at: number) => unknown) => Array.from({ length: count }, (_, at) => make(at));
  const plan = (at: number) => ({ id: `p${at}`, name: `P${at}`, prices: { month: 100, year: 100 } });
  const row = { countries: ["DE"], category: "S", rate: 19 };
  const trial = {};
  expect(problemsOf({ ...sample(), trial, plans: many(21, plan) })).toEqual(["plans: List at most 20 plans."]);
  expect(problemsOf({ ...sample(), tax: [...many(300, () => row), sample()["tax"].at(-1)] })).toEqual([
    "tax: List at most 300 rows.",
  ]);
  expect(problemsOf(changed(({ addOns }) => addOns.push(addOns[0])))).toEqual(["addOns: List each add-on once."]);
  expect(problemsOf(changed(({ dunning }) => (dunning.remindAfterDays = [1, 2, 3, 4, 5, 6])))).toEqual([
    "dunning.remindAfterDays: Use at most 5 reminders.",
  ]);
});

test("a file that is no catalogue at all has one problem, even if it is large or deep", () => {
  const problems = (text: string | Buffer) => readCatalogue(Buffer.from(text)).problems;
  expect(problems("")).toEqual([expect.stringMatching(/^It is not JSON/)]);
  expect(problems("[".repeat(500_000))).toEqual([expect.stringMatching(/^It is not JSON/)]);
  expect(problems(Buffer.from([0xff]))).toEqual([expect.stringMatching(/^It is not JSON in UTF-8/)]);
  for (const value of ["null", "1", "[]", '"x"']) expect(problems(value)).toEqual(["Use an object."]);
  expect(readCatalogueFile("/dev/zero").problems).toEqual(["It is no file."]);
  expect(readCatalogueFile("/nowhere").problems).toEqual([expect.stringMatching(/^It can't be read \(ENOENT/)]);
});

function check(...args: string[]): { code: number; printed: string[] } {
  const printed: string[] = [];
  return { code: billingCheck.runAlone(args, (line) => void printed.push(line)), printed };
}

test("the command says in words what a catalogue sells, and what ten licences cost", () => {
  const { code, printed } = check(FILE);
  expect(code).toBe(0);
  expect(printed).toContain("Plan Team: 8.00 EUR a month, 80.00 EUR a year for each of up to 100000 licences");
  expect(printed).toContain("Example: 10 licences of Team for a month in DE: 80.00 EUR + 15.20 EUR (19 %) = 95.20 EUR");
  expect(printed.at(-1)).toBe(`${FILE} can be used.`);
});

test("the command names texts that documents can't show, and accepts the catalogue", () => {
  const file = join(temporaryFolder("whoot-catalogue-"), "billing.json");
  writeFileSync(
    file,
    JSON.stringify(
      changed(({ issuer, plans, tax }) => {
        issuer.name = "株式会社";
        issuer.address.lines = ["Musterstraße 1", "שלום"];
        plans[1].name = "Team 🎤";
        tax[1].reason = "ok";
      }),
    ),
  );
  const { code, printed } = check(file);
  expect([code, printed.at(-1)]).toEqual([0, `${file} can be used.`]);
  expect(printed.filter((line) => line.startsWith("Note: "))).toEqual([
    expect.stringMatching(/^Note: issuer: name: .*: 株 式 会 社\. /),
    expect.stringMatching(/^Note: issuer: address: .*right to left: ש ל ו ם\. /),
    expect.stringMatching(/^Note: plans\[1\]\.name: .*: 🎤\. /u),
  ]);
});

test("the command prints nothing of a hostile catalogue as a control character", () => {
  const evil = "\u001b]0;pwned\u0007\u009b2J\u202e\r\n";
  const folder = temporaryFolder("whoot-catalogue-");
  const texts = [
    `{"currency": ${evil}`,
    JSON.stringify({ [evil]: 1 }),
    JSON.stringify(changed(({ plans }) => (plans[0].name = evil))),
    JSON.stringify(changed(({ tax }) => (tax[0].reason = evil))),
  ];
  for (const [at, text] of texts.entries()) {
    const file = join(folder, `${at}.json`);
    writeFileSync(file, text);
    expect([at, /[\p{Cc}\p{Cf}]/u.test(check(file).printed.join(""))]).toEqual([at, false]);
  }
});

test("the command lists every problem and ends with 1", () => {
  expect(check("/nowhere")).toEqual({ code: 1, printed: ["/nowhere can't be used:", expect.stringMatching(/ENOENT/)] });
  expect(() => check()).toThrow("Name the JSON file");
  expect(() => check("a", "b")).toThrow("b is one argument too many");
});
