/** Argon2id with OWASP's second recommended setting: 19 MiB, 2 passes, 1 lane (ASVS 5.0 §11.4.2). */
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";

const SETTINGS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Hashed at the same time; the others wait in order. Each takes a whole core and one of libuv's four threads, by which files
 * are read and recordings written: 290 strangers signing in at once held up everybody's pages for seven seconds.
 */
const AT_ONCE = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    // The place is handed over without becoming free in between, so nobody can jump the queue.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Compared against when there is no account, so that an unknown address takes as long as a wrong password. */
const NOBODY = hash("nobody has this password", SETTINGS);

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize("NFC"), SETTINGS));
}

/** False for a wrong password and, in the same time, for a hash that is null. */
export async function passwordMatches(stored: string | null | undefined, password: string): Promise<boolean> {
  const expected = stored ?? (await NOBODY);
  const matches = await inTurn(() => verify(expected, password.normalize("NFC")));
  return matches && stored !== null && stored !== undefined;
}
