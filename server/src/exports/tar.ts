/** Pieces of a tar archive (POSIX ustar). There is no state between files, so an archive can be continued after a crash. */
import { once } from "node:events";
import { pack } from "tar-stream";

const BLOCK = 512;

export interface TarFile {
  /** At most 100 ASCII characters; a longer name would need a second header. */
  name: string;
  /** In bytes. `body` must yield exactly this many. */
  size: number;
  modifiedAt: Date;
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Yields one file with its header and padding. */
export async function* tarFile({ name, size, modifiedAt, body }: TarFile): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const entry = archive.entry({ name, size, mtime: modifiedAt, mode: 0o644 });
  const feeding = (async () => {
    for await (const piece of body) if (!entry.write(piece)) await once(entry, "drain");
    entry.end(null);
    archive.finalize();
  })();
  feeding.catch((error: Error) => archive.destroy(error));
  // Leave out the end marker, which the library adds after this file.
  let left = BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  for await (const bytes of archive as AsyncIterable<Uint8Array>) {
    if (left > 0) yield bytes.subarray(0, left);
    left -= bytes.length;
  }
  await feeding;
}

/** The end marker: two empty blocks. */
export const TAR_END = Buffer.alloc(2 * BLOCK);
