import { expect, test } from "vitest";
import { mapInSlices } from "./slices.ts";

test("mapInSlices lets other work run in between, and keeps the order", async () => {
  let done = 0;
  let seenByOthers = 0;
  setImmediate(() => (seenByOthers = done));
  const spin = (item: number) => {
    for (const begun = performance.now(); performance.now() - begun < 5;);
    done += 1;
    return 2 * item;
  };
  expect(await mapInSlices([1, 2, 3], spin)).toEqual([2, 4, 6]);
  expect(seenByOthers).toBe(1);
});
