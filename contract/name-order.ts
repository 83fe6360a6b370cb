/**
 * Compares names for complete lists: by the alphabet of the reader's language, with numbers by value.
 * @param languages BCP 47 tags, the preferred one first. Malformed tags are ignored; English is the fallback.
 */
export function nameOrder(languages: readonly string[]): (one: string, other: string) => number {
  return new Intl.Collator([...languages.filter(isTag), "en"], { numeric: true }).compare;
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
