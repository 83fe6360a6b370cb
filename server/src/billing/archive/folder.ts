/**
 * The issuer's archive: documents of deleted workspaces, one sealed file each, in the folder `archive` of the data folder. A file's name
 * holds the document's number and the day until which the law demands it. Before a deletion is decided, copies wait in `archive/staged`.
 */
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config } from "../../config.ts";
import { writeDurably } from "../../platform/durable-file.ts";
import { UUID } from "../../platform/uuid.ts";

export interface ArchivedName {
  number: string;
  /** The last day, in UTC, on which the document is kept. */
  keptUntil: string;
}

const NAME = /^(\d{4}-\d{2}-\d{2})_([0-9A-Z]{4,12}-\d{1,12})\.sealed$/;
/** A file that a crash interrupted. */
const PART = /\.part$/;

/** Holds the day on which the archive was last tidied. */
export const LAST_TIDIED = "last-tidied";
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const fileName = ({ number, keptUntil }: ArchivedName) => `${keptUntil}_${number}.sealed`;

function nameOf(file: string): ArchivedName[] {
  const [, keptUntil, number] = NAME.exec(file) ?? [];
  return keptUntil !== undefined && number !== undefined ? [{ number, keptUntil }] : [];
}

async function ifThere<Found, Otherwise>(found: Promise<Found>, otherwise: Otherwise): Promise<Found | Otherwise> {
  return found.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return otherwise;
    throw error;
  });
}

const filesOf = (folder: string): Promise<string[]> => ifThere(readdir(folder), []);

export interface DocumentFolder {
  list(): Promise<ArchivedName[]>;
  /** @throws the file system's error */
  read(name: ArchivedName): Promise<Buffer>;
  /** Once this resolves, the document survives a power failure. @throws the file system's error */
  write(name: ArchivedName, sealed: Buffer): Promise<void>;
  remove(name: ArchivedName): Promise<void>;
  /** Removes files that a crash interrupted. Call while nothing is written. */
  removeParts(): Promise<void>;
}

function documentFolder(folder: string): DocumentFolder {
  return {
    list: async () => (await filesOf(folder)).flatMap(nameOf).toSorted((a, b) => (a.number < b.number ? -1 : 1)),
    read: (name) => readFile(resolve(folder, fileName(name))),
    async write(name, sealed) {
      const file = fileName(name);
      if (!NAME.test(file)) throw new TypeError("not the name of a document");
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(resolve(folder, file), sealed);
    },
    remove: (name) => rm(resolve(folder, fileName(name)), { force: true }),
    async removeParts() {
      for (const file of (await filesOf(folder)).filter((name) => PART.test(name)))
        await rm(resolve(folder, file), { force: true });
    },
  };
}

export interface ArchiveFolder extends DocumentFolder {
  /** The copies that wait until the tenant's deletion is decided. */
  staged(tenantId: string): DocumentFolder;
  listStaged(): Promise<string[]>;
  /** When the last copy was added, in milliseconds since 1970; null if there is none. */
  stagedAt(tenantId: string): Promise<number | null>;
  removeStaged(tenantId: string): Promise<void>;
  /** The day on which the archive was last tidied; null if it never was. */
  lastTidied(): Promise<string | null>;
  /** Once this resolves, the day survives a power failure. */
  noteTidied(day: string): Promise<void>;
}

export function archiveFolder({ dataFolder }: Pick<Config, "dataFolder">): ArchiveFolder {
  const folder = resolve(dataFolder, "archive");
  const staged = resolve(folder, "staged");
  function stagedOf(tenantId: string): string {
    if (!UUID.test(tenantId)) throw new TypeError("not a tenant id");
    return resolve(staged, tenantId);
  }
  return {
    ...documentFolder(folder),
    staged: (tenantId) => documentFolder(stagedOf(tenantId)),
    listStaged: async () => (await filesOf(staged)).filter((name) => UUID.test(name)),
    stagedAt: async (tenantId) => (await ifThere(stat(stagedOf(tenantId)), null))?.mtimeMs ?? null,
    removeStaged: (tenantId) => rm(stagedOf(tenantId), { recursive: true, force: true }),
    async lastTidied() {
      const day = (await ifThere(readFile(resolve(folder, LAST_TIDIED), "utf8"), "")).trim();
      return DAY.test(day) ? day : null;
    },
    async noteTidied(day) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(resolve(folder, LAST_TIDIED), `${day}\n`);
    },
  };
}
