/** Keys by which names that look alike are found. */

/** Letters and digits that look like Latin letters (Unicode UTS #39, confusables.txt). Covers the letters of the reserved names only. */
const CONFUSABLES: Record<string, string> = {
  ...{ а: "a", α: "a", ь: "b", в: "b", ԁ: "d", е: "e", ε: "e", һ: "h", і: "i", ı: "i", ι: "i" },
  ...{ м: "m", μ: "m", п: "n", η: "n", о: "o", ο: "o", "0": "o", г: "r", ѕ: "s", т: "t", τ: "t", ѵ: "v", ν: "v", ԝ: "w", ω: "w" },
};

/**
 * The same key for names that differ only in compatibility forms (NFKC, UAX #15), invisible characters (Default_Ignorable_Code_Point, UAX #44),
 * spaces or case.
 */
export function nameKey(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/[\p{Default_Ignorable_Code_Point}\s]/gu, "")
    .toLowerCase();
}

/** The name as people read it at a glance: look-alikes replaced by Latin letters, punctuation and symbols removed. */
export function lettersOf(name: string): string {
  return nameKey(name)
    .replace(/[\p{P}\p{S}]/gu, "")
    .replace(/[^a-z]/gu, (letter) => CONFUSABLES[letter] ?? letter);
}
