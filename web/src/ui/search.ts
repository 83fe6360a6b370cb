/** As people type it: without case, accents and compatibility forms. */
function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * How well what was typed fits: 0 not at all (each of its words must be somewhere), 1 somewhere, 2 at the beginning of a word,
 * 3 at the beginning. An empty query fits everything alike.
 */
export function fit(query: string, text: string): number {
  const [sought, found] = [plain(query).trim(), plain(text)];
  if (sought === "") return 1;
  if (!sought.split(/\s+/).every((word) => found.includes(word))) return 0;
  if (found.startsWith(sought)) return 3;
  for (let at = found.indexOf(sought); at >= 0; at = found.indexOf(sought, at + 1)) {
    if (!/[\p{L}\p{N}]$/u.test(found.slice(0, at))) return 2;
  }
  return 1;
}

/** Those that fit, best first, otherwise in the order they came in. */
export function search<Item>(query: string, items: readonly Item[], textOf: (item: Item) => string): Item[] {
  return items
    .map((item) => ({ item, fits: fit(query, textOf(item)) }))
    .filter(({ fits }) => fits > 0)
    .sort((a, b) => b.fits - a.fits)
    .map(({ item }) => item);
}
