import { expect, test } from "vitest";
import { fold, foldings, joined, starts } from "#contract/fold.ts";
import { useServer } from "../testing/server.ts";
import { addressParts, searchWords } from "./search-words.ts";

const server = useServer();

test("the database folds every letter, mark and symbol as the contract does", async () => {
  const chars: string[] = [];
  for (let code = 1; code < 0x32000; code++) {
    const char = String.fromCodePoint(code);
    // Han and Hangul have as many characters as all the others, and neither case nor marks, so every hundredth is enough.
    const isBulk = /[\p{Script=Han}\p{Script=Hangul}]/u.test(char);
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{Cf}]/u.test(char) && (!isBulk || code % 100 === 0)) chars.push(char);
  }
  expect(chars.length).toBeGreaterThan(25_000);
  const rows = await server.database.query<{ char: string; key: string }>(
    "select char, search_key('x' || char || 'x') as key from unnest($1::text[]) char where unicode_assigned(char)",
    [chars],
  );
  expect(rows.length).toBeGreaterThan(25_000);
  const different = rows
    .filter(({ char, key }) => key !== fold(`x${char}x`))
    .map(({ char, key }) => [char, key, fold(`x${char}x`)]);
  expect(different).toEqual([]);
});

test.each([
  "Anne‑Marie O’Brien",
  "山田 花子",
  "김민준",
  "Jörg Müller-Åström",
  "  x  ",
  "สมชาย ใจดี",
  "\ufdfa".repeat(80),
  "🚀 Rocket",
  "ガス・タロウ ｦﾜ",
  "Desk ٤२ ๗",
  "מלך אברהם",
  "فاطمة کریمی على ٱ ہ",
])("the database splits %j into the words that the contract defines", async (name) => {
  const rows = await server.database.query<{ word: string }>(
    "select word from member_search_words($1, 'a@x.org') where field = 'name'",
    [name],
  );
  const stored = rows.map(({ word }) => word);
  expect(new Set(stored)).toEqual(new Set(foldings(name).flatMap(starts)));
  for (const word of stored) expect(Array.from(word).length).toBeLessThanOrEqual(40);
});

test("the database unifies each letter of other keyboards as the contract does", async () => {
  const letters = Array.from({ length: 0x3100 - 0x370 }, (_, at) => String.fromCodePoint(0x370 + at)).filter(
    (letter) => /[\p{L}\p{N}]/u.test(letter) && letter.normalize("NFKD") === letter,
  );
  const rows = await server.database.query<{ letter: string; word: string }>(
    "select letter, word from unnest($1::text[]) letter, search_starts('x' || letter) word where left(word, 1) = 'x'",
    [letters],
  );
  expect(rows).toHaveLength(letters.length);
  expect(rows.filter(({ letter, word }) => word !== joined(`x${letter}`))).toEqual([]);
});

test("searched words are as long as stored ones, there are at most six, and punctuation alone is no word", () => {
  expect(searchWords("a b c d e f g h", false)).toHaveLength(6);
  expect(searchWords("' - ’ ", false)).toEqual([]);
  expect(searchWords("Müller", false)).toEqual([{ spellings: ["muller", "mueller"], fields: ["name"] }]);
  expect(searchWords("x".repeat(90), true)).toEqual([{ spellings: [joined("x".repeat(90))], fields: ["name", "email"] }]);
});

test("an address is searched for in its stored form", () => {
  expect(searchWords("ADA@Müller.example", true)).toEqual([{ spellings: ["ada@xn--mller-kva.example"], fields: ["email"] }]);
  expect(searchWords("@müller.example", true)).toEqual([{ spellings: ["@xn--mller-kva.example"], fields: ["email"] }]);
  expect(searchWords("ada@ex", true)).toEqual([{ spellings: ["ada@ex"], fields: ["email"] }]);
  expect(addressParts("Müller")).toEqual(["müller", "xn--mller-kva"]);
});
