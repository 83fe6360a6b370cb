import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { LISTENING_WINDOW_MS, LISTENING_WINDOW_PER_CHANNEL_MS, PRESENCE_WINDOW_MS } from "./limits.ts";
import { scriptedVoice } from "./testing/scripted-voice.ts";
import { twoPeople } from "./testing/two-people.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const flushPresence = () => vi.advanceTimersByTimeAsync(PRESENCE_WINDOW_MS);

type Stage = Awaited<ReturnType<typeof twoPeople>>;

/** Whether Ben hears the channel, according to the last presence that Ada received. */
function benHears({ ada, ben, channelId }: Stage): boolean | undefined {
  return ada
    .all("presence")
    .flatMap(({ changes }) => changes.filter((change) => change.channelId === channelId))
    .flatMap(({ joined }) => joined)
    .findLast(({ sessionId }) => sessionId === ben.sessionId)?.hears;
}

test("a listener counts as hearing while audio is connected, sound is on and the channel is not muted", async () => {
  const stage = await twoPeople();
  const { ben, channelId, worker, live } = stage;
  await flushPresence();
  expect(benHears(stage)).toBe(true);
  const say = async (sound: boolean, muted: string[]) => {
    ben.say({ type: "listening", sound, muted });
    await live(1_000);
    return benHears(stage);
  };
  expect(await say(false, [])).toBe(false);
  expect(await say(true, [])).toBe(true);
  expect(await say(true, [channelId])).toBe(false);
  // Muting an unknown channel changes nothing.
  expect(await say(true, [uuidv7()])).toBe(true);
  worker.emit({ type: "peerState", peerId: ben.peerId, state: "lost" });
  await flushPresence();
  expect(benHears(stage)).toBe(false);
});

test("the welcome message says which people in a channel hear it", async () => {
  const { world, attach, tenantId, channelId, ada, ben } = await twoPeople();
  ben.say({ type: "listening", sound: false, muted: [] });
  const cid = attach(world.addMember(tenantId, "member", "Cid"));
  await flushPresence();
  const { people } = cid.last("welcome").channels.find((channel) => channel.channelId === channelId)!;
  expect(people.map(({ sessionId, hears }) => ({ sessionId, hears }))).toEqual([
    { sessionId: ada.sessionId, hears: true },
    { sessionId: ben.sessionId, hears: false },
  ]);
});

test("a person whose audio is not connected yet does not count as hearing", async () => {
  const { world, attach, ada, tenantId, channelId } = await twoPeople();
  const cid = attach(world.addMember(tenantId, "member", "Cid"));
  await flushPresence();
  cid.say({ type: "join", channelId });
  await flushPresence();
  expect(ada.last("presence").changes[0]!.joined).toMatchObject([{ name: "Cid", hears: false }]);
});

test("frequent listening reports of one client are limited to a few broadcasts, and the last report counts", async () => {
  const stage = await twoPeople();
  const { ada, ben } = stage;
  await flushPresence();
  const before = ada.all("presence").length;
  for (let n = 0; n < 101; n += 1) {
    ben.say({ type: "listening", sound: n % 2 === 1, muted: [] });
    await vi.advanceTimersByTimeAsync(25);
  }
  await vi.advanceTimersByTimeAsync(LISTENING_WINDOW_MS + LISTENING_WINDOW_PER_CHANNEL_MS + PRESENCE_WINDOW_MS);
  expect(ada.all("presence").length - before).toBeLessThanOrEqual(7);
  expect(benHears(stage)).toBe(false);
});

test("no delayed listening broadcast is sent after the person has left", async () => {
  const { ben, ada, voice } = await twoPeople();
  ben.say({ type: "listening", sound: false, muted: [] });
  ben.say({ type: "listening", sound: true, muted: [] });
  ben.drop();
  await flushPresence();
  const before = ada.all("presence").length;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ada.all("presence").length).toBe(before);
  expect(voice.stats().sessions).toBe(1);
});

test("a talker learns which listeners have no free slot, and when everybody hears again", async () => {
  const { ada, ben, channelId, worker, transmissionId } = await twoPeople();
  ada.press(channelId);
  const talk = { channelId, transmissionId: transmissionId() };
  worker.emit({ type: "uncarried", peerId: ben.peerId, transmissionId: talk.transmissionId });
  worker.emit({ type: "uncarried", peerId: ben.peerId, transmissionId: talk.transmissionId });
  await flushPresence();
  expect(ada.all("talk.unheard")).toEqual([{ type: "talk.unheard", ...talk, sessionIds: [ben.sessionId] }]);
  expect(ben.all("talk.unheard")).toEqual([]);
  worker.emit({ type: "slot", peerId: ben.peerId, mid: "slot0", ...talk });
  await flushPresence();
  expect(ada.last("talk.unheard").sessionIds).toEqual([]);

  worker.emit({ type: "uncarried", peerId: ben.peerId, transmissionId: talk.transmissionId });
  ada.release();
  await flushPresence();
  expect(ada.all("talk.unheard"), "no message after the talk is over").toHaveLength(2);
});

test("a listening report with too many muted channels is refused as malformed", async () => {
  const { world, enter } = scriptedVoice();
  const tenantId = uuidv7();
  const ben = await enter(world.addMember(tenantId, "member", "Ben"));
  ben.say({ type: "listening", sound: true, muted: Array.from({ length: 1_001 }, () => uuidv7()) });
  expect(ben.last("error").error).toBe("malformed");
});
