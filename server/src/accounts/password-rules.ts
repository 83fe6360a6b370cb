/**
 * Which new passwords are refused (NIST SP 800-63B-4 §3.1.1.2): too short, common, or made of names and addresses that others know of the
 * person. Takes well under a millisecond for the longest password, as it runs on the thread that carries audio.
 */
import { dictionary } from "@zxcvbn-ts/language-common";
import { MIN_PASSWORD_ALONE, MIN_PASSWORD_WITH_FACTOR, passwordLength, tooShort } from "#contract/passwords.ts";
import { Refusal } from "../platform/refusal.ts";

const COMMON: ReadonlySet<string> = new Set(dictionary["passwords-common"]);

/** Rows of keys and letters that passwords often repeat. */
const ROWS = ["1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"].flatMap((row) => [
  row.repeat(20),
  Array.from(row).reverse().join("").repeat(20),
]);

/** Shorter context words are ignored. */
const MIN_WORD = 3;
/** Letters that must be left when all context words are removed. */
const MIN_OWN_LETTERS = 4;

const fold = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const withoutEnds = (text: string) => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");

/** The shortest text of which this is a repetition: "abcabcab" → "abc". Linear (Knuth, Morris, Pratt). */
function unitOf(text: string): string {
  const borders: number[] = [0];
  for (let i = 1, border = 0; i < text.length; i++) {
    while (border > 0 && text[i] !== text[border]) border = borders[border - 1] ?? 0;
    if (text[i] === text[border]) border += 1;
    borders.push(border);
  }
  return text.slice(0, text.length - (borders.at(-1) ?? 0));
}

function isCommon(password: string): boolean {
  const folded = fold(password);
  const core = withoutEnds(folded);
  if (ROWS.some((row) => row.includes(folded) || (core.length > MIN_OWN_LETTERS && row.includes(core)))) return true;
  const units = [folded, core].map(unitOf);
  if (units.some((unit) => unit.length > 0 && unit.length < MIN_OWN_LETTERS)) return true;
  return [folded, core, ...units].some((text) => COMMON.has(text));
}

/** Whether too little is left of the password without these words. */
function isMadeOf(password: string, words: readonly string[]): boolean {
  let rest = fold(password);
  let found = false;
  for (const word of words) {
    if (!rest.includes(word)) continue;
    found = true;
    rest = rest.replaceAll(word, " ");
  }
  return found && rest.replace(/[^\p{L}]/gu, "").length < MIN_OWN_LETTERS;
}

/** Words from names and addresses, the longest first, so that a part of a word is not taken out before the whole. */
function wordsOf(texts: readonly string[]): string[] {
  const words = texts.flatMap((text) => {
    const folded = fold(text);
    const parts = folded.split(/[^\p{L}\p{N}]+/u);
    return [...parts, parts.join("")];
  });
  return [...new Set(words)].filter((word) => word.length >= MIN_WORD).sort((a, b) => b.length - a.length);
}

export interface NewPasswordCheck {
  password: string;
  /** The request's field that holds it. */
  field: string;
  hasSecondFactor: boolean;
  /** Names, addresses and slugs that are known of the person. */
  known: readonly string[];
}

/** The most words that are looked for, because a person may be in hundreds of workspaces. */
const MAX_WORDS = 1_000;

/** @throws Refusal invalid_input, with a message for the field */
export function assertGoodPassword({ password, field, hasSecondFactor, known }: NewPasswordCheck): void {
  const min = hasSecondFactor ? MIN_PASSWORD_WITH_FACTOR : MIN_PASSWORD_ALONE;
  const refuse = (message: string) => new Refusal("invalid_input", { detail: message, fields: [{ path: field, message }] });
  if (passwordLength(password) < min) throw refuse(tooShort(min));
  if (isCommon(password)) throw refuse("That is one of the first passwords that anybody would try. Choose another.");
  if (isMadeOf(password, wordsOf(["whoot", ...known]).slice(0, MAX_WORDS))) {
    throw refuse("That is made of names that others know. Add a few words of your own.");
  }
}

/** The parts of an address that others know of a person: before and after the @. */
export const partsOfAddress = (email: string) => email.split("@");
