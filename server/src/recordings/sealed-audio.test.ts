import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { BlobReader } from "../platform/blobs.ts";
import { type Description, makeSealer, openSealedAudio } from "./sealed-audio.ts";

const key = randomBytes(32);
const transmissionId = randomUUID();
const description: Description = {
  channelId: randomUUID(),
  memberId: randomUUID(),
  speakerName: "Ada",
  startedAt: new Date().toISOString(),
};
const pieces = [700, 1, 0, 1_500, 64].map((length) => randomBytes(length));
const audio = Buffer.concat(pieces);

function toBlob(bytes: Buffer): BlobReader {
  return {
    size: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
    close: async () => {},
  };
}

/** The records of a sealed file. The first includes the file header. */
function sealAll(finished = true, under = key, id = transmissionId): Buffer[] {
  const sealer = makeSealer(under, id);
  const start = sealer.start(description);
  const heads = pieces.map((_, index) => ({ durationMs: (index + 1) * 1_000, levels: [index, index] }));
  return [
    start,
    ...pieces.map((piece, index) => sealer.piece(heads[index] as never, piece, finished && index === pieces.length - 1)),
  ];
}

const open = (file: Buffer, under = key, id = transmissionId) => openSealedAudio(under, id, toBlob(file));

async function readAll(file: Buffer, from = 0, to = audio.length): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of (await open(file)).read(from, to)) parts.push(part);
  return Buffer.concat(parts);
}

test("a sealed recording opens with its audio, description, length and levels", async () => {
  const file = Buffer.concat(sealAll());
  const opened = await open(file);
  expect(opened).toMatchObject({ description, size: audio.length, durationMs: 5_000, finished: true, sealedSize: file.length });
  expect(opened.levels).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  expect(await readAll(file)).toEqual(audio);
});

test("any range of a sealed recording can be read, across pieces", async () => {
  const file = Buffer.concat(sealAll());
  for (const [from, to] of [
    [0, 1],
    [699, 702],
    [700, 701],
    [701, 2_201],
    [2_200, 2_265],
    [5, 5],
    [0, 99_999],
  ] as const) {
    expect(await readAll(file, from, to)).toEqual(audio.subarray(from, to));
  }
});

test("a sealed file contains no plaintext and differs each time", () => {
  const file = Buffer.concat(sealAll());
  for (const secret of [...pieces.filter((piece) => piece.length > 16), Buffer.from("Ada"), Buffer.from(description.channelId)]) {
    expect(file.includes(secret)).toBe(false);
  }
  expect(file.equals(Buffer.concat(sealAll()))).toBe(false);
});

test("an unfinished or torn recording opens up to its last complete record", async () => {
  for (const torn of [0, 1, 5, 6, 7, 50]) {
    const whole = sealAll(false);
    const kept = Buffer.concat(whole.slice(0, 5));
    const opened = await open(Buffer.concat([kept, (whole[5] as Buffer).subarray(0, torn)]));
    expect(opened).toMatchObject({ finished: false, durationMs: 4_000, sealedSize: kept.length });
  }
});

test("an impossibly large record length is treated as a torn end", async () => {
  const [start = Buffer.alloc(0), first = Buffer.alloc(0)] = sealAll();
  const opened = await open(Buffer.concat([start, first, Buffer.from("ffffffffffff", "hex"), randomBytes(30)]));
  expect(opened).toMatchObject({ finished: false, durationMs: 1_000, size: 700 });
});

describe("a sealed recording does not open", () => {
  test("completely when any single byte was changed", async () => {
    const file = Buffer.concat(sealAll());
    // Every byte of header and description, a sample of the rest, and the last byte.
    const offsets = [...Array(260).keys(), ...Array.from({ length: 60 }, (_, index) => 260 + index * 37), file.length - 1].filter(
      (offset) => offset < file.length,
    );
    for (const offset of offsets) {
      const changed = Buffer.from(file);
      changed.writeUInt8((file[offset] ?? 0) ^ 1, offset);
      const outcome = await open(changed).then(
        (opened) => opened,
        () => "refused" as const,
      );
      // A changed length reads as a torn end: the recording is shorter and not finished.
      if (outcome !== "refused") {
        expect([offset, outcome.finished]).toEqual([offset, false]);
        expect(outcome.size).toBeLessThan(audio.length);
      }
    }
  });
  test("when pieces are swapped, repeated, left out, or from another recording", async () => {
    const [start, one, two, three, four, five] = sealAll() as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    const other = sealAll();
    for (const records of [
      [start, two, one, three, four, five],
      [start, one, one, two, three],
      [start, one, three, four, five],
      [start, one, other[2] as Buffer, three],
      [one, start],
      [start, five],
    ]) {
      await expect(open(Buffer.concat(records))).rejects.toThrow();
    }
  });
  test("as finished when its last records are missing", async () => {
    expect(await open(Buffer.concat(sealAll().slice(0, 4)))).toMatchObject({ finished: false, durationMs: 3_000 });
  });
  test("with another key or another transmission's id", async () => {
    const file = Buffer.concat(sealAll());
    await expect(open(file, randomBytes(32))).rejects.toThrow();
    await expect(open(file, key, randomUUID())).rejects.toThrow();
  });
  test("when the file is not a sealed recording", async () => {
    for (const file of [Buffer.alloc(0), Buffer.from("OggS"), Buffer.concat(sealAll()).subarray(0, 30), randomBytes(500)]) {
      await expect(open(file)).rejects.toThrow();
    }
  });
});
