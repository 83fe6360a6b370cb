/** Small files that are whole or not there, also after a power failure. */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Once it resolves, the file and its name survive a power failure. Until then, the file is as it was. @throws the file system's error */
export async function writeDurably(file: string, content: string | Buffer): Promise<void> {
  // A name of its own, because two may write the same file at once.
  const part = `${file}.${randomUUID()}.part`;
  try {
    const handle = await open(part, "wx", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {}); // removing may fail too, on a full or read-only disk
    throw error;
  }
  await syncFolder(dirname(file));
}
