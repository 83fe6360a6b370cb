import { expect, test } from "vitest";
import { isMeta } from "./meta-key.ts";

test.each([
  [{ key: "Meta", metaKey: true }, true],
  // The keyup of Command itself no longer carries the modifier.
  [{ key: "Meta", metaKey: false }, true],
  [{ key: "OS", metaKey: false }, true],
  // Command went down while another program had the keyboard.
  [{ key: "k", metaKey: true }, true],
  [{ key: " ", metaKey: false }, false],
  [{ key: "Control", metaKey: false }, false],
])("the key event %o involves Command or the Windows key: %s", (event, expected) => {
  expect(isMeta(event)).toBe(expected);
});
