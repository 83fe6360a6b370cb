/**
 * Argon2id with OWASP's second recommended setting: 19 MiB, 2 passes, 1 lane (ASVS 5.0 §11.4.2). A hash takes a whole core for 20 ms or
 * more, so hashes wait in a bounded queue. A flood of strangers' sign-ins delays neither other requests nor known browsers.
 */
import { availableParallelism } from "node:os";
import { hash, hashRaw, verify } from "@node-rs/argon2";
import { assertNoTransaction } from "../platform/db/open-transaction.ts";
import { Refusal } from "../platform/refusal.ts";

const SETTINGS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes that run at once. Each takes one of libuv's four threads, which also read files and write recordings. */
const AT_ONCE = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));

/**
 * Who waits for a hash. Known people (signed in, with a device cookie, or with a mailed link) come before strangers. One person has few places,
 * so that an attacker with an account cannot fill the lane. `known` is the key by which a person is counted.
 */
export type Lane = { known: string } | "strangers";

/** Places in each lane. A request keeps one while it looks up the stored hash, waits, and hashes. */
const ROOM = { known: 256, strangers: 64 };
const ROOM_PER_PERSON = 4;
/** Seconds in which a full queue of strangers empties. */
const RETRY_AFTER = 3;

type LaneName = keyof typeof ROOM;

const taken = { known: 0, strangers: 0 };
const takenBy = new Map<string, number>();
const waiting: Record<LaneName, Array<() => void>> = { known: [], strangers: [] };
let running = 0;

/** Hashes and compares passwords in Unicode form NFC, because keyboards produce different forms. */
export interface Hashing {
  hash(password: string): Promise<string>;
  /** False for a wrong password and, after the same work, when there is no stored hash. */
  matches(stored: string | null | undefined, password: string): Promise<boolean>;
  /** The hash alone, for secrets that share a salt. */
  hashWithSalt(secret: string, salt: Buffer): Promise<Buffer>;
}

function busy(): Refusal {
  return new Refusal("unavailable", {
    detail: `Too many people are signing in right now. Try again in ${RETRY_AFTER} seconds.`,
    retryAfter: RETRY_AFTER,
  });
}

/** Refuses a stranger before the body is read. @throws Refusal unavailable, when the lane is full */
export function assertRoomForStrangers(): void {
  if (taken.strangers >= ROOM.strangers) throw busy();
}

/** @returns a function that frees the place. @throws Refusal unavailable, when the lane is full or the person has no place left */
function takePlace(lane: Lane): () => void {
  const name = lane === "strangers" ? lane : "known";
  const person = lane === "strangers" ? null : lane.known;
  const own = person === null ? 0 : (takenBy.get(person) ?? 0);
  if (taken[name] >= ROOM[name] || own >= ROOM_PER_PERSON) throw busy();
  taken[name] += 1;
  if (person !== null) takenBy.set(person, own + 1);
  return () => {
    taken[name] -= 1;
    if (person === null) return;
    const left = (takenBy.get(person) ?? 1) - 1;
    if (left === 0) takenBy.delete(person);
    else takenBy.set(person, left);
  };
}

async function inTurn<Result>(lane: LaneName, work: () => Promise<Result>): Promise<Result> {
  assertNoTransaction("hashing a password");
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting[lane].push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    // Hand the turn over without freeing it, so that nobody jumps the queue.
    const next = waiting.known.shift() ?? waiting.strangers.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Stands in for a missing hash, so that an unknown address takes as long as a wrong password. */
const DUMMY_HASH = hash("nobody has this password", SETTINGS);

/**
 * Takes a place in the queue, then runs `work`. A request that finds the queue full costs neither a query nor a hash.
 * @throws Refusal unavailable with retryAfter, when the lane is full or the person has no place left; Error inside a database transaction
 */
export async function withHashing<Result>(lane: Lane, work: (hashing: Hashing) => Promise<Result>): Promise<Result> {
  const name = lane === "strangers" ? lane : "known";
  const freePlace = takePlace(lane);
  try {
    return await work({
      hash: (password) => inTurn(name, () => hash(password.normalize("NFC"), SETTINGS)),
      async matches(stored, password) {
        const expected = stored ?? (await DUMMY_HASH);
        const matches = await inTurn(name, () => verify(expected, password.normalize("NFC")));
        return matches && stored !== null && stored !== undefined;
      },
      hashWithSalt: (secret, salt) => inTurn(name, () => hashRaw(secret, { ...SETTINGS, salt })),
    });
  } finally {
    freePlace();
  }
}
