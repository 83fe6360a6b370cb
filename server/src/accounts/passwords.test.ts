import { expect, test, vi } from "vitest";
import { hashPassword, passwordMatches } from "./passwords.ts";

/** How many of the real argon2's hashes are being made. */
const argon2 = vi.hoisted(() => ({ running: 0, most: 0 }));
vi.mock("@node-rs/argon2", async (original) => {
  const real = await original<typeof import("@node-rs/argon2")>();
  async function counted<Result>(work: () => Promise<Result>): Promise<Result> {
    argon2.most = Math.max(argon2.most, ++argon2.running);
    return work().finally(() => argon2.running--);
  }
  return {
    hash: (...given: Parameters<typeof real.hash>) => counted(() => real.hash(...given)),
    verify: (...given: Parameters<typeof real.verify>) => counted(() => real.verify(...given)),
  };
});

test("a crowd that signs in leaves threads for files, and everybody gets an answer, a failed one included", async () => {
  const stored = await hashPassword("the password");
  argon2.most = 0;
  const crowd = Array.from({ length: 12 }, (_, person) => {
    if (person === 3) return passwordMatches("not a hash", "the password").catch(() => "failed");
    return person % 2 ? passwordMatches(stored, "the password") : passwordMatches(null, "the password");
  });
  expect(await Promise.all(crowd)).toEqual(crowd.map((_, person) => (person === 3 ? "failed" : person % 2 === 1)));
  expect(argon2.most).toBeLessThanOrEqual(2);
});
