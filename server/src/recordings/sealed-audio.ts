/**
 * A recording on disk: the pieces of an Ogg Opus stream, each sealed as it arrives, so that every complete piece can be played
 * after a crash and a reader can open any part without the rest.
 *
 *     file   = "WHOOTAU1" salt(16) record*
 *     record = sealedLength(4, big endian) headLength(2) ciphertext(sealedLength - 16) tag(16)
 *
 * AES-256-GCM under HKDF(tenant key, salt, transmission id). The nonce is the record's number. The number, the lengths and the
 * last-record flag are authenticated, so moving, swapping or truncating records of a finished file is detected (the STREAM
 * construction, Hoang et al. 2015). The plaintext is a JSON head of `headLength` bytes, then audio.
 * Record 0 has no audio. Its head describes the recording, so that it can be recovered when the database has no row.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import type { BlobReader } from "../platform/blobs.ts";
import { deriveKey } from "../platform/keys.ts";

const MAGIC = Buffer.from("WHOOTAU1");
// Lengths in bytes.
const SALT = 16;
const PREFIX = 6;
const TAG = 16;
const FILE_HEADER = MAGIC.length + SALT;
/** Larger records are invalid: a piece is at most one second of Opus, about 64 kB at the highest rate. */
const MAX_RECORD = 1 << 20;

export const Description = z.object({
  channelId: z.uuid(),
  memberId: z.uuid(),
  speakerName: z.string(),
  startedAt: z.iso.datetime(),
});
export type Description = z.infer<typeof Description>;

const PieceHead = z.object({
  /** Length of the recording including this piece. */
  durationMs: z.number(),
  /** Loudness, 0–100 per 100 ms of this piece. */
  levels: z.array(z.number()),
});
type PieceHead = z.infer<typeof PieceHead>;

export interface Sealer {
  /** Returns the beginning of the file: header and description. */
  start(description: Description): Buffer;
  piece(head: PieceHead, audio: Uint8Array, last: boolean): Buffer;
}

function fileKey(tenantKey: Buffer, salt: Buffer, transmissionId: string): Buffer {
  return deriveKey(tenantKey, salt, `recording ${transmissionId}`);
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 8);
  return nonce;
}

function additionalData(index: number, prefix: Buffer, last: boolean): Buffer {
  const bytes = Buffer.alloc(5 + PREFIX);
  bytes.writeUInt32BE(index, 0);
  bytes.writeUInt8(last ? 1 : 0, 4);
  prefix.copy(bytes, 5);
  return bytes;
}

/** Seals one recording. Records are numbered: after one that could not be stored, store no others, or the file cannot be opened. */
export function makeSealer(tenantKey: Buffer, transmissionId: string): Sealer {
  const salt = randomBytes(SALT);
  const key = fileKey(tenantKey, salt, transmissionId);
  let index = 0;

  function record(head: unknown, audio: Uint8Array, last: boolean): Buffer {
    const headBytes = Buffer.from(JSON.stringify(head));
    const prefix = Buffer.alloc(PREFIX);
    prefix.writeUInt32BE(headBytes.length + audio.length + TAG, 0);
    prefix.writeUInt16BE(headBytes.length, 4);
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(index));
    cipher.setAAD(additionalData(index, prefix, last));
    index += 1;
    return Buffer.concat([prefix, cipher.update(headBytes), cipher.update(audio), cipher.final(), cipher.getAuthTag()]);
  }

  return {
    start: (description) => Buffer.concat([MAGIC, salt, record(description, new Uint8Array(), false)]),
    piece: (head, audio, last) => record(head, audio, last),
  };
}

interface RecordPlace {
  index: number;
  position: number;
  sealedLength: number;
  prefix: Buffer;
  audioLength: number;
  /** Offset of the record's audio in the stream that listeners get. */
  audioStart: number;
}

/** The Ogg stream that listeners get. */
export interface SealedStream {
  /** In bytes. */
  size: number;
  /** Yields the bytes `start` to `end` (exclusive), record by record. The blob must still be open. @throws when a record was changed */
  read(start: number, end: number): AsyncGenerator<Buffer>;
}

export interface SealedAudio extends SealedStream {
  description: Description;
  durationMs: number;
  levels: number[];
  /** False for a recording that was cut short or is still in progress. */
  finished: boolean;
  /** Length of the file up to the end of the last complete record. */
  sealedSize: number;
}

/** Reads only the records' lengths, so that long recordings are never in memory as a whole. */
async function findRecords(blob: BlobReader): Promise<RecordPlace[]> {
  const places: RecordPlace[] = [];
  let position = FILE_HEADER;
  let audioStart = 0;
  while (position + PREFIX <= blob.size) {
    const prefix = await blob.read(position, PREFIX);
    if (prefix.length < PREFIX) break;
    const sealedLength = prefix.readUInt32BE(0);
    const audioLength = sealedLength - TAG - prefix.readUInt16BE(4);
    if (sealedLength > MAX_RECORD || audioLength < 0 || position + PREFIX + sealedLength > blob.size) break;
    places.push({ index: places.length, position, sealedLength, prefix, audioLength, audioStart });
    position += PREFIX + sealedLength;
    audioStart += audioLength;
  }
  return places;
}

/** @throws when the file is not a sealed recording */
async function readFileKey(tenantKey: Buffer, transmissionId: string, blob: BlobReader): Promise<Buffer> {
  const header = await blob.read(0, FILE_HEADER);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error("the file is not a sealed recording");
  return fileKey(tenantKey, header.subarray(MAGIC.length), transmissionId);
}

type Unsealed = { head: unknown; audio: Buffer };

