import { beforeEach, describe, expect, it } from "vitest";
import { writeRtp } from "./testing/rtp-client.ts";
import { Uplink } from "./uplink.ts";

const TOC_20_MS = 9 << 3;
let uplink: Uplink;
let nowMs: number;

beforeEach(() => {
  uplink = new Uplink();
  nowMs = 10_000;
});

const accept = (sequence: number, timestamp: number, ssrc = 1) =>
  uplink.accept(writeRtp({ payload: Uint8Array.of(TOC_20_MS, 5), sequence, timestamp, ssrc }), nowMs);

/** Sends `count` packets, 20 ms apart, and returns those that were accepted. */
function speak(count: number, sequence: number, timestamp: number) {
  const accepted = [];
  for (let index = 0; index < count; index++) {
    const packet = accept(sequence + index, timestamp + index * 960);
    if (packet) accepted.push(packet);
    nowMs += 20;
  }
  return accepted;
}

describe("timeline", () => {
  it("continues across wraps of sequence number and timestamp", () => {
    const packets = speak(10, 65_531, 2 ** 32 - 4 * 960);
    for (let index = 1; index < packets.length; index++) {
      expect(packets[index]!.sequence - packets[index - 1]!.sequence).toBe(1);
      expect(packets[index]!.timestamp - packets[index - 1]!.timestamp).toBe(960);
    }
    expect(packets).toHaveLength(10);
  });

  it("puts a late packet in its place", () => {
    const first = accept(10, 9_600)!;
    const third = accept(12, 11_520)!;
    const second = accept(11, 10_560)!;
    expect([second.sequence - first.sequence, third.sequence - first.sequence]).toEqual([1, 2]);
    expect([second.timestamp - first.timestamp, third.timestamp - first.timestamp]).toEqual([960, 1_920]);
  });

  it("replaces a forged timestamp jump by the time that really passed", () => {
    const [before] = speak(1, 10, 0);
    const jumped = accept(11, 2_000_000_000)!;
    expect(jumped.timestamp - before!.timestamp).toBe(20 * 48);
    // Small steps do not get further than 2 s ahead of the clock either.
    let last = jumped;
    for (let index = 1; index < 40; index++) {
      nowMs += 20;
      last = accept(11 + index, 2_000_000_000 + index * 48_000) ?? last;
    }
    expect((last.timestamp - jumped.timestamp) / 48).toBeLessThan(40 * 20 + 2_100);
  });

  it("never goes back when the RTP timestamp does", () => {
    const packets = [accept(1, 100_000)!, accept(2, 99_000)!, accept(3, 50)!];
    expect(packets[1]!.timestamp).toBeGreaterThan(packets[0]!.timestamp);
    expect(packets[2]!.timestamp).toBeGreaterThan(packets[1]!.timestamp);
  });
});

describe("flooding", () => {
  it("accepts at most twice real time, plus a burst of one second", () => {
    let accepted = 0;
    for (let index = 0; index < 2_000; index++) {
      if (accept(index, index * 960)) accepted++;
      nowMs += 1;
    }
    // 2 s of real time: 4 s of audio and the burst of 1 s, at 20 ms each.
    expect(accepted).toBeLessThanOrEqual(250);
    expect(accepted).toBeGreaterThan(200);
  });

  it("accepts a second of backlog after a network stall", () => {
    speak(5, 0, 0);
    nowMs += 1_000;
    let accepted = 0;
    for (let index = 5; index < 55; index++) if (accept(index, index * 960)) accepted++;
    expect(accepted).toBe(50);
  });
});

describe("isFlooding", () => {
  it("is set only after more than 2,000 refused packets in a second", () => {
    for (let index = 0; index < 1_500; index++) accept(index, index * 960);
    expect(uplink.isFlooding).toBe(false);
    nowMs += 1_000;
    for (let index = 0; index < 2_500; index++) accept(index, index * 960);
    expect(uplink.isFlooding).toBe(true);
  });
});

describe("one stream at a time", () => {
  it("refuses a second SSRC, and accepts it after the first was silent for a second", () => {
    expect(accept(1, 0, 1)).not.toBeNull();
    nowMs += 20;
    expect(accept(500, 5_000, 2)).toBeNull();
    nowMs += 1_001;
    expect(accept(501, 6_000, 2)).not.toBeNull();
    expect(accept(2, 960, 1)).toBeNull();
  });
});

describe("leftovers of an ended burst", () => {
  it("are dropped, in order or late", () => {
    speak(10, 0, 0);
    uplink.endBurst(nowMs, "ops");
    expect(speak(3, 10, 9_600)).toEqual([]);
    expect(accept(5, 4_800)).toBeNull();
  });

  it("end where a new press begins, though the browser numbers its packets without a gap", () => {
    speak(10, 0, 0);
    uplink.endBurst(nowMs, "ops");
    speak(1, 10, 9_600);
    nowMs += 80;
    // Chromium freezes the timestamp while no track is attached. A packet 60 ms late must be from a new press.
    expect(speak(3, 11, 10_560)).toHaveLength(3);
  });

  it("are kept once the same channel is granted again, however fast the next press", () => {
    speak(10, 0, 0);
    uplink.endBurst(nowMs, "ops");
    uplink.beginBurst("kitchen");
    expect(speak(1, 10, 9_600)).toEqual([]);
    uplink.beginBurst("ops");
    expect(speak(3, 11, 10_560)).toHaveLength(3);
  });

  it("of a denied press are not heard in the next grant", () => {
    speak(10, 0, 0);
    uplink.endBurst(nowMs, null);
    uplink.beginBurst("ops");
    expect(speak(3, 10, 9_600)).toEqual([]);
  });

  it("end after 150 ms: later packets are a new burst", () => {
    speak(10, 0, 0);
    uplink.endBurst(nowMs, "ops");
    expect(speak(20, 10, 9_600)).toHaveLength(12);
  });

  it("end at once where the timestamp jumps", () => {
    speak(10, 0, 0);
    uplink.endBurst(nowMs, "ops");
    expect(accept(10, 30_000)).not.toBeNull();
  });
});

describe("ring buffer", () => {
  it("keeps the last 500 ms in order", () => {
    for (const packet of speak(50, 0, 0)) uplink.ringBuffer.add(packet);
    const kept = uplink.ringBuffer.take(nowMs);
    expect(kept).toHaveLength(25);
    expect(kept.at(-1)!.sequence - kept[0]!.sequence).toBe(24);
    expect(uplink.ringBuffer.take(nowMs)).toEqual([]);
  });

  it("sorts packets that arrive out of order", () => {
    for (const sequence of [1, 3, 2]) uplink.ringBuffer.add(accept(sequence, sequence * 960)!);
    const sequences = uplink.ringBuffer.take(nowMs).map((packet) => packet.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });
});
