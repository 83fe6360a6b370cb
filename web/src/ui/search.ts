import { foldings, joined, starts } from "#contract/fold.ts";

/** Lower case, with every apostrophe as ' and every dash as -. */
function plain(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\u2018\u2019\u02bc\u00b4]/g, "'")
    .replace(/\p{Pd}/gu, "-")
    .toLowerCase();
}

/** 3 at the beginning, 2 at the beginning of a word, 1 anywhere else, 0 not found. */
function rankLiteral(text: string, sought: string): number {
  if (text.startsWith(sought)) return 3;
  for (let index = text.indexOf(sought); index >= 0; index = text.indexOf(sought, index + 1)) {
    if (!/[\p{L}\p{N}]$/u.test(text.slice(0, index))) return 2;
  }
  return text.includes(sought) ? 1 : 0;
}

/** Like `rankLiteral`, but ignores spaces and signs: `oconnor` finds O'Connor. */
function rankLetters(text: string, sought: string): number {
  const letters = joined(sought);
  if (letters === "") return 0;
  const index = starts(text).findIndex((word) => word.startsWith(letters));
  if (index >= 0) return index === 0 ? 3 : 2;
  return joined(text).includes(letters) ? 1 : 0;
}

function rankPhrase(query: string, text: string): number {
  const literal = rankLiteral(plain(text), plain(query));
  const letters = foldings(text).flatMap((folded) => foldings(query).map((sought) => rankLetters(folded, sought)));
  return Math.max(literal, ...letters);
}

/**
 * How well a query matches: 3 at the beginning of the text, 2 at the beginning of a word, 1 anywhere else, or
 * when each of its words is found somewhere; 0 not at all. An empty query gives 1. Letters are compared as on the server (contract/fold.ts).
 */
export function fit(query: string, text: string): number {
  const sought = query.trim();
  if (sought === "") return 1;
  const whole = rankPhrase(sought, text);
  if (whole > 0) return whole;
  return sought.split(/\s+/).every((word) => rankPhrase(word, text) > 0) ? 1 : 0;
}

/** The items that match, best first; equal matches keep their order. */
export function search<Item>(query: string, items: readonly Item[], textOf: (item: Item) => string): Item[] {
  return items
    .map((item) => ({ item, fits: fit(query, textOf(item)) }))
    .filter(({ fits }) => fits > 0)
    .sort((a, b) => b.fits - a.fits)
    .map(({ item }) => item);
}
