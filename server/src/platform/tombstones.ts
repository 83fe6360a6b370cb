/**
 * What stays of a deleted tenant: one small file in the folder `deletions`, beside the blobs and outside the database. Its being there
 * is what makes a tenant a deleted one, whatever the database says: a backup from before the deletion, or a database that lost the
 * very transaction of it, is told again at the next start. It holds no personal data: an id that leads to nothing any more, times,
 * kinds and counts.
 */
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { Receipt } from "#contract/receipt.ts";

export const Tombstone = z.object({
  version: z.literal(1),
  tenantId: z.uuid(),
  deletedAt: z.string(),
  /** SHA-256, hexadecimal, of the link that the deletion is followed by. */
  tokenHash: z.string().nullable(),
  /** Null until the database knows of the deletion too, and the key is destroyed. */
  keyDestroyedAt: z.string().nullable(),
  /** Null until all is erased. */
  receipt: Receipt.nullable(),
});
export type Tombstone = z.infer<typeof Tombstone>;

export interface Tombstones {
  /** The ids of all tenants that were ever deleted here. */
  list(): Promise<string[]>;
  /** Null when there is none, or one that cannot be read: that it is there is what counts, and `list` says that. */
  find(tenantId: string): Promise<Tombstone | null>;
  /**
   * Gives the tombstone as it is (null: none) to `change` and keeps what comes back; several at once, one after the other. Durable
   * once it resolves: the file and its name survive a power cut.
   */
  update(tenantId: string, change: (found: Tombstone | null) => Tombstone): Promise<Tombstone>;
  /** The public keys of all that signed receipts here, oldest first. */
  signers(): Promise<string[]>;
  /** Durable once it resolves. */
  addSigner(publicKey: string): Promise<void>;
  /** For the operator: where `signers` are, one a line. */
  readonly signersFile: string;
}

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/;

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeDurably(file: string, content: string): Promise<void> {
  const part = `${file}.part`;
  try {
    const handle = await open(part, "w", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {}); // on a disk that takes nothing, nothing may be removable either
    throw error;
  }
  await syncFolder(dirname(file));
}

async function readTombstone(file: string, tenantId: string): Promise<Tombstone | null> {
  try {
    const tombstone = Tombstone.parse(JSON.parse(await readFile(file, "utf8")));
    // A copy of another tenant's says nothing of that one, which may be alive: the name of the file is what decides.
    return tombstone.tenantId === tenantId ? tombstone : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Anything but a file that is missing or damaged (no rights, a broken disk) must not look like a tenant that was never deleted.
    if (code !== undefined && code !== "ENOENT") throw error;
    return null;
  }
}

export function openTombstones(folder: string): Tombstones {
  const fileOf = (tenantId: string) => resolve(folder, `${tenantId}.json`);
  const signersFile = resolve(folder, "receipt-keys");
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }
  const makeFolder = () => mkdir(folder, { recursive: true, mode: 0o700 });
  const readSigners = async () =>
    existsSync(signersFile) ? (await readFile(signersFile, "utf8")).split("\n").filter((line) => line.trim() !== "") : [];
  return {
    signersFile,
    signers: readSigners,
    addSigner: (publicKey) =>
      inTurn(async () => {
        await makeFolder();
        const known = await readSigners();
        if (!known.includes(publicKey)) await writeDurably(signersFile, `${[...known, publicKey].join("\n")}\n`);
      }),
    list: async () => (existsSync(folder) ? (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []) : []),
    find: (tenantId) => readTombstone(fileOf(tenantId), tenantId),
    update(tenantId, change) {
      return inTurn(async () => {
        await makeFolder();
        const found = await readTombstone(fileOf(tenantId), tenantId);
        const changed = change(found);
        if (changed !== found) await writeDurably(fileOf(tenantId), `${JSON.stringify(changed, null, 2)}\n`);
        return changed;
      });
    },
  };
}
