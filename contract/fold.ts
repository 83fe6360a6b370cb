/**
 * Folds names for search, so that people find them with any keyboard. The database has the same function, search_key
 * (migrations 0026 and 0060). server/src/platform/search-words.test.ts checks that both give the same results.
 */
import { LETTERS } from "./letters.ts";

const ASCII = new Map(
  LETTERS.trim()
    .split(/\s+/)
    .map((pair) => {
      const [letter = ""] = pair;
      return [letter, pair.slice(letter.length)];
    }),
);

const SEPARATORS = /[\p{P}\p{Z}\p{Cc}$+<=>^`|~]/gu;
/** Needs the flag u: letters beyond the BMP are two code units. */
const NOT_ASCII = /[^\0-\x7f]/gu;
/** Scripts without spaces between words, where a search may begin at any letter. Of Hangul, the leading consonants, into which NFKD splits it. */
const UNSPACED =
  /[\u0e00-\u0fff\u1000-\u109f\u1100-\u115f\u1780-\u17ff\u2e80-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u9fff\ua960-\ua97f\u{20000}-\u{3ffff}]/u;

/**
 * Letters that another keyboard writes differently, and how they are compared: katakana as hiragana, digits of any script, Hebrew's final
 * letters, Persian's and Urdu's forms of Arabic letters.
 */
const UNIFIED = new Map<string, string>([
  ...Array.from({ length: 0x56 }, (_, at): [string, string] => [
    String.fromCodePoint(0x30a1 + at),
    String.fromCodePoint(0x3041 + at),
  ]),
  ["ヽ", "ゝ"],
  ...Array.from("٠۰०০੦૦୦௦౦೦൦๐໐༠၀០᠐").flatMap((zero) =>
    Array.from({ length: 10 }, (_, digit): [string, string] => [
      String.fromCodePoint((zero.codePointAt(0) ?? 0) + digit),
      String(digit),
    ]),
  ),
  ...Object.entries({ ך: "כ", ם: "מ", ן: "נ", ף: "פ", ץ: "צ", ک: "ك", ی: "ي", ى: "ي", ة: "ه", ہ: "ه", ٱ: "ا" }),
]);

/** German and Nordic names in ASCII: two letters for one (DIN 5007-2; ICAO Doc 9303-3 §6). */
const EXPANDED: Record<string, string> = { ä: "ae", ö: "oe", ü: "ue", å: "aa", ø: "oe" };

/** How many characters of a word are compared. */
export const MAX_WORD = 40;
/** Characters of a folded name at which a word may begin. Folding makes up to 18 characters of one letter. */
const MAX_LETTERS = 400;

/**
 * Unifies compatibility forms and case, removes marks, turns Latin letters into ASCII and separators into spaces.
 * Never store a folded name or use it as an identity.
 */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/[\p{M}\p{Cf}]/gu, "")
    .toUpperCase()
    .toLowerCase()
    .replaceAll("ς", "σ")
    .replaceAll(NOT_ASCII, (letter) => ASCII.get(letter) ?? letter)
    .replaceAll(SEPARATORS, " ");
}

/** The ways to write a name in ASCII, `muller` and `mueller`; only one if they are the same. */
export function foldings(text: string): string[] {
  const plain = fold(text);
  const expanded = text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[äöüåø]/g, (letter) => EXPANDED[letter] ?? letter);
  return [...new Set([plain, fold(expanded)])];
}

const unified = (letter: string) => UNIFIED.get(letter) ?? letter;

/** Removes the spaces, unifies what other keyboards write, and cuts the result to MAX_WORD characters. */
export function joined(folded: string): string {
  return Array.from(folded.replaceAll(" ", ""), unified).slice(0, MAX_WORD).join("");
}

/** For each word, the text from its start to the name's end, joined. A search matches when it begins one of these. */
export function starts(folded: string): string[] {
  const letters = Array.from(folded, unified);
  return letters.slice(0, MAX_LETTERS).flatMap((letter, at) => {
    const before = letters[at - 1] ?? " ";
    return letter !== " " && (before === " " || UNSPACED.test(letter)) ? [joined(letters.slice(at).join(""))] : [];
  });
}
