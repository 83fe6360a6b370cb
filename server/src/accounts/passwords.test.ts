import { beforeEach, expect, test, vi } from "vitest";
import { duringTransaction } from "../platform/db/open-transaction.ts";
import { type Lane, withHashing } from "./passwords.ts";

/** `running` counts the argon2 hashes under way, `most` the highest count so far. Hashes begin only once `gate` resolves. */
const argon2 = vi.hoisted(() => ({ running: 0, most: 0, gate: Promise.resolve() }));
vi.mock("@node-rs/argon2", async (original) => {
  const real = await original<typeof import("@node-rs/argon2")>();
  async function counted<Result>(work: () => Promise<Result>): Promise<Result> {
    argon2.most = Math.max(argon2.most, ++argon2.running);
    await argon2.gate;
    return work().finally(() => argon2.running--);
  }
  return {
    hash: (...args: Parameters<typeof real.hash>) => counted(() => real.hash(...args)),
    hashRaw: (...args: Parameters<typeof real.hashRaw>) => counted(() => real.hashRaw(...args)),
    verify: (...args: Parameters<typeof real.verify>) => counted(() => real.verify(...args)),
  };
});

const STRANGERS: Lane = "strangers";
const matches = (lane: Lane, stored: string | null, password: string) =>
  withHashing(lane, (hashing) => hashing.matches(stored, password));

let stored: string;
beforeEach(async () => {
  stored = await withHashing(STRANGERS, (hashing) => hashing.hash("the password"));
  argon2.most = 0;
});

/** Holds every hash that begins from now on. @returns a function that lets them go on */
function hold(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  argon2.gate = promise;
  return resolve;
}

test("a crowd of sign-ins runs at most two hashes at once, and one that fails does not block the others", async () => {
  const crowd = Array.from({ length: 12 }, (_, person) => {
    if (person === 3) return matches(STRANGERS, "not a hash", "the password").catch(() => "failed");
    return matches(STRANGERS, person % 2 ? stored : null, "the password");
  });
  expect(await Promise.all(crowd)).toEqual(crowd.map((_, person) => (person === 3 ? "failed" : person % 2 === 1)));
  expect(argon2.most).toBeLessThanOrEqual(2);
});

test("of 1,500 strangers at once, 64 wait and the rest are refused with a retry time; a known browser goes first", async () => {
  const release = hold();
  const order: string[] = [];
  const crowd = Array.from({ length: 1_500 }, () =>
    matches(STRANGERS, stored, "a guess").then(
      () => void order.push("stranger"),
      (error: { code: string; retryAfter: number }) => error,
    ),
  );
  const known = matches({ known: "Ada" }, stored, "the password").then((right) => {
    order.push("known");
    return right;
  });
  release();
  expect(await known).toBe(true);
  const refused = (await Promise.all(crowd)).filter((answer) => answer !== undefined);
  expect(refused).toHaveLength(1_500 - 64);
  expect(refused[0]).toMatchObject({ code: "unavailable", status: 503, retryAfter: 3 });
  // Hashes that had begun when Ada came cannot be stopped.
  expect(order.indexOf("known")).toBeLessThanOrEqual(2);
  expect(await matches(STRANGERS, stored, "the password")).toBe(true);
});

test("one known person gets at most four places, so that another person finds one free", async () => {
  const release = hold();
  const own = Array.from({ length: 300 }, () => matches({ known: "Eve" }, stored, "a guess").catch(() => "refused"));
  const other = matches({ known: "Ada" }, stored, "the password");
  release();
  expect((await Promise.all(own)).filter((answer) => answer === "refused")).toHaveLength(296);
  expect(await other).toBe(true);
});

test("a request that fails before it hashes frees its place", async () => {
  for (let count = 0; count < 100; count++) {
    await expect(withHashing(STRANGERS, () => Promise.reject(new Error("the database is away")))).rejects.toThrow("away");
  }
  expect(await matches(STRANGERS, stored, "the password")).toBe(true);
});

test("hashing inside a database transaction throws, and works after the transaction", async () => {
  let later = () => Promise.resolve(false);
  await expect(
    duringTransaction(async () => {
      later = () => matches(STRANGERS, stored, "the password");
      return later();
    }),
  ).rejects.toThrow("hashing a password inside a database transaction");
  expect(await later()).toBe(true);
});