/** @param body the record's bytes after the prefix. @throws when they were changed, or the key does not fit */
function unsealRecord(key: Buffer, place: Pick<RecordPlace, "index" | "prefix">, body: Buffer, last: boolean): Unsealed {
  const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(place.index), { authTagLength: TAG });
  decipher.setAAD(additionalData(place.index, place.prefix, last));
  decipher.setAuthTag(body.subarray(-TAG));
  const plain = Buffer.concat([decipher.update(body.subarray(0, -TAG)), decipher.final()]);
  const headLength = place.prefix.readUInt16BE(4);
  return { head: JSON.parse(plain.subarray(0, headLength).toString()), audio: plain.subarray(headLength) };
}

async function openRecords(tenantKey: Buffer, transmissionId: string, blob: BlobReader) {
  const key = await readFileKey(tenantKey, transmissionId, blob);
  const bodyOf = (place: RecordPlace) => blob.read(place.position + PREFIX, place.sealedLength);
  const unseal = async (place: RecordPlace, last: boolean) => unsealRecord(key, place, await bodyOf(place), last);

  const [first, ...pieces] = await findRecords(blob);
  if (!first) throw new Error("the sealed recording has no description");
  const description = Description.parse((await unseal(first, false)).head);
  const final = pieces.at(-1);
  const finished =
    final !== undefined &&
    (await unseal(final, true).then(
      () => true,
      () => false,
    ));
  const end = final ?? first;

  async function* read(from: number, to: number): AsyncGenerator<Buffer> {
    for (const place of pieces) {
      const pieceEnd = place.audioStart + place.audioLength;
      if (pieceEnd <= from || place.audioStart >= to) continue;
      const { audio } = await unseal(place, finished && place === final);
      yield audio.subarray(Math.max(0, from - place.audioStart), Math.min(audio.length, to - place.audioStart));
    }
  }

  return {
    description,
    finished,
    pieces,
    bodyOf,
    openPiece(place: RecordPlace, body: Buffer) {
      const { head, audio } = unsealRecord(key, place, body, finished && place === final);
      return { head: PieceHead.parse(head), audio };
    },
    size: end.audioStart + end.audioLength,
    sealedSize: end.position + PREFIX + end.sealedLength,
    read,
  };
}

/**
 * Opens a sealed recording for listening. Each record is read and authenticated only when its turn comes. Keep the blob open
 * while reading.
 * @throws when the file is not a sealed recording, or the tenant key does not fit
 */
export async function openSealedStream(tenantKey: Buffer, transmissionId: string, blob: BlobReader): Promise<SealedStream> {
  const { size, read } = await openRecords(tenantKey, transmissionId, blob);
  return { size, read };
}

/**
 * Opens a sealed recording and authenticates every record. Ignores a torn record at the end, which a crash may leave.
 * @throws when the file is not a sealed recording or was changed, or the tenant key does not fit
 */
export async function openSealedAudio(tenantKey: Buffer, transmissionId: string, blob: BlobReader): Promise<SealedAudio> {
  const audio = await openRecords(tenantKey, transmissionId, blob);
  let durationMs = 0;
  const levels: number[] = [];
  for (const place of audio.pieces) {
    const { head } = audio.openPiece(place, await audio.bodyOf(place));
    durationMs = head.durationMs;
    levels.push(...head.levels);
  }
  const { description, size, finished, sealedSize, read } = audio;
  return { description, size, durationMs, levels, finished, sealedSize, read };
}

/** Whether this tenant key opens the recording. False for a file that is no recording. @throws the file system's error */
export async function isSealedWith(tenantKey: Buffer, transmissionId: string, blob: BlobReader): Promise<boolean> {
  const header = await blob.read(0, FILE_HEADER + PREFIX);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC) || header.length < FILE_HEADER + PREFIX) return false;
  const prefix = header.subarray(FILE_HEADER);
  const sealedLength = prefix.readUInt32BE(0);
  if (sealedLength > MAX_RECORD || sealedLength < TAG) return false;
  const body = await blob.read(FILE_HEADER + PREFIX, sealedLength);
  try {
    const key = fileKey(tenantKey, header.subarray(MAGIC.length, FILE_HEADER), transmissionId);
    Description.parse(unsealRecord(key, { index: 0, prefix }, body, false).head);
    return true;
  } catch {
    return false;
  }
}

/**
 * Yields a recording's file, sealed anew with another tenant key, piece by piece. A piece that was damaged on disk becomes an empty one, so
 * that later pieces can still be heard.
 * @param noteDamage called for each damaged piece
 * @throws when the file is not a sealed recording or the old key does not fit; the file system's error
 */
export async function* sealAnew(
  [oldKey, newKey]: readonly [oldKey: Buffer, newKey: Buffer],
  transmissionId: string,
  blob: BlobReader,
  noteDamage: () => void,
): AsyncGenerator<Buffer> {
  const { description, finished, pieces, bodyOf, openPiece, sealedSize } = await openRecords(oldKey, transmissionId, blob);
  // Records after a damaged length can't be found. A crash may also leave half a piece at the end.
  if (sealedSize < blob.size) noteDamage();
  const sealer = makeSealer(newKey, transmissionId);
  yield sealer.start(description);
  let head: PieceHead = { durationMs: 0, levels: [] };
  for (const place of pieces) {
    const body = await bodyOf(place);
    let audio: Buffer = Buffer.alloc(0);
    try {
      ({ head, audio } = openPiece(place, body));
    } catch {
      noteDamage();
      head = { ...head, levels: [] };
    }
    yield sealer.piece(head, audio, finished && place === pieces.at(-1));
  }
}
