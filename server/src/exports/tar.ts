/** Pieces of a tar archive (POSIX ustar). Between two files it has no state: that is what lets an archive be continued after a crash. */
import { once } from "node:events";
import { pack } from "tar-stream";

const BLOCK = 512;

export interface TarFile {
  /** At most 100 ASCII characters: a longer one would take a second header. */
  name: string;
  /** Bytes; `body` gives exactly as many. */
  size: number;
  modifiedAt: Date;
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** One file with its header and padding. */
export async function* tarFile({ name, size, modifiedAt, body }: TarFile): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const entry = archive.entry({ name, size, mtime: modifiedAt, mode: 0o644 });
  const feeding = (async () => {
    for await (const piece of body) if (!entry.write(piece)) await once(entry, "drain");
    entry.end(null);
    archive.finalize();
  })();
  feeding.catch((error: Error) => archive.destroy(error));
  // Without the mark of the end that the library adds after this one file.
  let left = BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  for await (const bytes of archive as AsyncIterable<Uint8Array>) {
    if (left > 0) yield bytes.subarray(0, left);
    left -= bytes.length;
  }
  await feeding;
}

/** The mark of the end: two empty blocks. */
export const TAR_END = Buffer.alloc(2 * BLOCK);
