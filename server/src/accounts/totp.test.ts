import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { encodeBase32 } from "../platform/base32.ts";
import { debianProgram } from "../testing/debian-program.ts";
import { codeAt, findStep, makeTotpSecret, stepAt, totpUri } from "./totp.ts";

/** RFC 6238, appendix B: seconds and the SHA-1 code, of which we show the last 6 of 8 digits. */
const VECTORS = [
  [59, "94287082"],
  [1111111109, "07081804"],
  [1111111111, "14050471"],
  [1234567890, "89005924"],
  [2000000000, "69279037"],
  [20000000000, "65353130"],
] as const;

const RFC_SECRET = Buffer.from("12345678901234567890");

test.each(VECTORS)("at %i seconds the code is that of RFC 6238", (seconds, code) => {
  expect(codeAt(RFC_SECRET, stepAt(seconds * 1_000))).toBe(code.slice(2));
});

test("the codes of the current step and of the one before are accepted, and none ahead", () => {
  const now = 1_234_567_890_000;
  const current = stepAt(now);
  const found = [-2, -1, 0, 1].map((offset) => findStep(RFC_SECRET, codeAt(RFC_SECRET, current + offset), now));
  expect(found).toEqual([null, current - 1, current, null]);
});

test("base32 is that of RFC 4648", () => {
  const texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) => encodeBase32(Buffer.from(text)));
  expect(texts).toEqual(["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"]);
});

test("a secret has 20 random bytes, and its otpauth URL names the server and the account", () => {
  const secret = makeTotpSecret();
  expect(secret).toHaveLength(20);
  expect(makeTotpSecret()).not.toEqual(secret);
  const uri = new URL(totpUri(secret, "ada+1@example.com"));
  expect(uri.href).toMatch(/^otpauth:\/\/totp\/whoot:ada%2B1%40example\.com\?/);
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    secret: encodeBase32(secret),
    issuer: "whoot",
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  });
});

const oathtool = debianProgram("oathtool", "whether another program makes the same codes");

describe.skipIf(!oathtool)("oathtool", () => {
  test("makes the same codes of our secrets, whatever the time", () => {
    for (let round = 0; round < 20; round++) {
      const secret = makeTotpSecret();
      const seconds = Math.floor(Math.random() * 4e9);
      const { stdout } = spawnSync(oathtool!, ["--totp", "--base32", encodeBase32(secret), `--now=@${seconds}`], {
        encoding: "utf8",
      });
      expect([seconds, codeAt(secret, stepAt(seconds * 1_000))]).toEqual([seconds, stdout.trim()]);
    }
  });
});
