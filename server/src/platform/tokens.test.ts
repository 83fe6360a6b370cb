import { expect, test } from "vitest";
import { hashToken, makeToken } from "./tokens.ts";

test("a token has 256 random bits, and is stored as its hash", () => {
  const tokens = Array.from({ length: 1_000 }, makeToken);
  expect(new Set(tokens).size).toBe(1_000);
  const bytes = tokens.map((token) => Buffer.from(token, "base64url"));
  expect(new Set(bytes.map(({ length }) => length))).toEqual(new Set([32]));
  // Each bit is set in about half of them: 110 are seven standard deviations.
  for (let bit = 0; bit < 256; bit += 1) {
    const set = bytes.filter((one) => ((one[bit >> 3] ?? 0) >> (bit & 7)) & 1).length;
    expect([bit, Math.abs(set - 500) < 110]).toEqual([bit, true]);
  }
  expect(hashToken("abc").toString("hex")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
