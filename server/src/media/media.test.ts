import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startMedia } from "./media.ts";
import { readOggPackets, type ReceivedRtp } from "./testing/rtp-client.ts";
import { openStage, type Stage } from "./testing/stage.ts";
import { until } from "./testing/until.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const onSlot = (heard: ReceivedRtp[], mid: string) => heard.filter((rtp) => rtp.mid === mid);

/**
 * Expects every packet of a slot to follow the one before it. Call once the last packet has arrived. Loopback keeps the
 * order of sending.
 */
function expectContinuous(heard: ReceivedRtp[]): void {
  for (let index = 1; index < heard.length; index++) {
    expect((heard[index]!.sequence - heard[index - 1]!.sequence) & 0xffff).toBe(1);
    expect((heard[index]!.timestamp - heard[index - 1]!.timestamp) >>> 0).toBeGreaterThanOrEqual(960);
    expect(heard[index]!.ssrc).toBe(heard[0]!.ssrc);
  }
}

describe("without a grant", () => {
  it("nobody hears a talker and nothing is recorded before a press, after a denial and after release", async () => {
    const talker = await stage.join("talker", "channel");
    const other = await stage.join("other", "channel");
    const listener = await stage.join("listener", "channel");
    const voice = stage.voice(talker);
    const witness = stage.voice(other);

    voice.say(20);
    stage.media.send({ type: "dropBuffered", peerId: "talker" });
    stage.start("granted", "talker", "channel", true);
    await until("the slot", () => stage.eventsOf("slot").some((event) => event.transmissionId === "granted"));
    await stage.end("granted");
    voice.say(20);
    // A test cannot wait for a packet that is not forwarded, so it waits for a later packet of a talker with a grant.
    stage.start("witness", "other", "channel");
    witness.say(1);
    await until("the witness", () => listener.received.length > 0);

    expect(listener.received).toHaveLength(1);
    expect(stage.eventsOf("transmissionStarted").map((event) => event.transmissionId)).toEqual(["witness"]);
    expect(stage.eventsOf("recordingPiece")).toEqual([]);
    expect(stage.eventsOf("transmissionEnded")).toMatchObject([{ transmissionId: "granted", durationMs: 0, reason: "asked" }]);
  });
});

describe("a transmission", () => {
  it("begins with the buffered packets and is heard by everybody else on the channel", async () => {
    const talker = await stage.join("talker", "channel");
    const near = await stage.join("near", "channel");
    const far = await stage.join("far", "channel");
    const elsewhere = await stage.join("elsewhere", "another");
    const voice = stage.voice(talker);
    const other = await stage.join("other");
    const before = Date.now();
    voice.say(5);
    // Sent after the five on the same UDP port: once the witness is heard, the five are in the ring buffer.
    stage.start("witness", "other", "another");
    stage.voice(other).say(1);
    await until("the witness", () => elsewhere.received.length === 1);
    const startedAt = Date.now();
    stage.start("t", "talker", "channel", true);
    voice.say(45);
    await until("50 packets", () => near.received.length === 50 && far.received.length === 50);
    const ended = await stage.end("t");

    expect(ended).toMatchObject({ durationMs: 1_000, reason: "asked" });
    expectContinuous(near.received);
    expect(near.received.map((rtp) => rtp.marker)).toEqual([true, ...Array(49).fill(false)]);
    expect(near.received.every((rtp) => (rtp.bytes[0]! & 0x1f) === 0)).toBe(true);
    expect(talker.received).toEqual([]);
    expect(elsewhere.received).toHaveLength(1);
    const started = stage.eventsOf("transmissionStarted").find((event) => event.transmissionId === "t")!;
    expect(started.firstPacketAtMs).toBeGreaterThanOrEqual(before);
    expect(started.firstPacketAtMs).toBeLessThanOrEqual(startedAt);
    expect(stage.eventsOf("slot").filter((event) => event.peerId === "near")).toMatchObject([
      { mid: "slot0", transmissionId: "t", channelId: "channel" },
      { mid: "slot0", transmissionId: null, channelId: null },
    ]);
    const file = Buffer.concat(stage.pieces("t").map((piece) => piece.bytes));
    expect(await readOggPackets(file)).toEqual(near.received.map((rtp) => new Uint8Array(rtp.payload)));
  });

  it("keeps the gaps between the talker's packets and records the levels that the client sends", async () => {
    const talker = await stage.join("talker", "channel");
    const listener = await stage.join("listener", "channel");
    const voice = stage.voice(talker);
    stage.start("t", "talker", "channel", true);
    voice.say(3, { level: 30 });
    voice.lose(2);
    voice.say(3, { level: 127 });
    await until("six packets", () => listener.received.length === 6);
    await stage.end("t");
    expect((listener.received[3]!.sequence - listener.received[2]!.sequence) & 0xffff).toBe(3);
    expect((listener.received[3]!.timestamp - listener.received[2]!.timestamp) >>> 0).toBe(3 * 960);
    expect(stage.pieces("t")).toMatchObject([{ durationMs: 160, levels: [50, 0], last: true }]);
    expect(listener.received[0]!.payload.length).toBeGreaterThan(10);
  });

  it("ends when its talker's peer is closed", async () => {
    const talker = await stage.join("talker", "channel");
    const listener = await stage.join("listener", "channel");
    stage.start("t", "talker", "channel", true);
    stage.voice(talker).say(10);
    await until("ten packets", () => listener.received.length === 10);
    stage.media.send({ type: "closePeer", peerId: "talker" });
    expect(await stage.ended("t")).toMatchObject({ durationMs: 200, reason: "peerGone" });
    expect(stage.pieces("t").at(-1)).toMatchObject({ last: true, durationMs: 200 });
    expect(stage.eventsOf("slot").at(-1)).toMatchObject({ peerId: "listener", transmissionId: null });
  });

  it("of an unknown peer ends at once", () => {
    stage.start("t", "nobody", "channel", true);
    expect(stage.eventsOf("transmissionEnded")).toMatchObject([{ transmissionId: "t", durationMs: 0, reason: "peerGone" }]);
  });
});

