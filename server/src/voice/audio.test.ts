import { expect, test } from "vitest";
import { enter, FIVE_FRAMES, gateway, recorded, speak, tenantId, useAudioStage } from "./testing/audio-stage.ts";

// These tests check what is really heard and recorded.
useAudioStage();

test("a talk is heard only by people in the channel and recorded from its first syllable", async () => {
  const dispatch = gateway.world.addChannel(tenantId, { recording: true });
  const kitchen = gateway.world.addChannel(tenantId);
  const ada = await enter("Ada", [dispatch]);
  const ben = await enter("Ben", [dispatch, kitchen]);
  const cid = await enter("Cid", [kitchen]);

  // She speaks as soon as the key is down; talk.start reaches the server two frames later.
  await ada.say("early", 2);
  const transmissionId = await ada.granted(ada.press(dispatch));
  await ada.say("hello");
  await ben.hears("hello");
  expect(ben.heard("early")).toEqual([0, 1]);
  const slot = await ben.next("slot", ({ source }) => source !== null);
  expect(slot.source).toEqual({ channelId: dispatch, sessionId: ada.sessionId, transmissionId });
  ada.release();

  const words = await recorded(transmissionId);
  expect(words("early")).toEqual([0, 1]);
  expect(words("hello")).toEqual(FIVE_FRAMES);
  expect(gateway.kept.ended.get(transmissionId)).toBe(140);
  expect(gateway.kept.begun.get(transmissionId)).toMatchObject({ tenantId, channelId: dispatch, speakerName: "Ada" });

  await speak(ben, kitchen, "soup", cid);
  expect(cid.heard("hello")).toEqual([]);
  expect(ada.heard("soup")).toEqual([]);
  expect(ada.heard("hello")).toEqual([]);
  expect(gateway.kept.begun.size).toBe(1);
});

test("when two people talk at once, a listener hears both and they hear each other", async () => {
  const channelId = gateway.world.addChannel(tenantId);
  const [ada, ben, cid] = [await enter("Ada", [channelId]), await enter("Ben", [channelId]), await enter("Cid", [channelId])];
  await Promise.all([ada.granted(ada.press(channelId)), ben.granted(ben.press(channelId))]);
  await Promise.all([ada.say("left", 10), ben.say("right", 10)]);
  await Promise.all([cid.hears("left", 10), cid.hears("right", 10), ada.hears("right", 10), ben.hears("left", 10)]);
  expect(gateway.voice.stats().talking).toBe(2);
});

test("nobody hears a channel after leaving it or after it is deleted", async () => {
  const channelId = gateway.world.addChannel(tenantId);
  const ada = await enter("Ada", [channelId]);
  const [ben, cid] = [await enter("Ben", [channelId]), await enter("Cid", [channelId])];
  await speak(ada, channelId, "one", ben, cid);
  ben.send({ type: "leave", channelId });
  await ben.next("left");
  await ada.pause(200);
  await speak(ada, channelId, "two", cid);
  expect(ben.heard("two")).toEqual([]);

  await ada.granted(ada.press(channelId));
  gateway.world.removeChannel(tenantId, channelId);
  gateway.voice.onChange({ kind: "changed", tenantId, what: "channels" });
  expect((await ada.next("talk.ended")).reason).toBe("channel_deleted");
  await cid.next("left", ({ reason }) => reason === "channel_deleted");
  await ada.say("three", 10);
  await ada.settled();
  expect(cid.heard("three")).toEqual([]);
});

test("a person who joins in mid-talk hears the rest of the talk", async () => {
  const channelId = gateway.world.addChannel(tenantId);
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", []);
  await ada.granted(ada.press(channelId));
  await ada.say("first");
  await ada.settled();
  await ben.join(channelId);
  await ada.say("rest");
  await ben.hears("rest");
  expect(ben.heard("first")).toEqual([]);
});

test("after 40 rapid presses every talk has ended, none is stored without audio, and the next talk is complete", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  let lastPressId = 0;
  for (let i = 0; i < 40; i += 1) {
    lastPressId = ada.press(channelId);
    ada.release();
  }
  await ada.granted(lastPressId);
  expect(ada.all("talk.granted")).toHaveLength(40);
  await expect.poll(() => ben.all("talker.stopped").length).toBe(40);
  await expect.poll(() => gateway.voice.stats()).toMatchObject({ talking: 0, ending: 0 });
  expect(gateway.kept.begun.size).toBe(0);
  const transmissionId = await speak(ada, channelId, "whole", ben);
  expect((await recorded(transmissionId))("whole")).toEqual(FIVE_FRAMES);
});

test("reconnecting audio in mid-talk ends that talk, and talking and hearing work again afterwards", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const cut = await ada.granted(ada.press(channelId));
  await ada.say("cut");
  await ben.hears("cut");
  await ada.connectAudio();
  expect(await ada.next("talk.ended")).toMatchObject({ transmissionId: cut, reason: "media_lost" });
  expect((await recorded(cut))("cut")).toEqual(FIVE_FRAMES);
  await speak(ada, channelId, "again", ben);
  await speak(ben, channelId, "back", ada);
  expect(gateway.voice.stats().peers).toBe(2);
});

test("when a browser dies in mid-talk, the others see it at once and the recording is complete", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const transmissionId = await ada.granted(ada.press(channelId));
  await ada.say("last words");
  await ben.hears("last words");
  ada.kill();
  await ben.next("talker.stopped", (stopped) => stopped.transmissionId === transmissionId);
  await ben.next("presence", ({ changes }) => changes.some(({ left }) => left.includes(ada.sessionId)));
  await ben.next("slot", ({ source }) => source === null);
  expect((await recorded(transmissionId))("last words")).toEqual(FIVE_FRAMES);
  expect(gateway.voice.stats()).toEqual({ tenants: 1, sessions: 1, peers: 1, talking: 0, ending: 0 });
});

test("when only the audio connection dies, the talk ends, and the client is told and can reconnect audio", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const transmissionId = await ada.granted(ada.press(channelId));
  await ada.say("before");
  await ben.hears("before");
  // The worker needs half a minute to notice a silent network, but closes a peer at once on an answer that it cannot parse.
  ada.send({ type: "media.answer", sdp: "v=0\r\n" });
  expect((await ada.next("talk.ended")).reason).toBe("media_lost");
  await ada.next("media.state", ({ state }) => state === "lost");
  await ben.next("talker.stopped");
  expect((await recorded(transmissionId))("before")).toEqual(FIVE_FRAMES);
  expect(await ada.denied(ada.press(channelId))).toBe("no_media");
  await ada.connectAudio();
  await speak(ada, channelId, "again", ben);
});

test("when the server closes in mid-talk, recordings are complete and everybody is asked to reconnect", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const transmissionId = await ada.granted(ada.press(channelId));
  await ada.say("until the end");
  await ben.hears("until the end");
  await gateway.voice.close();
  expect(gateway.kept.ended.get(transmissionId)).toBe(100);
  expect((await recorded(transmissionId))("until the end")).toEqual(FIVE_FRAMES);
  expect([await ada.closed(), await ben.closed()]).toEqual([1012, 1012]);
});
