import { expect, test } from "vitest";
import { makeRecoveryCodes } from "./recovery-codes.ts";

test("a recovery code has ten random characters of 32, which are 50 bits, and the codes of a set differ", async () => {
  const sets = [await makeRecoveryCodes("ada"), await makeRecoveryCodes("ada")];
  const codes = sets.flatMap((set) => set.codes);
  expect(codes).toHaveLength(20);
  for (const code of codes) expect(code).toMatch(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/);
  expect(new Set(codes).size).toBe(20);
  // Of 200 characters more than 24 of the 32 are there: fewer happen once in a million sets.
  expect(new Set(codes.join("").replaceAll("-", "")).size).toBeGreaterThan(24);
  expect(sets[0]?.salt.equals(sets[1]?.salt ?? Buffer.alloc(0))).toBe(false);
});
