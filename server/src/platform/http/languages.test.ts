import { expect, test } from "vitest";
import { readLanguages } from "./languages.ts";

test.each([
  ["sv-SE", ["sv-SE"]],
  ["sv-SE,sv;q=0.9,en-US;q=0.8,en;q=0.7", ["sv-SE", "sv", "en-US", "en"]],
  ["en;q=0.5, tr ; q=0.8 ,lt", ["lt", "tr", "en"]],
  ["zh-Hant-TW;q=1.000", ["zh-Hant-TW"]],
  ["da, en;q=0", ["da"]],
  ["*", []],
  ["*;q=0.1, et", ["et"]],
])("the Accept-Language %j gives %j", (header, languages) => {
  expect(readLanguages(header)).toEqual(languages);
});

test.each([
  ["no value", undefined],
  ["an empty text", ""],
  ["an empty range", "sv,,en"],
  ["a weight above 1", "sv;q=1.5"],
  ["a weight that is not a number", "sv;q=x"],
  ["another parameter", "sv;level=1"],
  ["a tag with punctuation", `sv"; drop table members; --`],
  ["a tag with an underscore", "sv_SE"],
  ["an extension", "de-u-co-phonebk"],
  ["a subtag that is too long", "sv-abcdefghi"],
  ["more than ten ranges", "sv,".repeat(10) + "sv"],
  ["more than 500 characters", `sv${" ".repeat(500)},en`],
])("an Accept-Language with %s gives no languages", (_, header) => {
  expect(readLanguages(header)).toEqual([]);
});
