/** Set operations of ES2025, for browsers without them. None changes its arguments. */
export const union = <Item>(a: ReadonlySet<Item>, b: Iterable<Item>) => new Set([...a, ...b]);
export const without = <Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>) => new Set([...a].filter((item) => !b.has(item)));
export const common = <Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>) => new Set([...a].filter((item) => b.has(item)));
export const differing = <Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>) => union(without(a, b), without(b, a));
/** Without the item if it was there, else with it. */
export const toggled = <Item>(a: ReadonlySet<Item>, item: Item) => differing(a, new Set([item]));
