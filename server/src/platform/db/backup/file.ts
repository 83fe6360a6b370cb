/**
 * The file of a backup: gzip, followed by the SHA-256 of the gzip bytes (32 bytes), so that any changed byte is detected. `zcat` reads it.
 * It contains lines: a header (JSON); for each table its name and columns (JSON), its rows in COPY's text format (in which no row contains a
 * raw line end), `\.`, and the rows' count and hash (JSON); finally the totals (JSON).
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip, createGzip } from "node:zlib";
import { z } from "zod";

const VERSION = 1;
const HASH_BYTES = 32;
const LINE_END = 0x0a;
/** More than any header has. Reading stops there if the file is not a backup. */
const HEADER_BYTES = 1_000_000;
const END_OF_ROWS = Buffer.from("\\.\n");

const Name = z.string().regex(/^[a-z_][a-z0-9_]*$/);
const Count = z.int().min(0);

const Header = z.object({
  format: z.literal("whoot backup"),
  version: z.int(),
  /** The moment of the snapshot that all rows come from. */
  takenAt: z.iso.datetime(),
  /** Derived from the master key, to tell whether a server has the same one. */
  receiptKey: z.string(),
  /** The schema, as the names of the applied migrations. */
  migrations: z.array(z.string()),
});
export type BackupHeader = z.infer<typeof Header>;

const SectionHead = z.object({ table: Name, columns: z.array(Name).min(1) });
const SectionEnd = z.object({ rows: Count, sha256: z.string() });
const Totals = z.object({ tables: Count, rows: Count, workspaces: Count, people: Count });
export type BackupTotals = z.infer<typeof Totals>;

/** The rows of one table. Read `blocks` to the end before the next section. */
export interface Section extends z.infer<typeof SectionHead> {
  /** Each block holds whole rows. */
  blocks: AsyncIterable<Buffer>;
}

/** The file is not a backup, or not a complete one. The message is a sentence for the operator. */
export class BackupFileError extends Error {
  override name = "BackupFileError";
}

export function encodeHeader(header: Omit<BackupHeader, "format" | "version">): string {
  return `${JSON.stringify({ format: "whoot backup", version: VERSION, ...header })}\n`;
}

/** @param blocks the rows in COPY's format. @returns the number of rows */
export async function* encodeSection(
  table: string,
  columns: string[],
  blocks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer | string, number> {
  yield `${JSON.stringify({ table, columns })}\n`;
  const sum = makeSum();
  for await (const block of blocks) {
    sum.add(block);
    yield block;
  }
  const { rows, sha256 } = sum.end();
  yield END_OF_ROWS;
  yield `${JSON.stringify({ rows, sha256 })}\n`;
  return rows;
}

export function encodeTotals(totals: BackupTotals): string {
  return `${JSON.stringify(totals)}\n`;
}

/** Counts and hashes a table's rows. */
export function makeSum() {
  const hash = createHash("sha256");
  let rows = 0;
  return {
    add(block: Buffer): void {
      hash.update(block);
      for (let at = block.indexOf(LINE_END); at >= 0; at = block.indexOf(LINE_END, at + 1)) rows += 1;
    },
    end: () => ({ rows, sha256: hash.digest("hex") }),
  };
}

/** @throws BackupFileError if the file already exists */
async function giveName(part: string, file: string): Promise<void> {
  try {
    await link(part, file); // unlike a rename, this never replaces another file
    await rm(part);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new BackupFileError(`${file} already exists. Choose another name.`);
    // The file system has no hard links.
    if (await exists(file)) throw new BackupFileError(`${file} already exists. Choose another name.`);
    await rename(part, file);
  }
  const folder = await open(dirname(file), "r");
  await folder.sync().catch(() => {}); // not every file system supports it
  await folder.close();
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
}

/**
 * Writes the file under a temporary name, lets `check` read it back, and renames it, so that there is a complete file or none. Only the user
 * of this process may read it (mode 0600).
 * @param content the output of the encode functions, in the order of the format
 * @throws BackupFileError if the file already exists or the disk can't store it
 */
export async function writeBackup(
  file: string,
  content: AsyncIterable<Buffer | string>,
  check: (part: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const part = resolve(dirname(file), `.whoot-backup-${randomUUID()}.part`);
  const hash = createHash("sha256");
  async function* sealed(gzip: AsyncIterable<Buffer>) {
    for await (const bytes of gzip) {
      hash.update(bytes);
      yield bytes;
    }
    yield hash.digest();
  }
  try {
    if (await exists(file)) throw new BackupFileError(`${file} already exists. Choose another name.`);
    // Opened before the pipeline: a stream that opens itself could do so after a failure has removed the file.
    const sink = (await open(part, "wx", 0o600)).createWriteStream({ flush: true });
    await pipeline(content, createGzip({ level: 3 }), sealed, sink, { signal });
    await check(part);
    signal?.throwIfAborted();
    await giveName(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw signal?.aborted ? new BackupFileError("The backup was interrupted. No file was left behind.") : inWords(error, file);
  }
}

function inWords(error: unknown, file: string): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof BackupFileError || syscall === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new BackupFileError(`The disk of ${dirname(file)} is full. No file was left behind.`);
  }
  return new BackupFileError(`${file} can't be written (${code ?? message}). No file was left behind.`);
}

export interface BackupFile {
  header: BackupHeader;
  /** SHA-256 of the whole file, as `sha256sum` prints it. */
  sha256: string;
  bytes: number;
  /** Reads all rows. Resolves with the totals once every section has been read and checked. @throws BackupFileError */
  read(onSection: (section: Section) => Promise<void>): Promise<BackupTotals>;
}

/**
 * Opens a backup and checks every byte of it against its checksum.
 * @throws BackupFileError if it is not a backup, is incomplete or changed, or was made by a newer whoot
 */
export async function openBackup(file: string): Promise<BackupFile> {
  let bytes: number;
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new BackupFileError(`${file} is not a file.`);
    bytes = found.size;
    const header = await readHeader(file, bytes);
    const sha256 = await checkSum(file, bytes);
    return { header, sha256, bytes, read: (onSection) => readSections(file, bytes, onSection) };
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (error instanceof BackupFileError || syscall === undefined) throw error;
    throw new BackupFileError(code === "ENOENT" ? `There is no file ${file}.` : `${file} can't be read (${code}).`);
  }
}