describe("slots", () => {
  it("carry two talkers at once, one per slot", async () => {
    const first = await stage.join("first", "channel");
    const second = await stage.join("second", "channel");
    const listener = await stage.join("listener", "channel");
    stage.start("one", "first", "channel");
    stage.start("two", "second", "channel");
    stage.voice(first).say(10);
    stage.voice(second).say(12);
    await until("both", () => listener.received.length === 22);
    expectContinuous(onSlot(listener.received, "slot0"));
    expectContinuous(onSlot(listener.received, "slot1"));
    expect([onSlot(listener.received, "slot0").length, onSlot(listener.received, "slot1").length]).toEqual([10, 12]);
    expect(new Set(listener.received.map((rtp) => rtp.ssrc)).size).toBe(2);
    await until("each other", () => first.received.length === 12 && second.received.length === 10);
  });

  it("carry one continuous stream across spurts and talkers, with real pauses in the timestamps", async () => {
    const first = await stage.join("first", "channel");
    const second = await stage.join("second", "channel");
    const listener = await stage.join("listener", "channel");
    const voices = { first: stage.voice(first), second: stage.voice(second, { sequence: 5, timestamp: 77 }) };
    const spurts = ["first", "second", "first", "second"] as const;
    for (const [index, peerId] of spurts.entries()) {
      // Wait until no packet counts as left over from this talker's last spurt.
      const begun = performance.now();
      await until("a pause", () => index === 0 || performance.now() - begun > 200);
      stage.start(`t${index}`, peerId, "channel");
      voices[peerId].say(10);
      await until("the spurt", () => listener.received.length === (index + 1) * 10);
      await stage.end(`t${index}`);
    }
    expect(listener.received.every((rtp) => rtp.mid === "slot0")).toBe(true);
    expectContinuous(listener.received);
    expect(listener.received.flatMap((rtp, index) => (rtp.marker ? [index] : []))).toEqual([0, 10, 20, 30]);
    for (const index of [10, 20, 30]) {
      const gapMs = ((listener.received[index]!.timestamp - listener.received[index - 1]!.timestamp) >>> 0) / 48;
      expect(gapMs).toBeGreaterThanOrEqual(195);
      expect(gapMs).toBeLessThan(2_000);
    }
  });

  it("carry the rest of a transmission to a listener who joins during it, and stop when they leave", async () => {
    const talker = await stage.join("talker", "channel");
    const early = await stage.join("early", "channel");
    const late = await stage.join("late");
    const voice = stage.voice(talker);
    stage.start("t", "talker", "channel");
    voice.say(5);
    await until("the first five", () => early.received.length === 5);
    stage.media.send({ type: "subscribe", peerId: "late", channelId: "channel" });
    voice.say(5);
    await until("the next five", () => early.received.length === 10 && late.received.length === 5);
    expect(late.received[0]!.marker).toBe(true);
    stage.media.send({ type: "unsubscribe", peerId: "late", channelId: "channel" });
    voice.say(5);
    await until("the last five", () => early.received.length === 15);
    expect(late.received).toHaveLength(5);
    expect(stage.eventsOf("slot").at(-1)).toMatchObject({ peerId: "late", transmissionId: null });
  });

  it("are limited to six, and a seventh talker waits until one is free", async () => {
    const listener = await stage.join("listener", "channel");
    const talkers = [];
    for (let index = 0; index < 7; index++) talkers.push(await stage.join(`talker${index}`));
    const voices = talkers.map((talker) => stage.voice(talker));
    for (let index = 0; index < 7; index++) stage.start(`t${index}`, `talker${index}`, "channel");
    expect(stage.eventsOf("slot").map((event) => event.transmissionId)).toEqual(["t0", "t1", "t2", "t3", "t4", "t5"]);
    expect(stage.eventsOf("uncarried"), "the worker reports that the listener has no free slot").toEqual([
      { type: "uncarried", peerId: "listener", transmissionId: "t6" },
    ]);
    voices[6]!.say(3);
    await until("the seventh to speak", () =>
      stage.eventsOf("transmissionStarted").some((event) => event.transmissionId === "t6"),
    );
    voices[2]!.say(1);
    await until("the third", () => listener.received.length === 1);
    await stage.end("t2");
    expect(stage.eventsOf("slot").slice(-2)).toMatchObject([
      { mid: "slot2", transmissionId: null },
      { mid: "slot2", transmissionId: "t6" },
    ]);
    voices[6]!.say(4);
    await until("the seventh", () => listener.received.length === 5);
    expect(onSlot(listener.received, "slot2")).toHaveLength(5);
  });
});

