/** Names that people cannot tell apart, or take for another one. */

/** Letters and digits that look like Latin ones of the names that are kept (Unicode UTS #39, confusables.txt). */
const CONFUSABLES: Record<string, string> = {
  ...{ а: "a", α: "a", ь: "b", в: "b", ԁ: "d", е: "e", ε: "e", һ: "h", і: "i", ı: "i", ι: "i" },
  ...{ м: "m", μ: "m", п: "n", η: "n", о: "o", ο: "o", "0": "o", г: "r", ѕ: "s", т: "t", τ: "t", ѵ: "v", ν: "v", ԝ: "w", ω: "w" },
};

/**
 * What two names have in common that people cannot tell apart: compatible forms are one (NFKC, UAX #15), what does not show
 * (Default_Ignorable_Code_Point, UAX #44), space and case count for nothing.
 */
export function nameKey(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/[\p{Default_Ignorable_Code_Point}\s]/gu, "")
    .toLowerCase();
}

/** As it reads at a glance: Latin letters for those that look like them, and without signs, which nobody reads. */
export function lettersOf(name: string): string {
  return nameKey(name)
    .replace(/[\p{P}\p{S}]/gu, "")
    .replace(/[^a-z]/gu, (letter) => CONFUSABLES[letter] ?? letter);
}