const damaged = (file: string) =>
  new BackupFileError(`${file} is incomplete or was changed: its checksum is wrong. Use another copy of this backup.`);

async function readHeader(file: string, bytes: number): Promise<BackupHeader> {
  const foreign = new BackupFileError(`${file} is not a backup that whoot made.`);
  let text = "";
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }); // a truncated file still has a readable beginning
  const source = createReadStream(file, { end: Math.max(0, bytes - HASH_BYTES - 1) });
  source.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const block of source.pipe(gunzip)) {
      text += (block as Buffer).toString("utf8");
      if (text.includes("\n") || text.length > HEADER_BYTES) break;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw text.startsWith('{"format":"whoot backup"') ? damaged(file) : foreign;
  } finally {
    source.destroy();
  }
  const line = text.split("\n", 1)[0] ?? "";
  const header = Header.safeParse(orNull(line));
  if (!header.success) throw text.startsWith('{"format":"whoot backup"') ? damaged(file) : foreign;
  if (header.data.version !== VERSION) {
    throw new BackupFileError(
      `${file} has version ${header.data.version} of the backup format; this whoot reads version ${VERSION}. Restore it with the whoot that made it.`,
    );
  }
  return header.data;
}

function orNull(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

async function checkSum(file: string, bytes: number): Promise<string> {
  if (bytes <= HASH_BYTES) throw damaged(file);
  const end = bytes - HASH_BYTES;
  const hash = createHash("sha256");
  for await (const block of createReadStream(file, { end: end - 1 })) hash.update(block as Buffer);
  const whole = hash.copy();
  const stored: Buffer[] = [];
  for await (const block of createReadStream(file, { start: end })) stored.push(block as Buffer);
  const sum = Buffer.concat(stored);
  if (!sum.equals(hash.digest())) throw damaged(file);
  return whole.update(sum).digest("hex");
}

async function readSections(file: string, bytes: number, onSection: (section: Section) => Promise<void>): Promise<BackupTotals> {
  const source = createReadStream(file, { end: bytes - HASH_BYTES - 1 });
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  const lines = makeLines(source.pipe(gunzip));
  const bad = new BackupFileError(`${file} is inconsistent: its sums are wrong. Use another copy of this backup.`);
  const sums = { tables: 0, rows: 0 };
  try {
    await lines.line(); // the header
    for (;;) {
      const data = orNull((await lines.line()) ?? "");
      const head = SectionHead.safeParse(data);
      if (!head.success) {
        const totals = Totals.safeParse(data);
        if (!totals.success || (await lines.line()) !== null) throw bad;
        if (totals.data.tables !== sums.tables || totals.data.rows !== sums.rows) throw bad;
        return totals.data;
      }
      const sum = makeSum();
      await onSection({ ...head.data, blocks: lines.rows(sum.add) });
      const end = SectionEnd.safeParse(orNull((await lines.line()) ?? ""));
      const { rows, sha256 } = sum.end();
      if (!end.success || end.data.rows !== rows || end.data.sha256 !== sha256) throw bad;
      sums.tables += 1;
      sums.rows += rows;
    }
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

/** Reads a stream either line by line or in blocks of whole rows. */
function makeLines(source: AsyncIterable<Buffer>) {
  const incoming = source[Symbol.asyncIterator]();
  let buffered: Buffer = Buffer.alloc(0);

  /** @returns false at the end of the stream */
  async function more(): Promise<boolean> {
    const { value, done } = await incoming.next();
    if (done) return false;
    buffered = buffered.length === 0 ? value : Buffer.concat([buffered, value]);
    return true;
  }

  function take(length: number): Buffer {
    const taken = buffered.subarray(0, length);
    buffered = buffered.subarray(length);
    return taken;
  }

  async function line(): Promise<string | null> {
    for (;;) {
      const at = buffered.indexOf(LINE_END);
      if (at >= 0) return take(at + 1).toString("utf8", 0, at);
      if (!(await more())) return buffered.length > 0 ? take(buffered.length).toString() : null;
    }
  }

  /** Where the rows end in the buffered bytes; -1 if their end has not arrived yet. */
  function endOfRows(): number {
    if (buffered.subarray(0, END_OF_ROWS.length).equals(END_OF_ROWS)) return 0;
    const at = buffered.indexOf("\n\\.\n");
    return at < 0 ? -1 : at + 1;
  }

  async function* rows(onBlock: (block: Buffer) => void): AsyncGenerator<Buffer> {
    for (;;) {
      const end = endOfRows();
      const whole = end >= 0 ? end : buffered.lastIndexOf(LINE_END) + 1;
      if (whole > 0) {
        const block = take(whole);
        onBlock(block);
        yield block;
      }
      if (end >= 0) return void take(END_OF_ROWS.length);
      if (!(await more())) return; // the caller notices that the section's end is missing
    }
  }

  return { line, rows };
}
