import { expect, test } from "vitest";
import { barsOf, seekByKey, timeAt } from "./waveform.ts";

test("a waveform keeps its peaks in fewer bars, and repeats values in more bars", () => {
  expect(barsOf([0, 100, 0, 20], 2)).toEqual([1, 0.2]);
  expect(barsOf([10, 50], 4)).toEqual([0.1, 0.1, 0.5, 0.5]);
  expect(barsOf([], 3)).toEqual([0, 0, 0]);
});

test("a click outside the waveform maps to its beginning or end", () => {
  expect(timeAt(50, 200, 8_000)).toBe(2);
  expect(timeAt(-9, 200, 8_000)).toBe(0);
  expect(timeAt(999, 200, 8_000)).toBe(8);
  expect(timeAt(5, 0, 8_000)).toBe(0);
});

test("arrow keys, Home and End seek within the recording, and other keys do nothing", () => {
  expect(seekByKey("ArrowRight", 2, 8_000)).toBe(3);
  expect(seekByKey("ArrowLeft", 0.5, 8_000)).toBe(0);
  expect(seekByKey("End", 0, 8_000)).toBe(8);
  expect(seekByKey("Tab", 2, 8_000)).toBe(null);
});
