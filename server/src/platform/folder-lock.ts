/**
 * Allows one server per data folder: a second one would take the first one's unfinished recordings for the remains of a crash. The
 * operating system holds the lock, through SQLite, so the lock always ends with the process.
 */
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "./startup-error.ts";

const SQLITE_BUSY = 5;

export interface FolderLock {
  release(): void;
}

/** @throws StartupError when another server holds the lock */
export function lockFolder(folder: string): FolderLock {
  const lock = tryLockFolder(folder);
  if (lock) return lock;
  throw new StartupError(
    `Another whoot is running on the data folder ${folder}. Stop it first, or set WHOOT_DATA to another folder.`,
  );
}

/** @returns null when another process holds the lock. @throws StartupError when the folder can't be locked at all */
export function tryLockFolder(folder: string): FolderLock | null {
  const database = new DatabaseSync(resolve(folder, "server.lock"));
  try {
    database.exec("pragma locking_mode = exclusive; begin exclusive");
  } catch (error) {
    database.close();
    if ((error as { errcode?: unknown }).errcode === SQLITE_BUSY) return null;
    throw new StartupError(`The data folder ${folder} can't be locked (${(error as Error).message}).`);
  }
  return { release: () => database.close() };
}
