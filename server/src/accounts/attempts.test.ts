import { expect, test } from "vitest";
import { makeAttempts } from "./attempts.ts";

const EMAIL = "ada@example.com";

/** Attempts counted by a clock that the test sets. */
function setUp() {
  let now = 1;
  const attempts = makeAttempts({ now: () => now });
  /** Makes a wrong guess. Returns 0, or the seconds to wait when the guess is refused. */
  function guess(from: { address: string } | { deviceId: string }, email = EMAIL): number {
    try {
      attempts.begin(email, from);
      return 0;
    } catch (error) {
      return (error as { retryAfter: number }).retryAfter;
    }
  }
  return { attempts, guess, pass: (seconds: number) => void (now += seconds * 1_000) };
}

test("a stranger's wait doubles with each wrong guess after ten, up to an hour", () => {
  const { guess, pass } = setUp();
  for (let count = 0; count < 10; count++) expect(guess({ address: "a" })).toBe(0);
  const waits: number[] = [];
  for (let count = 0; count < 9; count++) {
    waits.push(guess({ address: "a" }));
    pass(waits.at(-1) ?? 0);
    expect(guess({ address: "a" })).toBe(0);
  }
  expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
});

test("a hundred guesses from eleven addresses delay other strangers, but neither the owner's known browser nor another mailbox", () => {
  const { guess } = setUp();
  let refused = 0;
  for (let count = 0; count < 100; count++) if (guess({ address: `a${count % 11}` }) > 0) refused += 1;
  expect(refused).toBe(50);
  expect(guess({ address: "never seen" })).toBeGreaterThan(0);
  expect(guess({ deviceId: "the owner's" })).toBe(0);
  expect(guess({ address: "never seen" }, "ben@example.com")).toBe(0);
});

test("a botnet makes fewer than 350 guesses for one mailbox in a day", () => {
  const { guess, pass } = setUp();
  let accepted = 0;
  for (let second = 0; second < 86_400; second += 5) {
    if (guess({ address: `a${second}` }) === 0) accepted += 1;
    pass(5);
  }
  expect(accepted).toBeLessThan(350);
});

test("the right password resets the count of that browser or IP address, and a cancelled attempt is not counted", () => {
  const { attempts, guess } = setUp();
  for (const from of [{ address: "a" }, { deviceId: "d" }]) {
    for (let count = 0; count < 9; count++) expect(guess(from)).toBe(0);
    attempts.begin(EMAIL, from).cancelled();
    attempts.begin(EMAIL, from).succeeded();
    for (let count = 0; count < 10; count++) expect(guess(from)).toBe(0);
    expect(guess(from)).toBeGreaterThan(0);
  }
});

test("concurrent guesses are all counted", () => {
  const { attempts } = setUp();
  const begin = () => attempts.begin(EMAIL, { deviceId: "d" });
  for (let count = 0; count < 10; count++) begin();
  expect(begin).toThrow(expect.objectContaining({ code: "rate_limited" }));
});
