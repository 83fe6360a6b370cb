/**
 * An archive on disk: sealed chunks of equal size, so that any range can be read without the rest and an interrupted file can be
 * continued.
 *
 *     file  = "WHOOTEX1" salt(16) chunk*
 *     chunk = nonce(12) ciphertext tag(16), of 64 KiB plaintext; the last one is shorter
 *
 * AES-256-GCM (NIST SP 800-38D) under HKDF(tenant key, salt, export id). The chunk's number and the last-chunk flag are authenticated, so
 * moving, swapping or truncating chunks of a finished file is detected (the STREAM construction, Hoang et al. 2015). Nonces are random,
 * because after a crash the same chunk number may be used again with other bytes. 2^32 chunks are 256 TiB.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { BlobReader, Blobs, BlobWriter } from "../platform/blobs.ts";
import { deriveKey } from "../platform/keys.ts";
import { open, seal } from "../platform/seal.ts";

const MAGIC = Buffer.from("WHOOTEX1");
const SALT = 16;
const HEADER = MAGIC.length + SALT;
export const CHUNK = 64 * 1024;
const NONCE = 12;
const TAG = 16;
const SEALED = NONCE + CHUNK + TAG;

const fileKey = (tenantKey: Buffer, salt: Buffer, exportId: string) => deriveKey(tenantKey, salt, `export ${exportId}`);

function context(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(index, 0);
  bytes.writeUInt8(last ? 1 : 0, 4);
  return bytes;
}

function sealChunk(key: Buffer, index: number, plain: Buffer, last: boolean): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(context(index, last));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openChunk(key: Buffer, index: number, sealed: Buffer, last: boolean): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(context(index, last));
  decipher.setAuthTag(sealed.subarray(-TAG));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
}

/** Length of the file for `size` bytes of plaintext. */
function sealedSize(size: number): number {
  return HEADER + size + Math.ceil(size / CHUNK) * (NONCE + TAG);
}

const tailContext = (exportId: string) => `tail of export ${exportId}`;

export interface ArchiveWriter {
  /** Plaintext bytes written. */
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the written chunks durable. Returns the bytes that are not in a chunk yet, sealed for `resumeArchive`. */
  sync(): Promise<Buffer>;
  /** Seals the last chunk and gives the file its final name. */
  finish(): Promise<void>;
  /** Closes the file; a later run may resume it. */
  abandon(): Promise<void>;
}

interface ArchiveKeys {
  /** The key of the archive's chunks. */
  key: Buffer;
  tenantKey: Buffer;
}

/** The export that the archive belongs to. */
interface ArchiveOf {
  tenantId: string;
  exportId: string;
}

function makeWriter(
  { key, tenantKey }: ArchiveKeys,
  exportId: string,
  file: BlobWriter,
  from: { size: number; tail: Buffer },
): ArchiveWriter {
  let { size } = from;
  let index = Math.floor((size - from.tail.length) / CHUNK);
  const waiting = Buffer.alloc(CHUNK);
  let filled = from.tail.copy(waiting);

  return {
    get size() {
      return size;
    },
    async write(bytes) {
      for (let offset = 0; offset < bytes.length;) {
        // Seal a full chunk only when more bytes follow, because the last chunk needs the last-chunk flag.
        if (filled === CHUNK) {
          await file.append(sealChunk(key, index, waiting, false));
          index += 1;
          filled = 0;
        }
        const part = bytes.subarray(offset, offset + CHUNK - filled);
        waiting.set(part, filled);
        filled += part.length;
        offset += part.length;
      }
      size += bytes.length;
    },
    async sync() {
      await file.sync();
      return seal(tenantKey, waiting.subarray(0, filled), tailContext(exportId));
    },
    async finish() {
      await file.append(sealChunk(key, index, waiting.subarray(0, filled), true));
      await file.finish();
    },
    abandon: () => file.abandon(),
  };
}

export async function createArchive(
  archives: Blobs,
  tenantKey: Buffer,
  { tenantId, exportId }: ArchiveOf,
): Promise<ArchiveWriter> {
  await archives.remove(tenantId, exportId);
  const file = await archives.write(tenantId, exportId);
  const salt = randomBytes(SALT);
  await file.append(Buffer.concat([MAGIC, salt]));
  const key = fileKey(tenantKey, salt, exportId);
  return makeWriter({ key, tenantKey }, exportId, file, { size: 0, tail: Buffer.alloc(0) });
}

/** Resumes writing after the first `size` plaintext bytes. Null when the file does not contain them. */
export async function resumeArchive(
  archives: Blobs,
  tenantKey: Buffer,
  { tenantId, exportId }: ArchiveOf,
  { size, tailSealed }: { size: number; tailSealed: Buffer },
): Promise<ArchiveWriter | null> {
  const tail = open(tenantKey, tailSealed, tailContext(exportId));
  const file = await archives.resume(tenantId, exportId, HEADER + ((size - tail.length) / CHUNK) * SEALED);
  if (!file) return null;
  const blob = await archives.read(tenantId, exportId);
  const header = await blob?.read(0, HEADER);
  await blob?.close();
  if (!header?.subarray(0, MAGIC.length).equals(MAGIC)) {
    await file.abandon();
    return null;
  }
  const key = fileKey(tenantKey, header.subarray(MAGIC.length), exportId);
  return makeWriter({ key, tenantKey }, exportId, file, { size, tail });
}

/**
 * Yields the bytes `start` to `end` (exclusive) of a finished archive of `size` bytes. Each chunk is authenticated before it is yielded.
 * @throws when the file is another archive or was changed
 */
export async function* readArchive(
  tenantKey: Buffer,
  exportId: string,
  blob: BlobReader,
  { size, start, end }: { size: number; start: number; end: number },
): AsyncGenerator<Buffer> {
  const header = await blob.read(0, HEADER);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC) || blob.size !== sealedSize(size))
    throw new Error("the file is not this archive");
  const key = fileKey(tenantKey, header.subarray(MAGIC.length), exportId);
  const last = Math.ceil(size / CHUNK) - 1;
  for (let index = Math.floor(start / CHUNK); index * CHUNK < end; index++) {
    const plain = openChunk(key, index, await blob.read(HEADER + index * SEALED, SEALED), index === last);
    const from = index * CHUNK;
    yield plain.subarray(Math.max(0, start - from), Math.min(plain.length, end - from));
  }
}

/** Whether the file exists and has the length of a finished archive of `size` plaintext bytes. */
export async function isWhole(archives: Blobs, tenantId: string, exportId: string, size: number): Promise<boolean> {
  const blob = await archives.read(tenantId, exportId);
  await blob?.close();
  return blob?.size === sealedSize(size);
}