describe("a hostile client", () => {
  it("is heard only with Opus packets of one SSRC", async () => {
    const talker = await stage.join("talker", "channel", { ssrcs: [111_111, 222_222] });
    const listener = await stage.join("listener", "channel");
    const voice = stage.voice(talker);
    stage.start("t", "talker", "channel");
    voice.say(5);
    stage.voice(talker, { sequence: 1 }).say(5, { payloadType: 100 });
    stage.voice(talker, { sequence: 9_000 }).say(5, { ssrc: 222_222 });
    talker.send({ payload: new Uint8Array(1_100), sequence: 3, timestamp: 3, payloadType: 96 });
    voice.say(1);
    await until("the honest six", () => listener.received.length >= 6);
    expect(listener.received).toHaveLength(6);
    expectContinuous(listener.received);
  });

  it("that floods the server is limited to twice real time after a burst of one second", async () => {
    const talker = await stage.join("talker", "channel");
    const other = await stage.join("other", "channel");
    const listener = await stage.join("listener", "channel");
    const voice = stage.voice(talker);
    const begun = performance.now();
    stage.start("t", "talker", "channel");
    for (let round = 0; round < 20; round++) {
      voice.say(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    stage.start("witness", "other", "channel");
    stage.voice(other).say(1);
    await until("the witness", () => onSlot(listener.received, "slot1").length === 1);
    const secondsOfAudio = onSlot(listener.received, "slot0").length * 0.02;
    expect(secondsOfAudio).toBeGreaterThan(0.5);
    expect(secondsOfAudio).toBeLessThanOrEqual(1 + (2 * (performance.now() - begun)) / 1_000);
  });

  it("cannot stop other clients with malformed RTCP", async () => {
    const hostile = await stage.join("hostile", "channel");
    // An SDES packet with an item longer than the packet makes libdatachannel loop for ever if it has several tracks.
    hostile.sendRaw(Buffer.from([0x81, 202, 0, 2, 0, 0, 0, 1, 1, 255, 65, 65]));
    hostile.sendRaw(Buffer.from([0x81, 202, 0, 3, 0, 0, 0, 1, 1, 255, 65, 65, 65, 65, 65, 65]));
    hostile.sendRaw(Buffer.from([0x80, 202, 0, 0, 0, 0, 0, 0]));
    const talker = await stage.join("talker", "channel");
    const listener = await stage.join("listener", "channel");
    stage.start("t", "talker", "channel");
    stage.voice(talker).say(5);
    await until("five packets", () => listener.received.length === 5);
  });

  it.each([
    ["text that is not SDP", "nonsense"],
    ["an empty SDP", "v=0\r\n"],
    ["control characters", "v=0\r\nm=audio \u0000\uffff\r\n"],
  ])("that answers with %s fails without harm to others", async (_name, sdp) => {
    stage.media.send({ type: "openPeer", peerId: "hostile" });
    stage.media.send({ type: "candidate", peerId: "hostile", candidate: "candidate:%s%n%x 1 udp 1 999.1.1.1 -5 typ", mid: "x" });
    stage.media.send({ type: "answer", peerId: "hostile", sdp });
    await until("the failure", () =>
      stage.eventsOf("peerState").some((event) => event.peerId === "hostile" && event.state === "failed"),
    );
    stage.media.send({ type: "answer", peerId: "hostile", sdp });
    await stage.join("honest");
  });

  it("that sends malformed candidates does not stop anybody's audio", async () => {
    for (const candidate of [
      "",
      "a=candidate:",
      "candidate:1 1 udp 1 host.invalid 1 typ host",
      "x".repeat(1_000),
      "candidate:1 1 UDP 1 ::ffff:1.2.3.4 1 typ relay\n",
    ]) {
      stage.media.send({ type: "candidate", peerId: "talker", candidate, mid: "microphone" });
    }
    const talker = await stage.join("talker", "channel");
    stage.media.send({
      type: "candidate",
      peerId: "talker",
      candidate: "candidate:1 1 udp 5 203.0.113.9 9 typ host",
      mid: "\u0000",
    });
    const listener = await stage.join("listener", "channel");
    stage.start("t", "talker", "channel");
    stage.voice(talker).say(5);
    await until("five packets", () => listener.received.length === 5);
  });
});

describe("lifecycle", () => {
  it("commands with unknown ids are ignored", () => {
    for (const type of ["closePeer", "dropBuffered"] as const) stage.media.send({ type, peerId: "nobody" });
    stage.media.send({ type: "answer", peerId: "nobody", sdp: "" });
    stage.media.send({ type: "candidate", peerId: "nobody", candidate: "", mid: "" });
    stage.media.send({ type: "subscribe", peerId: "nobody", channelId: "c" });
    stage.media.send({ type: "unsubscribe", peerId: "nobody", channelId: "c" });
    stage.media.send({ type: "endTransmission", transmissionId: "none" });
    expect(stage.events).toEqual([]);
  });

  it("opening a peer with an existing id replaces that peer", async () => {
    await stage.join("talker", "channel");
    stage.start("old", "talker", "channel");
    stage.media.send({ type: "openPeer", peerId: "talker" });
    expect(await stage.ended("old")).toMatchObject({ reason: "peerGone" });
    await until("a second offer", () => stage.eventsOf("offer").length === 2);
  });

  it("closing twice ends transmissions, finishes recordings and frees the port", async () => {
    const otherStage = await openStage({ port: 0 });
    const talker = await otherStage.join("talker", "channel");
    const listener = await otherStage.join("listener", "channel");
    otherStage.start("t", "talker", "channel", true);
    otherStage.voice(talker).say(5);
    await until("five packets", () => listener.received.length === 5);
    const [candidate] = otherStage.eventsOf("candidate");
    const port = Number(candidate!.candidate.split(" ")[5]);
    await Promise.all([otherStage.media.close(), otherStage.media.close()]);
    otherStage.start("too late", "talker", "channel");
    await otherStage.close();
    expect(otherStage.eventsOf("transmissionEnded")).toMatchObject([
      { transmissionId: "t", durationMs: 100, reason: "peerGone" },
    ]);
    expect(otherStage.pieces("t").at(-1)).toMatchObject({ last: true });
    const nextStage = await openStage({ port });
    await nextStage.join("somebody");
    await nextStage.close();
  });

  it("nothing keeps the process alive after closing", async () => {
    const script = `
      const { openStage } = await import(${JSON.stringify(new URL("./testing/stage.ts", import.meta.url).href)});
      const stage = await openStage();
      await stage.join("talker", "channel");
      await stage.close();
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
    const exit = await Promise.race([
      new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code))),
      new Promise((resolve) => setTimeout(resolve, 120_000, "still alive")),
    ]);
    child.kill();
    expect(exit).toBe(0);
  });

  it("starting on a port in use fails with a clear message", async () => {
    const holder = createSocket("udp4");
    await new Promise<void>((resolve) => holder.bind(0, "127.0.0.1", resolve));
    const { port } = holder.address();
    const start = startMedia({ port, listenAddress: "127.0.0.1", log: () => {} });
    await expect(start).rejects.toThrow(`Cannot listen for audio on UDP port ${port} of 127.0.0.1: it is in use.`);
    holder.close();
  });

  it("the configured address is announced before the local one", async () => {
    const otherStage = await openStage({ announcedAddress: "203.0.113.7" });
    await otherStage.join("p");
    expect(otherStage.eventsOf("candidate").map((event) => event.candidate.split(" ")[4])).toEqual(["203.0.113.7", "127.0.0.1"]);
    await otherStage.close();
  });
});
