/** Checks a tenant's log against its chain: read-only, in one pass, however long it is. */
import type { Database } from "../platform/db/pools.ts";
import { chainHash } from "./chain.ts";
import * as queries from "./queries.ts";

/** Entries read in one transaction. */
const STRETCH = 5_000;

/** An end of the log that somebody noted. */
export interface NotedHead {
  sequence: number;
  /** Hexadecimal. */
  hash: string;
}

export interface Verdict {
  /** How many entries are whole, from the first one on. */
  whole: number;
  head: NotedHead;
  /** The first entry that is broken, and what is wrong with it, in a sentence; null: none. */
  fault: { sequence: number; says: string } | null;
}

interface Options {
  /** What the log's end was once: it must still be in it. */
  noted?: NotedHead | undefined;
  /** Told after each stretch how many entries are whole. */
  onProgress?: ((whole: number, of: number) => void) | undefined;
}

/** Reads the tenant's entries up to where the log ends now; what is added meanwhile is not looked at. */
export async function verifyLog(database: Database, tenantId: string, { noted, onProgress }: Options = {}): Promise<Verdict> {
  const end = await database.withTenant(tenantId, (tx) => queries.findEnd(tx.db));
  if (!end) {
    return { whole: 0, head: { sequence: 0, hash: "" }, fault: { sequence: 0, says: "The log's head is missing." } };
  }
  const head = { sequence: end.sequence, hash: end.hash.toString("hex") };
  let previous: Buffer = Buffer.alloc(0);
  let whole = 0;
  const broken = (says: string, sequence = whole + 1): Verdict => ({ whole, head, fault: { sequence, says } });

  while (whole < end.sequence) {
    const until = Math.min(whole + STRETCH, end.sequence);
    const entries = await database.withTenant(tenantId, (tx) => queries.listStretch(tx.db, queries.EVERYTHING, whole, until));
    for (const entry of entries) {
      const expected = whole + 1;
      if (entry.sequence !== expected) return broken(`Entry ${expected} is missing.`);
      if (!chainHash(previous, tenantId, entry).equals(entry.hash)) {
        const place = await findPlace(database, tenantId, entry, end.sequence);
        return broken(
          place === null
            ? `Entry ${expected} isn't what was written: it was changed, or put there, or what it follows was.`
            : `Entry ${expected} isn't at its place: it was written as entry ${place}.`,
        );
      }
      if (entry.sequence === noted?.sequence && entry.hash.toString("hex") !== noted.hash) {
        return broken(
          `Entry ${expected} isn't the one that was noted: its hash is ${entry.hash.toString("hex")}. The log was written anew.`,
        );
      }
      previous = entry.hash;
      whole = expected;
    }
    if (whole < until) return broken(`Entry ${whole + 1} is missing.`);
    onProgress?.(whole, end.sequence);
  }
  if (!previous.equals(end.hash)) {
    return broken(`The log's head doesn't fit entry ${whole}: the head was changed, or the entry was written anew.`, whole);
  }
  if (end.last > end.sequence)
    return broken(`Entry ${whole + 1} lies beyond the log's head: it was put there, or the head was set back.`);
  if (noted && noted.sequence > end.sequence) {
    return broken(
      `The log ends with entry ${whole}, and entry ${noted.sequence} was noted: what came after ${whole} was cut off.`,
    );
  }
  return { whole, head, fault: null };
}

/** As which entry this one was written, if it was moved unchanged. */
async function findPlace(database: Database, tenantId: string, entry: queries.EntryRow, end: number): Promise<number | null> {
  let before: Buffer = Buffer.alloc(0);
  for (let after = 0; after < end; after += STRETCH) {
    const hashes = await database.withTenant(tenantId, (tx) => queries.listHashes(tx.db, after, after + STRETCH));
    for (const { sequence, hash } of hashes) {
      // The one before it is where it was, or changed places with it.
      const fits = [before, hash].some((previous) => chainHash(previous, tenantId, { ...entry, sequence }).equals(entry.hash));
      if (fits) return sequence;
      before = hash;
    }
  }
  return null;
}
