import { expect, test } from "vitest";
import { contrast, readableOn } from "./colour.ts";

test("contrast is that of WCAG", () => {
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  expect(contrast("#123456", "#123456")).toBe(1);
});

test("whatever colour a workspace chooses, its initials can be read on it", () => {
  const steps = [0, 51, 102, 117, 119, 153, 204, 255];
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  for (const r of steps)
    for (const g of steps)
      for (const b of steps) {
        const colour = `#${hex(r)}${hex(g)}${hex(b)}`;
        expect([colour, contrast(colour, readableOn(colour)) >= 4.5]).toEqual([colour, true]);
      }
});
