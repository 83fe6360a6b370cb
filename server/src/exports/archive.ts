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
import { deriveKey, openWithEither } from "../platform/keys.ts";
import { open, seal } from "../platform/seal.ts";
import { Damaged } from "../platform/sealed-blobs.ts";

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

/** @throws Damaged when the bytes were changed */
function openWhole(key: Buffer, index: number, sealed: Buffer, last: boolean): Buffer {
  try {
    return openChunk(key, index, sealed, last);
  } catch (error) {
    throw new Damaged(`chunk ${index}`, { cause: error });
  }
}

/** Length of the file for `size` bytes of plaintext. */
function sealedSize(size: number): number {
  return HEADER + size + Math.ceil(size / CHUNK) * (NONCE + TAG);
}

const tailContext = (exportId: string) => `tail of export ${exportId}`;

/** Null when it was sealed with another key. */
function openTail(tenantKey: Buffer, tailSealed: Buffer, exportId: string): Buffer | null {
  try {
    return open(tenantKey, tailSealed, tailContext(exportId));
  } catch {
    return null;
  }
}

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

/** Resumes writing after the first `size` plaintext bytes. Null when the file does not contain them, or the tenant's key was replaced. */
export async function resumeArchive(
  archives: Blobs,
  tenantKey: Buffer,
  { tenantId, exportId }: ArchiveOf,
  { size, tailSealed }: { size: number; tailSealed: Buffer },
): Promise<ArchiveWriter | null> {
  const tail = openTail(tenantKey, tailSealed, exportId);
  if (!tail) return null;
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

/** The key of the archive's chunks. @throws when none of the tenant keys opens the first chunk of the finished archive */
async function findKey(
  tenantKeys: readonly Buffer[],
  exportId: string,
  blob: Pick<BlobReader, "size" | "read">,
): Promise<Buffer> {
  const first = await blob.read(0, HEADER + SEALED);
  if (!first.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error("the file is not an archive");
  return openWithEither(tenantKeys, (tenantKey) => {
    const key = fileKey(tenantKey, first.subarray(MAGIC.length, HEADER), exportId);
    openChunk(key, 0, first.subarray(HEADER), blob.size <= HEADER + SEALED);
    return key;
  });
}

/**
 * Yields the bytes `start` to `end` (exclusive) of a finished archive of `size` bytes. Each chunk is authenticated before it is yielded.
 * @param tenantKeys one of them sealed the archive
 * @throws when the file is another archive or was changed
 */
export async function* readArchive(
  tenantKeys: readonly Buffer[],
  exportId: string,
  blob: BlobReader,
  { size, start, end }: { size: number; start: number; end: number },
): AsyncGenerator<Buffer> {
  if (blob.size !== sealedSize(size)) throw new Error("the file is not this archive");
  const key = await findKey(tenantKeys, exportId, blob);
  const last = Math.ceil(size / CHUNK) - 1;
  for (let index = Math.floor(start / CHUNK); index * CHUNK < end; index++) {
    const plain = openChunk(key, index, await blob.read(HEADER + index * SEALED, SEALED), index === last);
    const from = index * CHUNK;
    yield plain.subarray(Math.max(0, start - from), Math.min(plain.length, end - from));
  }
}

/** Whether this tenant key opens the finished archive. False for a file that is no archive. @throws the file system's error */
export async function isSealedWith(tenantKey: Buffer, exportId: string, blob: BlobReader): Promise<boolean> {
  const first = await blob.read(0, HEADER + SEALED);
  const whole = { size: blob.size, read: () => Promise.resolve(first) };
  return findKey([tenantKey], exportId, whole).then(
    () => true,
    () => false,
  );
}

/**
 * A finished archive's file, sealed anew with another tenant key.
 * @throws Damaged; when the old key does not fit; the file system's error
 */
export async function* sealAnew(
  [oldKey, newKey]: readonly [oldKey: Buffer, newKey: Buffer],
  exportId: string,
  blob: BlobReader,
): AsyncGenerator<Buffer> {
  const openingKey = await findKey([oldKey], exportId, blob);
  const salt = randomBytes(SALT);
  yield Buffer.concat([MAGIC, salt]);
  const sealingKey = fileKey(newKey, salt, exportId);
  const chunks = Math.ceil((blob.size - HEADER) / SEALED);
  for (let index = 0; index < chunks; index++) {
    const last = index === chunks - 1;
    const sealed = await blob.read(HEADER + index * SEALED, SEALED);
    yield sealChunk(sealingKey, index, openWhole(openingKey, index, sealed, last), last);
  }
}

/** Whether the file exists and has the length of a finished archive of `size` plaintext bytes. */
export async function isWhole(archives: Blobs, tenantId: string, exportId: string, size: number): Promise<boolean> {
  if (archives.stateOf(tenantId, exportId) !== "finished") return false;
  const blob = await archives.read(tenantId, exportId);
  await blob?.close();
  return blob?.size === sealedSize(size);
}
