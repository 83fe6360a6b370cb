import { expect, test } from "vitest";
import { contrast, givenColour, readableOn } from "./colour.ts";

test("contrast is computed as WCAG defines it", () => {
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  expect(contrast("#123456", "#123456")).toBe(1);
});

test("initials have a contrast of 4.5:1 to any colour that a workspace chooses", () => {
  const steps = [0, 51, 102, 117, 119, 153, 204, 255];
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  for (const r of steps)
    for (const g of steps)
      for (const b of steps) {
        const colour = `#${hex(r)}${hex(g)}${hex(b)}`;
        expect([colour, contrast(colour, readableOn(colour)) >= 4.5]).toEqual([colour, true]);
      }
});

test("default colours are the same for the same id, use the whole palette and carry readable white text", () => {
  const ids = Array.from({ length: 40 }, (_, at) => `0192f0c1-7c3e-7000-8000-0000000000${at + 10}`);
  const colours = ids.map(givenColour);
  expect(ids.map(givenColour)).toEqual(colours);
  expect(new Set(colours).size).toBe(7);
  for (const colour of colours) expect(contrast(colour, "#ffffff")).toBeGreaterThanOrEqual(4.5);
});
