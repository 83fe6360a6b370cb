import { setImmediate } from "node:timers/promises";

/** Milliseconds of computing before other work gets a turn. */
const SLICE_MS = 4;

/** Like `items.map(map)`, but lets other work run in between. One call of `map` must be short: a millisecond at most. */
export async function mapInSlices<Item, Result>(items: readonly Item[], map: (item: Item) => Result): Promise<Result[]> {
  const results: Result[] = [];
  let begun = performance.now();
  for (const item of items) {
    results.push(map(item));
    if (performance.now() - begun < SLICE_MS) continue;
    await setImmediate();
    begun = performance.now();
  }
  return results;
}
