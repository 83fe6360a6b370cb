/** Searches for words by their beginning, in tables that hold a word per row: migrations/0007_members.sql says why. */
import { type RawBuilder, sql } from "kysely";

/** A word that is looked for, at the beginning of a word. */
export interface SearchWord {
  word: string;
  fields: Array<"name" | "email">;
}

/** As a word is cut in the database (member_search_words). */
const SEPARATORS = /[\s!-/:-@[-`{-~]+/;
/** Each is a look into the index. */
const MOST_WORDS = 6;

/**
 * What a search looks for. Addresses only for those who may see them: otherwise a list would tell, guess by guess, whose address
 * begins with what.
 */
export function searchWords(search: string, maySeeAddresses: boolean): SearchWord[] {
  const fields: SearchWord["fields"] = maySeeAddresses ? ["name", "email"] : ["name"];
  return search
    .replaceAll("\0", "")
    .split(/\s+/)
    .flatMap((typed): SearchWord[] =>
      maySeeAddresses && typed.includes("@")
        ? [{ word: typed, fields: ["email"] }]
        : typed.split(SEPARATORS).map((word) => ({ word, fields })),
    )
    .filter(({ word }) => word !== "")
    .slice(0, MOST_WORDS);
}

/** The last character there is: no word that begins with `word` comes after it. */
const END = sql`chr(1114111)`;

/** Whether the row `w` of a table of words is what is looked for. */
export const matches = ({ word, fields }: SearchWord): RawBuilder<boolean> =>
  sql<boolean>`(w.field = any (${fields}) and w.word >= search_key(${word}) and w.word < search_key(${word}) || ${END})`;
