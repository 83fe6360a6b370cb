import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import type { Media } from "#contract/media.ts";
import { builtInPermissions, type BuiltInRole } from "#contract/permissions.ts";
import { startMedia } from "../media/media.ts";
import { readOggPackets } from "../media/testing/rtp-client.ts";
import { startGateway } from "./testing/gateway-server.ts";
import { becomePerson, wordsIn, type TestPerson } from "./testing/person.ts";

// Real sockets, real media worker, real WebRTC: what is proved here is what is heard.

const tenantId = uuidv7();
let media: Media;
let gateway: Awaited<ReturnType<typeof startGateway>>;
let people: TestPerson[];

// Three DTLS handshakes and a second of speech on a busy machine.
vi.setConfig({ testTimeout: 20_000 });

beforeAll(async () => {
  media = await startMedia({ port: 0, listenAddress: "127.0.0.1", log: () => {} });
});

afterAll(() => media.close());

beforeEach(async () => {
  people = [];
  gateway = await startGateway(media);
});

afterEach(async () => {
  await gateway.close();
  for (const person of people) person.hangUp();
  expect(gateway.faults).toEqual([]);
  expect(gateway.kept.complaints).toEqual([]);
  expect([...gateway.kept.ended.keys()].toSorted()).toEqual([...gateway.kept.begun.keys()].toSorted());
  expect(gateway.voice.stats()).toEqual({ tenants: 0, sessions: 0, peers: 0, talking: 0, ending: 0 });
});

async function enter(name: string, channelIds: string[], role: BuiltInRole = "member", tenant = tenantId) {
  const subject = gateway.world.addMember(tenant, role, name);
  const person = await becomePerson(gateway.connect(subject), subject);
  people.push(person);
  for (const channelId of channelIds) await person.join(channelId);
  await person.connectAudio();
  return person;
}

/** The words of a finished recording, once its end was stored. */
async function recorded(transmissionId: string): Promise<(word: string) => number[]> {
  await expect.poll(() => gateway.kept.ended.has(transmissionId), { timeout: 5_000 }).toBe(true);
  const pieces = gateway.kept.pieces.get(transmissionId) ?? [];
  const packets = await readOggPackets(Buffer.concat(pieces.map(({ bytes }) => bytes)));
  return (word) => wordsIn(packets, word);
}

function everythingRecorded(): Promise<Array<(word: string) => number[]>> {
  return Promise.all([...gateway.kept.begun.keys()].map(recorded));
}

/** The key goes down, words are said, the key goes up after they were heard. */
async function speak(speaker: TestPerson, channelId: string, word: string, ...listeners: TestPerson[]): Promise<string> {
  const transmissionId = await speaker.granted(speaker.press(channelId));
  await speaker.say(word);
  for (const listener of listeners) await listener.hears(word);
  speaker.release();
  return transmissionId;
}

const FIVE = [0, 1, 2, 3, 4];

test("what is said is heard by those in the channel and by nobody else, and recorded from its first syllable", async () => {
  const dispatch = gateway.world.addChannel(tenantId, { recording: true });
  const kitchen = gateway.world.addChannel(tenantId);
  const ada = await enter("Ada", [dispatch]);
  const ben = await enter("Ben", [dispatch, kitchen]);
  const cid = await enter("Cid", [kitchen]);

  // The key is down and she speaks at once; the server hears of the press only after two frames.
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
  expect(words("hello")).toEqual(FIVE);
  expect(gateway.kept.ended.get(transmissionId)).toBe(140);
  expect(gateway.kept.begun.get(transmissionId)).toMatchObject({ tenantId, channelId: dispatch, speakerName: "Ada" });

  await speak(ben, kitchen, "soup", cid);
  expect(cid.heard("hello")).toEqual([]);
  expect(ada.heard("soup")).toEqual([]);
  expect(ada.heard("hello")).toEqual([]);
  expect(gateway.kept.begun.size).toBe(1);
});

test("two talk at once: a listener hears both, each hears the other", async () => {
  const channelId = gateway.world.addChannel(tenantId);
  const [ada, ben, cid] = [await enter("Ada", [channelId]), await enter("Ben", [channelId]), await enter("Cid", [channelId])];
  await Promise.all([ada.granted(ada.press(channelId)), ben.granted(ben.press(channelId))]);
  await Promise.all([ada.say("left", 10), ben.say("right", 10)]);
  await Promise.all([cid.hears("left", 10), cid.hears("right", 10), ada.hears("right", 10), ben.hears("left", 10)]);
  expect(gateway.voice.stats().talking).toBe(2);
});

test("hostile: audio without a grant and after a release is heard by nobody and recorded nowhere", async () => {
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

  expect(ben.heard("granted")).toEqual(FIVE);
  expect(ben.heard("ungranted")).toEqual([]);
  expect(ben.heard("released")).toEqual([]);
  for (const words of await everythingRecorded()) expect([...words("ungranted"), ...words("released")]).toEqual([]);
  expect(gateway.kept.begun.size).toBe(2);
});

