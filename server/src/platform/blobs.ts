/**
 * Blobs on disk: append-only files in one folder per tenant. An unfinished blob ends in `.part`. A `.part` that is there at the start was
 * cut short by a crash. Callers must pass sealed bytes only.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UUID } from "./uuid.ts";

export interface BlobWriter {
  /** Appends. Once it resolves, the bytes survive a crash of this process. @throws the file system's error (ENOSPC …) */
  append(bytes: Uint8Array): Promise<void>;
  /** Once it resolves, the appended bytes survive a power failure. */
  sync(): Promise<void>;
  /** Makes the blob durable and gives it its final name. */
  finish(): Promise<void>;
  /** Closes the blob and leaves the `.part` for a later recovery. */
  abandon(): Promise<void>;
}

export interface BlobReader {
  readonly size: number;
  /** Reads `length` bytes, or fewer at the end of the blob. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** A blob that is `cut_short` is a `.part` that nobody in this process writes. */
export type BlobState = "being_written" | "cut_short" | "finished" | "gone";

export interface Blobs {
  write(tenantId: string, name: string): Promise<BlobWriter>;
  /** Continues an unfinished blob after its first `size` bytes. Null if it does not exist or is shorter. */
  resume(tenantId: string, name: string, size: number): Promise<BlobWriter | null>;
  /**
   * Replaces the content of a blob that nobody is writing. The new content takes the place of the old in one step when it is finished. A
   * blob that was cut short keeps its `.part`. Open readers go on reading the old content. A blob that was removed meanwhile is not
   * replaced.
   * @throws the file system's error (ENOENT …)
   */
  replace(tenantId: string, name: string): Promise<BlobWriter>;
  /** Opens a blob, even one that is still being written. Null if there is none. */
  read(tenantId: string, name: string): Promise<BlobReader | null>;
  remove(tenantId: string, name: string): Promise<void>;
  removeTenant(tenantId: string): Promise<void>;
  /** The names of all of the tenant's blobs, including unfinished ones. */
  list(tenantId: string): Promise<string[]>;
  /** The ids of the tenants that have a folder. */
  listTenants(): Promise<string[]>;
  stateOf(tenantId: string, name: string): BlobState;
  /** Makes the names of the tenant's blobs survive a power failure. */
  sync(tenantId: string): Promise<void>;
  /** The blobs that a crash left unfinished. */
  listUnfinished(): Promise<Array<{ tenantId: string; name: string }>>;
  /** Cuts an unfinished blob to `size` bytes and gives it its final name. */
  finishUnfinished(tenantId: string, name: string, size: number): Promise<void>;
}

const PART = ".part";
/** Suffix of a file that will replace a finished blob. */
const NEW = ".new";
const ENDING = /\.(part|new)$/;

/** @param start the position to begin at, in bytes. @param name called after the last byte is durable, to give the file its final name */
function makeWriter(handle: FileHandle, start: number, name: () => void | Promise<void>): BlobWriter {
  let position = start;
  return {
    async append(bytes) {
      let written = 0;
      while (written < bytes.length) {
        const result = await handle.write(bytes, written, bytes.length - written, position + written);
        written += result.bytesWritten;
      }
      // Advanced only after a complete write, so that after a full disk the next append overwrites the partial piece.
      position += bytes.length;
    },
    sync: () => handle.datasync(),
    async finish() {
      try {
        await handle.truncate(position);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await name();
    },
    abandon: () => handle.close(),
  };
}

export function openBlobs(folder: string): Blobs {
  // Names also come from jobs, which anybody with access to the database can write. They must not lead out of the tenant's folder.
  function folderOf(tenantId: string): string {
    if (!UUID.test(tenantId)) throw new TypeError("not a tenant id");
    return resolve(folder, tenantId);
  }
  function fileOf(tenantId: string, name: string): string {
    if (basename(name) !== name || name === "" || name === "." || name === "..") throw new TypeError("not the name of a blob");
    return resolve(folderOf(tenantId), name);
  }

  /** Blobs that this process writes. */
  const writing = new Set<string>();

  /** Counts the blob as being written from before its file exists until the writer is closed. */
  async function noted(file: string, start: () => Promise<BlobWriter | null>): Promise<BlobWriter | null> {
    if (writing.has(file)) return start(); // fails, and leaves the other writer noted
    writing.add(file);
    const ended = () => void writing.delete(file);
    try {
      const writer = await start();
      if (!writer) ended();
      return (
        writer && { ...writer, finish: () => writer.finish().finally(ended), abandon: () => writer.abandon().finally(ended) }
      );
    } catch (error) {
      ended();
      throw error;
    }
  }

  /** Blobs that are being replaced, and whether they were removed meanwhile. */
  const replacing = new Map<string, { removed: boolean }>();

  async function listTenants(): Promise<string[]> {
    if (!existsSync(folder)) return [];
    const entries = await readdir(folder, { withFileTypes: true });
    // A mounted disk has folders of its own, such as lost+found.
    return entries.filter((entry) => entry.isDirectory() && UUID.test(entry.name)).map((entry) => entry.name);
  }

  return {
    async write(tenantId, name) {
      await mkdir(folderOf(tenantId), { recursive: true, mode: 0o700 });
      const file = fileOf(tenantId, name);
      const writer = await noted(file, async () =>
        makeWriter(await open(file + PART, "wx", 0o600), 0, () => rename(file + PART, file)),
      );
      return writer as BlobWriter;
    },
    resume(tenantId, name, size) {
      const file = fileOf(tenantId, name);
      return noted(file, async () => {
        const handle = await open(file + PART, "r+").catch((error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT") return null;
          throw error;
        });
        if (!handle) return null;
        if ((await handle.stat()).size >= size) return makeWriter(handle, size, () => rename(file + PART, file));
        await handle.close();
        return null;
      });
    },
    async replace(tenantId, name) {
      const file = fileOf(tenantId, name);
      const target = existsSync(file) ? file : file + PART;
      const handle = await open(file + NEW, "w", 0o600);
      const fate = { removed: false };
      replacing.set(file, fate);
      const writer = makeWriter(handle, 0, () => {
        // Synchronously after the check, because a removal in between would be undone.
        if (fate.removed || !existsSync(target)) rmSync(file + NEW, { force: true });
        else renameSync(file + NEW, target);
      });
      const ended = () => void (replacing.get(file) === fate && replacing.delete(file));
      return {
        ...writer,
        finish: () => writer.finish().finally(ended),
        async abandon() {
          ended();
          await writer.abandon();
          await rm(file + NEW, { force: true });
        },
      };
    },
    async read(tenantId, name) {
      const file = fileOf(tenantId, name);
      // The final name is tried again at the end, because the blob may get it between the first two attempts.
      for (const path of [file, file + PART, file]) {
        try {
          const handle = await open(path, "r");
          const { size } = await handle.stat();
          return {
            size,
            async read(position, length) {
              const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - position)));
              let filled = 0;
              while (filled < buffer.length) {
                const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
                if (bytesRead === 0) break;
                filled += bytesRead;
              }
              return buffer.subarray(0, filled);
            },
            close: () => handle.close(),
          };
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        }
      }
      return null;
    },
    async remove(tenantId, name) {
      const file = fileOf(tenantId, name);
      const replacement = replacing.get(file);
      if (replacement) replacement.removed = true;
      // In this order, so that neither file remains if the blob gets its final name meanwhile.
      await rm(file + PART, { force: true });
      await rm(file + NEW, { force: true });
      await rm(file, { force: true });
    },
    // Retried, because a recording that is ending may still write into the folder.
    removeTenant: (tenantId) => rm(folderOf(tenantId), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
    async list(tenantId) {
      const names = await readdir(folderOf(tenantId)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return []; // or it was erased just now
        throw error;
      });
      return [...new Set(names.map((name) => name.replace(ENDING, "")))];
    },
    listTenants,
    stateOf(tenantId, name) {
      const file = fileOf(tenantId, name);
      if (writing.has(file)) return "being_written";
      if (existsSync(file)) return "finished";
      return existsSync(file + PART) ? "cut_short" : "gone";
    },
    async sync(tenantId) {
      const handle = await open(folderOf(tenantId), "r").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw error;
      });
      try {
        await handle?.sync();
      } finally {
        await handle?.close();
      }
    },
    async listUnfinished() {
      const tenants = await listTenants();
      const lists = await Promise.all(
        tenants.map(async (tenantId) =>
          (await readdir(folderOf(tenantId)))
            .filter((name) => name.endsWith(PART))
            .map((name) => ({ tenantId, name: name.slice(0, -PART.length) })),
        ),
      );
      return lists.flat();
    },
    async finishUnfinished(tenantId, name, size) {
      const file = fileOf(tenantId, name);
      const handle = await open(file + PART, "r+");
      try {
        await handle.truncate(size);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(file + PART, file);
    },
  };
}
