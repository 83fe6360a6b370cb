/** Font files: TrueType and OpenType, and WOFF 1.0 (W3C), which holds the same tables deflated. */
import { inflateSync } from "node:zlib";

const WOFF = 0x774f4646;
const TRUETYPE = 0x00010000;
const OPENTYPE = 0x4f54544f; // "OTTO"
const HEADER = 12;
const ENTRY = 16;
/** No table of a font is larger. */
const MAX_TABLE = 64 * 2 ** 20;

interface Table {
  tag: number;
  checksum: number;
  length: number;
  /** Reads and inflates the table. */
  read(): Buffer;
}

/** @throws Error for any other file; its message is the end of a sentence */
function readTables(file: Buffer): { flavour: number; tables: Table[] } {
  const kind = file.readUInt32BE(0);
  const isWoff = kind === WOFF;
  if (!isWoff && kind !== TRUETYPE && kind !== OPENTYPE) throw new Error("it is no WOFF, TrueType or OpenType font");
  const count = file.readUInt16BE(isWoff ? 12 : 4);
  const [start, size] = isWoff ? [44, 20] : [HEADER, ENTRY];
  const tables = Array.from({ length: count }, (_, index): Table => {
    const field = (at: number) => file.readUInt32BE(start + index * size + at);
    const [tag, offset, stored, length, checksum] = isWoff
      ? [field(0), field(4), field(8), field(12), field(16)]
      : [field(0), field(8), field(12), field(12), field(4)];
    const bytes = file.subarray(offset, offset + stored);
    return { tag, checksum, length, read: () => (stored < length ? inflateSync(bytes, { maxOutputLength: MAX_TABLE }) : bytes) };
  });
  return { flavour: isWoff ? file.readUInt32BE(4) : kind, tables };
}

/** @param name four letters. @throws Error whose message is the end of a sentence */
export function readTable(file: Buffer, name: string): Buffer {
  const tag = Buffer.from(name, "latin1").readUInt32BE(0);
  const table = readTables(file).tables.find((candidate) => candidate.tag === tag);
  if (!table) throw new Error(`it has no table ${name}`);
  return table.read();
}

const aligned = (length: number) => Math.ceil(length / 4) * 4;

/** The font with its tables inflated. pdfkit inflates them in JavaScript, which takes ten times as long. */
export function inflated(file: Buffer): Buffer {
  if (file.readUInt32BE(0) !== WOFF) return file;
  const { flavour, tables } = readTables(file);
  const power = Math.floor(Math.log2(tables.length));
  const head = Buffer.alloc(HEADER + tables.length * ENTRY);
  head.writeUInt32BE(flavour, 0);
  [tables.length, 2 ** power * ENTRY, power, (tables.length - 2 ** power) * ENTRY].forEach((value, index) =>
    head.writeUInt16BE(value, 4 + index * 2),
  );
  const parts: Buffer[] = [head];
  let offset = head.length;
  for (const [index, { tag, checksum, length, read }] of tables.entries()) {
    [tag, checksum, offset, length].forEach((value, field) => head.writeUInt32BE(value, HEADER + index * ENTRY + field * 4));
    parts.push(read(), Buffer.alloc(aligned(length) - length));
    offset += aligned(length);
  }
  return Buffer.concat(parts);
}
