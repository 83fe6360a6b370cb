/**
 * Records of deleted tenants: one small file each in the folder `deletions`, outside the database. A tenant that has such a file is
 * deleted, whatever the database says: a backup from before the deletion, or a database that lost the transaction, is corrected at the next
 * start. A tombstone holds no personal data: only the tenant's id, times, kinds and counts, and `forReceipt` until the receipt is signed.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { Receipt } from "#contract/receipt.ts";
import { writeDurably } from "./durable-file.ts";

export const Tombstone = z.object({
  version: z.literal(1),
  tenantId: z.uuid(),
  deletedAt: z.string(),
  /** SHA-256, hexadecimal, of the token of the link that shows the deletion's progress. */
  tokenHash: z.string().nullable(),
  /** Null until the database has recorded the deletion and the key is destroyed. */
  keyDestroyedAt: z.string().nullable(),
  /** Null until everything is erased. */
  receipt: Receipt.nullable(),
  /**
   * Kept until the receipt is signed: customers at the payment provider, debts and lost credit. A restored older database may lack them.
   */
  forReceipt: z.object({ customers: z.array(z.string()), billing: Receipt.shape.billing.unwrap().nullable() }).optional(),
});
export type Tombstone = z.infer<typeof Tombstone>;

/** A tenant that is being deleted and has no tombstone yet. */
export interface Deletion {
  tenantId: string;
  /** SHA-256 of the token of the progress link. */
  tokenHash: Buffer | null;
  /** Whether a restored backup brought the tenant back and it is deleted again. */
  replay: boolean;
  /** Who gets the progress link. */
  linkTo: { email: string; token: string } | null;
}

export interface Tombstones {
  /** The ids of all tenants that were ever deleted here. */
  list(): Promise<string[]>;
  /** Null if there is none or it cannot be parsed. A tenant counts as deleted if the file exists: use `list` for that. */
  find(tenantId: string): Promise<Tombstone | null>;
  /**
   * Passes the tombstone (null if there is none) to `change` and stores the result. Calls are queued. Once it resolves, the file and its name
   * survive a power failure.
   */
  update(tenantId: string, change: (found: Tombstone | null) => Tombstone): Promise<Tombstone>;
  /** The public keys of everyone who has signed receipts here, oldest first. */
  signers(): Promise<string[]>;
  /** Once it resolves, the key survives a power failure. */
  addSigner(publicKey: string): Promise<void>;
  /** The file that holds `signers`, one per line. For the operator. */
  readonly signersFile: string;
}

const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/;

async function readTombstone(file: string, tenantId: string): Promise<Tombstone | null> {
  try {
    const tombstone = Tombstone.parse(JSON.parse(await readFile(file, "utf8")));
    // A copy of another tenant's tombstone says nothing about that tenant, which may exist. The file name decides.
    return tombstone.tenantId === tenantId ? tombstone : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Any other error (no permission, a broken disk) must not make a deleted tenant look as if it had never been deleted.
    if (code !== undefined && code !== "ENOENT") throw error;
    return null;
  }
}

export function openTombstones(folder: string): Tombstones {
  const fileOf = (tenantId: string) => resolve(folder, `${tenantId}.json`);
  const signersFile = resolve(folder, "receipt-keys");
  let queue: Promise<unknown> = Promise.resolve();
  function inQueue<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  }
  const makeFolder = () => mkdir(folder, { recursive: true, mode: 0o700 });
  const readSigners = async () =>
    existsSync(signersFile) ? (await readFile(signersFile, "utf8")).split("\n").filter((line) => line.trim() !== "") : [];
  return {
    signersFile,
    signers: readSigners,
    addSigner: (publicKey) =>
      inQueue(async () => {
        await makeFolder();
        const known = await readSigners();
        if (!known.includes(publicKey)) await writeDurably(signersFile, `${[...known, publicKey].join("\n")}\n`);
      }),
    list: async () => (existsSync(folder) ? (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []) : []),
    find: (tenantId) => readTombstone(fileOf(tenantId), tenantId),
    update(tenantId, change) {
      return inQueue(async () => {
        await makeFolder();
        const found = await readTombstone(fileOf(tenantId), tenantId);
        const changed = change(found);
        if (changed !== found) await writeDurably(fileOf(tenantId), `${JSON.stringify(changed, null, 2)}\n`);
        return changed;
      });
    },
  };
}
