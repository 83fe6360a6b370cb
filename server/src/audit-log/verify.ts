/** Checks a tenant's log against its hash chain. It only reads, in one pass, however long the log is. */
import type { Database } from "../platform/db/pools.ts";
import { chainHash } from "../audit/chain.ts";
import * as queries from "./queries.ts";

/** Entries read per transaction. */
const STRETCH = 5_000;

/** An end of the log that somebody noted earlier. */
export interface NotedHead {
  sequence: number;
  /** Hexadecimal. */
  hash: string;
}

export interface Verdict {
  /** How many entries are intact, counted from the first. */
  intact: number;
  head: NotedHead;
  /** The first broken entry and a sentence that says what is wrong with it, or null. */
  fault: { sequence: number; says: string } | null;
}

interface Options {
  /** An earlier end of the log, which must still be in it. */
  noted?: NotedHead | undefined;
  /** Called after each stretch with the number of intact entries. */
  onProgress?: ((intact: number, total: number) => void) | undefined;
}

/** Checks the entries up to the log's current end, not those that are added meanwhile. */
export async function verifyLog(database: Database, tenantId: string, { noted, onProgress }: Options = {}): Promise<Verdict> {
  const end = await database.withTenant(tenantId, (tx) => queries.findEnd(tx.db));
  if (!end) {
    return { intact: 0, head: { sequence: 0, hash: "" }, fault: { sequence: 0, says: "The log's head is missing." } };
  }
  const head = { sequence: end.sequence, hash: end.hash.toString("hex") };
  let previous: Buffer = Buffer.alloc(0);
  let intact = 0;
  const broken = (says: string, sequence = intact + 1): Verdict => ({ intact, head, fault: { sequence, says } });

  while (intact < end.sequence) {
    const until = Math.min(intact + STRETCH, end.sequence);
    const entries = await database.withTenant(tenantId, (tx) => queries.listStretch(tx.db, queries.EVERYTHING, intact, until));
    for (const entry of entries) {
      const expected = intact + 1;
      if (entry.sequence !== expected) return broken(`Entry ${expected} is missing.`);
      if (!chainHash(previous, tenantId, entry).equals(entry.hash)) {
        const place = await findPlace(database, tenantId, entry, end.sequence);
        return broken(
          place === null
            ? `Entry ${expected} doesn't match its hash: it was changed or inserted, or the entry before it was.`
            : `Entry ${expected} is in the wrong place: it was written as entry ${place}.`,
        );
      }
      if (entry.sequence === noted?.sequence && entry.hash.toString("hex") !== noted.hash) {
        return broken(
          `Entry ${expected} differs from the noted one: its hash is ${entry.hash.toString("hex")}. The log was rewritten.`,
        );
      }
      previous = entry.hash;
      intact = expected;
    }
    if (intact < until) return broken(`Entry ${intact + 1} is missing.`);
    onProgress?.(intact, end.sequence);
  }
  if (!previous.equals(end.hash)) {
    return broken(`The log's head doesn't match entry ${intact}: the head was changed, or the entry was rewritten.`, intact);
  }
  if (end.last > end.sequence)
    return broken(`Entry ${intact + 1} is beyond the log's head: it was added, or the head was set back.`);
  if (noted && noted.sequence > end.sequence) {
    return broken(
      `The log ends with entry ${intact}, but entry ${noted.sequence} was noted: the entries after ${intact} were cut off.`,
    );
  }
  return { intact, head, fault: null };
}

/** The number under which this entry was written, if it was moved unchanged. */
async function findPlace(database: Database, tenantId: string, entry: queries.EntryRow, end: number): Promise<number | null> {
  let before: Buffer = Buffer.alloc(0);
  for (let after = 0; after < end; after += STRETCH) {
    const hashes = await database.withTenant(tenantId, (tx) => queries.listHashes(tx.db, after, after + STRETCH));
    for (const { sequence, hash } of hashes) {
      // The previous entry is either where it was, or has changed places with this one.
      const fits = [before, hash].some((previous) => chainHash(previous, tenantId, { ...entry, sequence }).equals(entry.hash));
      if (fits) return sequence;
      before = hash;
    }
  }
  return null;
}
