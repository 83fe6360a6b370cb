/** What ES2025 brings to Set, for the browsers that do not have it yet. Nothing here changes what it is given. */
export const union = <Item>(a: ReadonlySet<Item>, b: Iterable<Item>) => new Set([...a, ...b]);
export const without = <Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>) => new Set([...a].filter((item) => !b.has(item)));
export const common = <Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>) => new Set([...a].filter((item) => b.has(item)));
export const differing = <Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>) => union(without(a, b), without(b, a));
/** With the item, or where it was there already, without. */
export const toggled = <Item>(a: ReadonlySet<Item>, item: Item) => differing(a, new Set([item]));
