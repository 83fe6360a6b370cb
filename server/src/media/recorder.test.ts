import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { beforeAll, describe, expect, it } from "vitest";
import { Recorder, type RecordedPiece } from "./recorder.ts";
import { readOggPackets, tonePackets } from "./testing/rtp-client.ts";
import type { AudioPacket } from "./audio-packet.ts";

let tone: Uint8Array[];
beforeAll(async () => {
  tone = await tonePackets();
});

function packet(index: number, extra: Partial<AudioPacket> = {}): AudioPacket {
  const frame = Buffer.concat([Buffer.alloc(12), tone[index % tone.length]!]);
  return {
    frame,
    sequence: 7 + index,
    timestamp: 123_456 + index * 960,
    samples: 960,
    level: index % 100,
    receivedAtMs: 5_000 + index * 20,
    ...extra,
  };
}

async function record(packets: AudioPacket[]): Promise<RecordedPiece[]> {
  const pieces: RecordedPiece[] = [];
  const recorder = new Recorder((piece) => pieces.push(piece));
  for (const audioPacket of packets) recorder.write(audioPacket);
  await recorder.end();
  return pieces;
}

const fileOf = (pieces: RecordedPiece[]) => Buffer.concat(pieces.map((piece) => piece.bytes));
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Reads Ogg pages (RFC 3533 §6) without the library that wrote them. */
function pagesOf(file: Buffer) {
  const pages = [];
  for (let offset = 0; offset < file.length;) {
    expect(file.toString("latin1", offset, offset + 4)).toBe("OggS");
    const segments = file[offset + 26]!;
    const lacing = [...file.subarray(offset + 27, offset + 27 + segments)];
    const packets = lacing.filter((size) => size < 255).length;
    pages.push({
      flags: file[offset + 5]!,
      granule: Number(file.readBigInt64LE(offset + 6)),
      sequence: file.readUInt32LE(offset + 18),
      packets,
    });
    offset += 27 + segments + lacing.reduce((sum, size) => sum + size, 0);
  }
  return pages;
}

describe("Recorder", () => {
  it("writes every packet unchanged, in pages of at most a second", async () => {
    const pieces = await record(range(130).map((index) => packet(index)));
    const file = fileOf(pieces);
    expect(await readOggPackets(file)).toEqual(range(130).map((index) => new Uint8Array(tone[index % tone.length]!)));
    const pages = pagesOf(file);
    expect(pages.map((page) => page.packets)).toEqual([1, 1, 50, 50, 30]);
    expect(pages.map((page) => page.granule)).toEqual([0, 0, 48_000, 96_000, 130 * 960]);
    expect(pages.map((page) => page.flags)).toEqual([2, 0, 0, 0, 4]);
    expect(pages.map((page) => page.sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(pieces.map(({ sequence, durationMs, last }) => [sequence, durationMs, last])).toEqual([
      [0, 1_000, false],
      [1, 2_000, false],
      [2, 2_600, true],
    ]);
  });

  it("shows players the length without the encoder's 6.5 ms of look-ahead", async () => {
    const file = fileOf(await record(range(130).map((index) => packet(index))));
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(file) });
    expect(await input.computeDuration()).toBeCloseTo(2.6 - 0.0065, 3);
  });

  it("leaves a playable file up to the last stored piece when the rest is lost in a crash", async () => {
    const pieces = await record(range(130).map((index) => packet(index)));
    expect(await readOggPackets(fileOf(pieces.slice(0, -1)))).toHaveLength(100);
    expect(await readOggPackets(fileOf(pieces.slice(0, 1)))).toHaveLength(50);
  });

  it("replaces lost packets with concealment of the same length", async () => {
    const pieces = await record(
      range(60)
        .filter((index) => index < 10 || index >= 15)
        .map((index) => packet(index)),
    );
    const packets = await readOggPackets(fileOf(pieces));
    expect(packets).toHaveLength(60);
    expect(packets.slice(10, 15).map((opus) => opus.length)).toEqual([1, 1, 1, 1, 1]);
    expect(packets[10]![0]! >> 3).toBe(tone[9]![0]! >> 3);
    expect(packets[15]).toEqual(new Uint8Array(tone[15]!));
    expect(pieces.at(-1)!.durationMs).toBe(1_200);
  });

  it("reorders packets that are up to 60 ms late, and drops later ones and duplicates", async () => {
    const order = [0, 2, 1, 3, 4, 4, 6, 7, 8, 9, 5, 10];
    const packets = order.map((index, arrival) => packet(index, { receivedAtMs: 5_000 + arrival * 20 }));
    const written = await readOggPackets(fileOf(await record(packets)));
    expect(written).toHaveLength(11);
    expect(written[1]).toEqual(new Uint8Array(tone[1]!));
    expect(written[2]).toEqual(new Uint8Array(tone[2]!));
    expect(written[5]).toHaveLength(1);
  });

  it("reports the loudest level of every 100 ms, including the incomplete last one", async () => {
    const pieces = await record(range(63).map((index) => packet(index)));
    expect(pieces.map((piece) => piece.levels)).toEqual([
      [4, 9, 14, 19, 24, 29, 34, 39, 44, 49],
      [54, 59, 62],
    ]);
  });

  it("writes nothing for a transmission without audio, and one short piece for a single packet", async () => {
    expect(await record([])).toEqual([]);
    const pieces = await record([packet(0)]);
    expect(pieces).toMatchObject([{ sequence: 0, durationMs: 20, last: true }]);
    expect(await readOggPackets(pieces[0]!.bytes)).toHaveLength(1);
  });
});
