/** Seals blobs anew after their tenant's key was replaced. */
import type { Logger } from "pino";
import type { BlobReader, Blobs, BlobState } from "./blobs.ts";
import type { Keys } from "./keys.ts";
import { makePace } from "./pace.ts";

/** The result for one sealed item when a key is replaced. An item in use is still being written with the old key. */
export type SealedAnew = "done" | "in_use" | "unreadable";

/** Things that are sealed with their tenant's key, one by one. */
export interface SealedStore {
  count(tenantId: string): Promise<number>;
  /** Seals everything anew, durably, that the previous key sealed. Yields the result of each item. */
  sealAnew(tenantId: string): AsyncGenerator<SealedAnew>;
}

/** How a kind of blob is sealed. */
interface Sealing {
  /** Whether this key opens the blob. @throws the file system's error */
  isSealedWith(key: Buffer, name: string, blob: BlobReader): Promise<boolean>;
  /** The blob's bytes, sealed with the second key instead of the first. @throws Damaged; the file system's error */
  sealAnew(keys: readonly [Buffer, Buffer], name: string, blob: BlobReader, noteDamage: () => void): AsyncGenerator<Buffer>;
  /** Whether a blob that was cut short is kept. Otherwise it is made again from the beginning. */
  keepsCutShort: boolean;
}

/** The disk changed what was sealed: no key opens it any more. */
export class Damaged extends Error {
  override name = "Damaged";
}

interface Part {
  keys: Keys;
  log: Logger;
}

export function sealedBlobs({ keys, log }: Part, blobs: Blobs, sealing: Sealing): SealedStore {
  const pace = makePace();

  async function sealBlob(tenantId: string, name: string, blob: BlobReader, state: BlobState): Promise<SealedAnew> {
    // Copies: the destruction of a deleted tenant's keys fills them with zeros, and nothing must be sealed with those.
    const [current, previous] = keys.openingKeys(tenantId).map((key) => Buffer.from(key));
    if (!current || !previous || (await sealing.isSealedWith(current, name, blob))) return "done";
    if (state === "being_written") return "in_use";
    if (state === "cut_short" && !sealing.keepsCutShort) return "done";
    if (!(await sealing.isSealedWith(previous, name, blob))) return "unreadable";
    const writer = await blobs.replace(tenantId, name);
    try {
      let damaged = 0;
      for await (const bytes of sealing.sealAnew([previous, current], name, blob, () => (damaged += 1))) {
        await writer.append(bytes);
        await pace();
      }
      if (damaged > 0) log.error({ tenantId, name, damaged }, "parts of a recording were damaged on disk and are silent now");
    } catch (error) {
      await writer.abandon();
      if (error instanceof Damaged) return "unreadable";
      throw error;
    }
    await writer.finish();
    return "done";
  }

  async function sealNamed(tenantId: string, name: string): Promise<SealedAnew> {
    // Read before the blob is opened: a blob that is finished now will be read whole.
    const state = blobs.stateOf(tenantId, name);
    const blob = await blobs.read(tenantId, name);
    if (!blob) return "done"; // removed meanwhile
    try {
      const outcome = await sealBlob(tenantId, name, blob, state);
      if (outcome === "unreadable")
        log.error({ tenantId, name }, "no key opens this file: it was damaged before its key was replaced");
      return outcome;
    } finally {
      await blob.close();
    }
  }

  return {
    count: async (tenantId) => (await blobs.list(tenantId)).length,
    async *sealAnew(tenantId) {
      for (const name of await blobs.list(tenantId)) {
        yield await sealNamed(tenantId, name);
        await pace();
      }
      await blobs.sync(tenantId);
    },
  };
}
