/** Which characters a font file has: its table `cmap` (OpenType 1.9). */
import { readTable } from "./font-file.ts";

/** Yields the characters of 16-bit segments. Glyph 0 is the box of a missing character. */
function* readFormat4(table: Buffer): Generator<number> {
  const segments = table.readUInt16BE(6) / 2;
  const ends = 14;
  const [starts, deltas, offsets] = [1, 2, 3].map((part) => ends + 2 + part * segments * 2) as [number, number, number];
  for (let segment = 0; segment < segments; segment++) {
    const first = table.readUInt16BE(starts + segment * 2);
    const last = table.readUInt16BE(ends + segment * 2);
    const delta = table.readUInt16BE(deltas + segment * 2);
    const place = offsets + segment * 2;
    const offset = table.readUInt16BE(place);
    for (let character = first; character <= last && character < 0xffff; character++) {
      const listed = offset === 0 ? character : table.readUInt16BE(place + offset + (character - first) * 2);
      const glyph = offset === 0 || listed !== 0 ? (listed + delta) & 0xffff : 0;
      if (glyph !== 0) yield character;
    }
  }
}

/** Yields the characters of 32-bit groups. */
function* readFormat12(table: Buffer): Generator<number> {
  const groups = table.readUInt32BE(12);
  for (let group = 0; group < groups; group++) {
    const at = 16 + group * 12;
    const [first, last, glyph] = [table.readUInt32BE(at), table.readUInt32BE(at + 4), table.readUInt32BE(at + 8)];
    for (let character = first; character <= Math.min(last, 0x10ffff); character++) {
      if (glyph + character - first !== 0) yield character;
    }
  }
}

/** @throws Error, with the end of a sentence, if the file can't be read as a font */
export function charactersOf(file: Buffer): Set<number> {
  const table = readTable(file, "cmap");
  const found = new Set<number>();
  for (let at = 4; at < 4 + table.readUInt16BE(2) * 8; at += 8) {
    const subtable = table.subarray(table.readUInt32BE(at + 4));
    const [platform, format] = [table.readUInt16BE(at), subtable.readUInt16BE(0)];
    // 0 is Unicode and 3 Windows; the others are encodings of the last century.
    if (platform !== 0 && platform !== 3) continue;
    const characters = format === 4 ? readFormat4(subtable) : format === 12 ? readFormat12(subtable) : [];
    for (const character of characters) found.add(character);
  }
  if (found.size === 0) throw new Error("it has no Unicode characters");
  return found;
}
