import { expect, test } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { builtInPermissions } from "#contract/permissions.ts";
import {
  enter,
  everythingRecorded,
  FIVE_FRAMES,
  gateway,
  recorded,
  speak,
  tenantId,
  useAudioStage,
} from "./testing/audio-stage.ts";

// Whatever a client does, only people who may talk are heard and recorded.
useAudioStage();

test("audio sent without a grant or after a release is neither heard nor recorded", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const eve = await enter("Eve", [channelId]);
  const ben = await enter("Ben", [channelId]);
  await eve.say("ungranted", 30);
  await eve.pause(600);
  await speak(eve, channelId, "granted", ben);
  await ben.next("talker.stopped");
  await eve.pause(200);
  await eve.say("released", 30);
  await ben.settled();
  await speak(ben, channelId, "barrier", eve);

  expect(ben.heard("granted")).toEqual(FIVE_FRAMES);
  expect(ben.heard("ungranted")).toEqual([]);
  expect(ben.heard("released")).toEqual([]);
  for (const words of await everythingRecorded()) expect([...words("ungranted"), ...words("released")]).toEqual([]);
  expect(gateway.kept.begun.size).toBe(2);
});

test("audio that a viewer sends is not heard, not even after their role changes to one that may talk", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const viewer = await enter("Vi", [channelId], "viewer");
  const ben = await enter("Ben", [channelId]);
  await viewer.say("denied", 10);
  expect(await viewer.denied(viewer.press(channelId))).toBe("role_cannot_talk");
  await viewer.say("denied", 20);
  viewer.release();
  await speak(ben, channelId, "barrier", viewer);
  expect(ben.heard("denied")).toEqual([]);

  gateway.world.change(viewer.subject, { permissions: builtInPermissions("member") });
  gateway.voice.onChange({ kind: "changed", tenantId, what: "members" });
  await expect
    .poll(async () => {
      const pressId = viewer.press(channelId);
      await Promise.race([viewer.granted(pressId), viewer.denied(pressId)]);
      return viewer.all("talk.granted").length;
    })
    .toBe(1);
  await viewer.pause(200);
  await viewer.say("promoted");
  await ben.hears("promoted");
  viewer.release();
  expect(ben.heard("denied")).toEqual([]);
  for (const words of await everythingRecorded()) expect(words("denied")).toEqual([]);
});

test("audio sent during a denied press is not heard at the start of the next press", async () => {
  const open = gateway.world.addChannel(tenantId, { recording: true });
  const closed = gateway.world.addChannel(tenantId, { transmission: "restricted", recording: true });
  const eve = await enter("Eve", [open, closed]);
  const ben = await enter("Ben", [open, closed]);
  await eve.say("secret");
  // Long enough for the audio to arrive, short enough that it is still buffered (500 ms).
  await eve.pause(150);
  expect(await eve.denied(eve.press(closed))).toBe("channel_restricted");
  eve.release();
  const transmissionId = await eve.granted(eve.press(open));
  await eve.pause(200);
  await eve.say("public");
  await ben.hears("public");
  eve.release();
  expect(ben.heard("secret")).toEqual([]);
  expect((await recorded(transmissionId))("secret")).toEqual([]);
});

test("after a permission is revoked in mid-talk nothing more is heard or recorded, and the audio before is kept", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const transmissionId = await ada.granted(ada.press(channelId));
  await ada.say("allowed");
  await ben.hears("allowed");
  gateway.world.change(ada.subject, { permissions: builtInPermissions("viewer") });
  gateway.voice.onChange({ kind: "changed", tenantId, what: "members" });
  expect(await ada.next("talk.ended")).toMatchObject({ transmissionId, reason: "revoked" });
  await ada.say("revoked", 20);
  expect(await ada.denied(ada.press(channelId))).toBe("role_cannot_talk");
  await speak(ben, channelId, "barrier", ada);
  expect(ben.heard("revoked")).toEqual([]);
  const words = await recorded(transmissionId);
  expect(words("allowed")).toEqual(FIVE_FRAMES);
  expect(words("revoked")).toEqual([]);
});

test("a member removed in mid-talk is disconnected, hears nobody and is not heard, and their recording is finished", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const [ben, cid] = [await enter("Ben", [channelId]), await enter("Cid", [channelId])];
  const transmissionId = await ada.granted(ada.press(channelId));
  await ada.say("before");
  await ben.hears("before");
  gateway.world.removeMember(ada.subject);
  gateway.voice.onChange({ kind: "changed", tenantId, what: "members" });
  expect(await ada.closed()).toBe(4401);
  await ada.say("after", 10);
  await speak(ben, channelId, "private", cid);
  expect(ada.heard("private")).toEqual([]);
  expect(ben.heard("after")).toEqual([]);
  expect((await recorded(transmissionId))("before")).toEqual(FIVE_FRAMES);
});

test("people of two tenants never hear each other, even in channels with the same id", async () => {
  const other = uuidv7();
  const channelId = gateway.world.addChannel(tenantId);
  gateway.world.addChannel(other, { channelId });
  const [ada, ben] = [await enter("Ada", [channelId]), await enter("Ben", [channelId])];
  const [eve, fay] = [await enter("Eve", [channelId], "admin", other), await enter("Fay", [channelId], "admin", other)];
  await Promise.all([speak(ada, channelId, "acme", ben), speak(eve, channelId, "globex", fay)]);
  expect([eve.heard("acme"), fay.heard("acme"), ada.heard("globex"), ben.heard("globex")]).toEqual([[], [], [], []]);
});

test("an invalid answer or candidate ends only that client's audio connection", async () => {
  const channelId = gateway.world.addChannel(tenantId);
  const [ada, ben] = [await enter("Ada", [channelId]), await enter("Ben", [channelId])];
  const eve = await enter("Eve", [channelId]);
  eve.send({ type: "media.connect" });
  eve.send({ type: "media.candidate", candidate: "candidate:\0 ".repeat(50), mid: "\0" });
  eve.send({ type: "media.answer", sdp: "v=0\r\n".repeat(1_000) });
  expect((await eve.next("error")).error).toBe("media_failed");
  eve.send({ type: "media.answer", sdp: "again, without a connection" });
  await eve.settled();
  await speak(ada, channelId, "unharmed", ben);
});
