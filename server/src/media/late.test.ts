/** The end of a press: packets sent before it are heard even if they arrive late; packets sent after it are not. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { readOggPackets, type RtpClient, type RtpClientOptions } from "./testing/rtp-client.ts";
import { openStage, type Stage } from "./testing/stage.ts";
import { until } from "./testing/until.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const [FIRST, SECOND] = [71_000, 72_000];

/** Joins a talker with two microphone lines, as browsers have. */
function joinTalker(): Promise<RtpClient> {
  const options: Partial<RtpClientOptions> = {
    ssrcs: [FIRST, SECOND],
    onAnswer: (sdp) =>
      stage.media.send({
        type: "answer",
        peerId: "talker",
        sdp: sdp.replace("a=mid:microphone2\r\n", `a=mid:microphone2\r\na=ssrc:${SECOND} cname:client\r\n`),
      }),
  };
  return stage.join("talker", undefined, options);
}

const endLate = (transmissionId: string) => stage.media.send({ type: "endTransmission", transmissionId, late: true });

it("packets sent before the end that arrive after it are heard and recorded, and packets sent later are not", async () => {
  const talker = await joinTalker();
  const listener = await stage.join("listener", "channel");
  const voice = stage.voice(talker);
  stage.start("t", "talker", "channel", true);
  voice.say(10);
  await until("ten packets", () => listener.received.length === 10);
  endLate("t");
  voice.say(2);
  voice.lose(40);
  voice.say(5);
  expect(await stage.ended("t")).toMatchObject({ durationMs: 240, reason: "asked" });
  expect(listener.received).toHaveLength(12);
  const file = Buffer.concat(stage.pieces("t").map((piece) => piece.bytes));
  expect(await readOggPackets(file)).toHaveLength(12);
});

it("two presses on different lines never mix, even when the new press overtakes the tail of the old one", async () => {
  const talker = await joinTalker();
  const ops = await stage.join("ops", "ops");
  const yard = await stage.join("yard", "yard");
  const tail = stage.voice(talker);
  const next = stage.voice(talker, { sequence: 9, timestamp: 77 });
  stage.start("first", "talker", "ops");
  tail.say(10);
  await until("ten packets", () => ops.received.length === 10);
  endLate("first");
  // The new press overtakes the tail of the first.
  next.say(3, { ssrc: SECOND });
  stage.media.send({
    type: "startTransmission",
    transmissionId: "second",
    peerId: "talker",
    line: 1,
    channelId: "yard",
    record: false,
  });
  next.say(3, { ssrc: SECOND });
  tail.say(2);
  await until("both", () => ops.received.length === 12 && yard.received.length === 6);
  await stage.ended("first");
  await stage.end("second");
  // Nobody hears packets that are sent on either line after both ended.
  tail.say(3);
  next.say(3, { ssrc: SECOND });
  const other = await stage.join("other");
  stage.start("witness", "other", "ops");
  stage.voice(other).say(1);
  await until("the witness", () => ops.received.length === 13);
  expect(yard.received).toHaveLength(6);
});

it("an end without late packets takes effect at once, even while late packets of an earlier end are awaited", async () => {
  const talker = await joinTalker();
  const listener = await stage.join("listener", "channel");
  const voice = stage.voice(talker);
  stage.start("t", "talker", "channel", true);
  voice.say(5);
  await until("five packets", () => listener.received.length === 5);
  endLate("t");
  stage.media.send({ type: "endTransmission", transmissionId: "t" });
  voice.say(2);
  expect(await stage.ended("t")).toMatchObject({ durationMs: 100 });
  stage.media.send({ type: "closePeer", peerId: "talker" });
  expect(listener.received).toHaveLength(5);
});

it("a new press on the same line ends the wait for late packets, and no packet in between is lost", async () => {
  const talker = await joinTalker();
  const listener = await stage.join("listener", "channel");
  const voice = stage.voice(talker);
  for (let press = 1; press <= 20; press++) {
    stage.start(`t${press}`, "talker", "channel");
    voice.say(2);
    await until(`press ${press}`, () => listener.received.length === press * 2);
    endLate(`t${press}`);
  }
  await stage.ended("t20");
  expect(stage.eventsOf("transmissionEnded")).toHaveLength(20);
  expect(listener.received).toHaveLength(40);
});