test("hostile: a viewer presses and sends, and is heard by nobody; nor is it held back for a later role", async () => {
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

test("what was said into a denied press is not heard at the beginning of the next", async () => {
  const open = gateway.world.addChannel(tenantId, { recording: true });
  const closed = gateway.world.addChannel(tenantId, { transmission: "restricted", recording: true });
  const eve = await enter("Eve", [open, closed]);
  const ben = await enter("Ben", [open, closed]);
  await eve.say("secret");
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

test("revoked in mid-talk: from then on nothing is heard or recorded, and what came before is kept", async () => {
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
  expect(words("allowed")).toEqual(FIVE);
  expect(words("revoked")).toEqual([]);
});

test("removed in mid-talk: the connection ends, nobody hears them, they hear nobody, the recording's end is stored", async () => {
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
  expect((await recorded(transmissionId))("before")).toEqual(FIVE);
});

test("a channel left or deleted is heard no more", async () => {
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

test("two tenants with a channel of the same id never hear each other", async () => {
  const other = uuidv7();
  const channelId = gateway.world.addChannel(tenantId);
  gateway.world.addChannel(other, { channelId });
  const [ada, ben] = [await enter("Ada", [channelId]), await enter("Ben", [channelId])];
  const [eve, fay] = [await enter("Eve", [channelId], "admin", other), await enter("Fay", [channelId], "admin", other)];
  await Promise.all([speak(ada, channelId, "acme", ben), speak(eve, channelId, "globex", fay)]);
  expect([eve.heard("acme"), fay.heard("acme"), ada.heard("globex"), ben.heard("globex")]).toEqual([[], [], [], []]);
});

test("who joins in mid-talk hears the rest", async () => {
  const channelId = gateway.world.addChannel(tenantId);
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", []);
  await ada.granted(ada.press(channelId));
  await ada.say("first");
  await ben.join(channelId);
  await ada.say("rest");
  await ben.hears("rest");
  expect(ben.heard("first")).toEqual([]);
});

test("press and release as fast as one can: every talk ends, none is stored without sound, the next is heard whole", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  let last = 0;
  for (let i = 0; i < 40; i += 1) {
    last = ada.press(channelId);
    ada.release();
  }
  await ada.granted(last);
  expect(ada.all("talk.granted")).toHaveLength(40);
  await expect.poll(() => ben.all("talker.stopped").length).toBe(40);
  await expect.poll(() => gateway.voice.stats()).toMatchObject({ talking: 0, ending: 0 });
  expect(gateway.kept.begun.size).toBe(0);
  const transmissionId = await speak(ada, channelId, "whole", ben);
  expect((await recorded(transmissionId))("whole")).toEqual(FIVE);
});

test("audio connected anew in mid-talk: that talk ends, the next one is heard, and hearing works again", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const cut = await ada.granted(ada.press(channelId));
  await ada.say("cut");
  await ben.hears("cut");
  await ada.connectAudio();
  expect(await ada.next("talk.ended")).toMatchObject({ transmissionId: cut, reason: "media_lost" });
  expect((await recorded(cut))("cut")).toEqual(FIVE);
  await speak(ada, channelId, "again", ben);
  await speak(ben, channelId, "back", ada);
  expect(gateway.voice.stats().peers).toBe(2);
});

test("a browser that dies in mid-talk: the others see it at once, the recording is whole", async () => {
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
  expect((await recorded(transmissionId))("last words")).toEqual(FIVE);
  expect(gateway.voice.stats()).toEqual({ tenants: 1, sessions: 1, peers: 1, talking: 0, ending: 0 });
});

test("audio that dies while the socket lives: the talk ends, the client is told and can connect again", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const transmissionId = await ada.granted(ada.press(channelId));
  await ada.say("before");
  await ben.hears("before");
  // A network that just goes silent takes the worker half a minute to notice; what it cannot parse it gives up at once.
  ada.send({ type: "media.answer", sdp: "v=0\r\n" });
  expect((await ada.next("talk.ended")).reason).toBe("media_lost");
  await ada.next("media.state", ({ state }) => state === "lost");
  await ben.next("talker.stopped");
  expect((await recorded(transmissionId))("before")).toEqual(FIVE);
  expect(await ada.denied(ada.press(channelId))).toBe("no_media");
  await ada.connectAudio();
  await speak(ada, channelId, "again", ben);
});

test("hostile: an answer or a candidate that is nonsense ends that audio connection and nothing else", async () => {
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

test("the server closes in mid-talk: recordings are whole, everybody is asked to reconnect", async () => {
  const channelId = gateway.world.addChannel(tenantId, { recording: true });
  const ada = await enter("Ada", [channelId]);
  const ben = await enter("Ben", [channelId]);
  const transmissionId = await ada.granted(ada.press(channelId));
  await ada.say("until the end");
  await ben.hears("until the end");
  await gateway.voice.close();
  expect(gateway.kept.ended.get(transmissionId)).toBe(100);
  expect((await recorded(transmissionId))("until the end")).toEqual(FIVE);
  expect([await ada.closed(), await ben.closed()]).toEqual([1012, 1012]);
});
