import { describe, expect, it } from "vitest";
import { opusSamples, readRtpAudio } from "./rtp.ts";
import { writeRtp } from "./testing/rtp-client.ts";

/** 20 ms, wideband SILK, one frame (RFC 6716 table 2, configuration 9). */
const TOC_20_MS = 9 << 3;
const payload = Uint8Array.of(TOC_20_MS, 1, 2, 3);
const sound = () => writeRtp({ payload, sequence: 7, timestamp: 4_000_000_000, ssrc: 99 });

describe("opusSamples", () => {
  it.each([
    ["10 ms SILK", 0 << 3, 0, 480],
    ["60 ms SILK", 3 << 3, 0, 2_880],
    ["20 ms hybrid", 13 << 3, 0, 960],
    ["2.5 ms CELT", 16 << 3, 0, 120],
    ["20 ms CELT", 31 << 3, 0, 960],
    ["two frames of 20 ms", (31 << 3) | 1, 0, 1_920],
    ["two frames of different size", (31 << 3) | 2, 0, 1_920],
    ["three frames of 20 ms", (31 << 3) | 3, 3, 2_880],
  ])("%s", (_name, toc, second, samples) => expect(opusSamples(toc, second)).toBe(samples));
});

describe("readRtpAudio", () => {
  it("reads header and payload, and leaves 12 bytes before the payload", () => {
    const audio = readRtpAudio(sound())!;
    expect(audio).toMatchObject({ ssrc: 99, sequence: 7, timestamp: 4_000_000_000, samples: 960, levelBelowFull: null });
    expect([...audio.frame.subarray(12)]).toEqual([...payload]);
  });

  it("reads the level, and drops extension, padding and contributing sources from the forwarded frame", () => {
    const plain = writeRtp({ payload, sequence: 7, timestamp: 1, ssrc: 99, level: 33 });
    const withSource = Buffer.concat([
      plain.subarray(0, 12),
      Buffer.from([0, 0, 0, 5]),
      plain.subarray(12),
      Buffer.from([0, 0, 3]),
    ]);
    withSource[0] = 0x80 | 0x20 | 0x10 | 1;
    const audio = readRtpAudio(withSource)!;
    expect(audio.levelBelowFull).toBe(33);
    expect(audio.frame[0]).toBe(0x80);
    expect([...audio.frame.subarray(12)]).toEqual([...payload]);
  });

  it.each<[string, (packet: Buffer) => Buffer]>([
    ["an empty packet", () => Buffer.alloc(0)],
    ["a header without payload", (packet) => packet.subarray(0, 12)],
    ["RTP version 1", (packet) => ((packet[0] = 0x40), packet)],
    ["another payload type", (packet) => ((packet[1] = 110), packet)],
    ["RTCP", (packet) => ((packet[1] = 200), packet)],
    ["more contributing sources than bytes", (packet) => ((packet[0] = 0x8f), packet)],
    ["an extension longer than the packet", (packet) => ((packet[0] = 0x90), packet)],
    ["more padding than payload", (packet) => ((packet[0] = 0xa0), (packet[packet.length - 1] = 200), packet)],
    ["an Opus packet over 1275 bytes", (packet) => Buffer.concat([packet, Buffer.alloc(1_275)])],
    ["2.5 ms of audio", (packet) => ((packet[12] = 16 << 3), packet)],
    ["an Opus packet without frames", (packet) => ((packet[12] = (9 << 3) | 3), (packet[13] = 0), packet)],
    ["more than 120 ms of audio", (packet) => ((packet[12] = (9 << 3) | 3), (packet[13] = 7), packet)],
  ])("refuses %s", (_name, spoil) => expect(readRtpAudio(spoil(sound()))).toBeNull());

  it("never throws on random bytes", () => {
    for (let round = 0; round < 20_000; round++) {
      const packet = Buffer.from(Array.from({ length: round % 60 }, () => Math.floor(Math.random() * 256)));
      if (packet.length > 1) packet[1] = 111;
      const audio = readRtpAudio(packet);
      if (audio) expect(audio.frame.length).toBeGreaterThan(12);
    }
  });
});
