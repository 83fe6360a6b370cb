/** Searches the bytes of all files below a folder for words. */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { relative, resolve } from "node:path";

export interface Hit {
  /** Path relative to the folder. */
  file: string;
  word: string;
}

/** The word as typed, in lower case, and without accents, as in the search index. */
function spellings(word: string): Buffer[] {
  const plain = word
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .toLowerCase();
  const variants = new Set([word, word.normalize("NFC"), word.toLowerCase(), plain]);
  return [...variants].map((spelling) => lowerAscii(Buffer.from(spelling)));
}

/** Lowers ASCII letters in place, because some names are also stored in lower case. */
function lowerAscii(bytes: Buffer): Buffer {
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x41 && byte <= 0x5a) bytes[index] = byte | 0x20;
  }
  return bytes;
}

/** Reads every file below `folder` in constant memory. @returns one hit per file and word */
export async function scanFor(folder: string, words: readonly string[]): Promise<Hit[]> {
  const wanted = words.map((word) => ({ word, spellings: spellings(word) }));
  const longest = Math.max(0, ...wanted.flatMap((entry) => entry.spellings.map(({ length }) => length)));
  const hits: Hit[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = resolve(entry.parentPath, entry.name);
    const foundWords = new Set<string>();
    let end: Buffer = Buffer.alloc(0); // the end of the previous block, because a word may span two blocks
    for await (const block of createReadStream(file, { highWaterMark: 1 << 20 })) {
      const bytes = lowerAscii(Buffer.concat([end, block as Buffer]));
      for (const { word, spellings: variants } of wanted) {
        if (variants.some((spelling) => bytes.includes(spelling))) foundWords.add(word);
      }
      end = Buffer.from(bytes.subarray(Math.max(0, bytes.length - longest + 1)));
    }
    hits.push(...[...foundWords].map((word) => ({ file: relative(folder, file), word })));
  }
  return hits.sort((a, b) => (a.file < b.file ? -1 : 1));
}
