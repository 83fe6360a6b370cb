/** Prefix search for words, in tables that hold one word per row: migrations/0026_finding_names.sql. */
import { domainToASCII } from "node:url";
import { type RawBuilder, sql } from "kysely";
import { plainText, readAddress } from "#contract/addresses.ts";
import { foldings, joined, MAX_WORD } from "#contract/fold.ts";

/** One word to find, by its beginning. */
export interface SearchWord {
  /** Any of these matches: `muller` and `mueller`. They are spelled as the words are stored. */
  spellings: string[];
  fields: Array<"name" | "email">;
}

/** Each word is one index lookup. */
const MAX_WORDS = 6;
/** Longest part of the search text that is read as an address, in characters. */
const MAX_ADDRESS = 320;

/** A whole address or the beginning of one. `@müller.example` finds a domain. */
function addressOf(typed: string): string {
  const whole = typed.startsWith("@") ? readAddress(`a${typed}`)?.slice(1) : readAddress(typed);
  return whole ?? typed.toLowerCase();
}

/** Matches characters that no name contains. Text with one of them is searched for as it is. */
const OTHER_SIGN = /[^\p{L}\p{M}\p{N}\p{Pd}\s.,'’‘ʼ´`]/u;

/**
 * The forms of a typed name that an address may contain: `o'connor@…` for O’Connor, `mueller@…` for Müller.
 * @returns the spellings of each word, or nothing when the text is not a name
 */
export function nameParts(typed: string): string[][] {
  if (OTHER_SIGN.test(typed)) return [];
  return searchWords(typed, false).map(({ spellings }) => spellings);
}

/** Parts of addresses that match the typed text. Addresses are stored with their domain in ASCII, so `müller` must match müller.example. */
export function addressParts(typed: string): string[] {
  const plain = plainText(typed.replaceAll("\0", "").slice(0, MAX_ADDRESS)).trim().toLowerCase();
  return [...new Set([plain, addressOf(plain), domainToASCII(plain)])].filter(Boolean);
}

/**
 * The words to search for. Addresses are searched only for members who may see them: otherwise the results would reveal addresses, guess
 * by guess.
 */
export function searchWords(search: string, maySeeAddresses: boolean): SearchWord[] {
  const fields: SearchWord["fields"] = maySeeAddresses ? ["name", "email"] : ["name"];
  return search
    .replaceAll("\0", "")
    .split(/\s+/, 2 * MAX_WORDS)
    .map((typed): SearchWord => {
      if (maySeeAddresses && typed.includes("@"))
        return { spellings: [addressOf(typed.slice(0, MAX_ADDRESS))], fields: ["email"] };
      return { spellings: [...new Set(foldings(typed.slice(0, 4 * MAX_WORD)).map(joined))].filter(Boolean), fields };
    })
    .filter(({ spellings }) => spellings.length > 0)
    .slice(0, MAX_WORDS);
}

/** The last code point. No word that begins with `word` sorts after `word + END`. */
const END = String.fromCodePoint(0x10ffff);

/** Whether the row `w` of a table of words matches. */
export function matches({ spellings, fields }: SearchWord): RawBuilder<boolean> {
  const begins = spellings.map((word) => sql`(w.word >= ${word} and w.word < ${word + END})`);
  return sql<boolean>`(w.field = any (${fields}) and (${sql.join(begins, sql` or `)}))`;
}
