/** Access that ends by time, through single sign-on or session limits. No change announces such an end. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { END_CHECK_MS } from "./limits.ts";
import type { Subject } from "./ports.ts";
import { scriptedVoice, settle } from "./testing/scripted-voice.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How long live audio may go on after the access has ended. */
const AT_ONCE_MS = 200;
const DAY_MS = 86_400_000;

/** Ada's access ends after `ms`, Ben's does not. Both are connected, and Ada talks. */
async function makeStage(ms: number) {
  const stage = scriptedVoice();
  const tenantId = uuidv7();
  const channelId = stage.world.addChannel(tenantId);
  const adaSubject = stage.world.addMember(tenantId, "member", "Ada");
  stage.world.endIn(adaSubject, ms);
  const ada = await stage.enter(adaSubject, channelId);
  const ben = await stage.enter(stage.world.addMember(tenantId, "member", "Ben"), channelId);
  ada.press(channelId);
  const { transmissionId } = ada.last("talk.granted");
  stage.worker.emit({ type: "transmissionStarted", transmissionId, firstPacketAtMs: Date.now() });
  let passed = 2 * 2;
  /** Waits until this many milliseconds have passed since the beginning. */
  async function until(moment: number, ...more: Array<typeof ada>) {
    while (passed < moment) {
      const step = Math.min(2_000, moment - passed);
      for (const person of [ada, ben, ...more]) person.say({ type: "heartbeat" });
      await vi.advanceTimersByTimeAsync(step);
      passed += step;
    }
  }
  return { ...stage, tenantId, channelId, adaSubject, ada, ben, until };
}

test("an access that ends by time ends the talk and closes the connection at that moment, without waiting for the recheck", async () => {
  const { ada, ben, until } = await makeStage(30_000);
  await until(29_990);
  expect([ada.state.closed, ben.all("talker.stopped")]).toEqual([null, []]);
  await until(30_000 + AT_ONCE_MS);
  expect(ada.state.closed?.code).toBe(4401);
  expect(ben.all("talker.stopped")).toHaveLength(1);
  expect(ben.state.closed).toBe(null);
});

test("an access that was renewed meanwhile goes on until its new end", async () => {
  const { ada, adaSubject, world, until } = await makeStage(30_000);
  await until(20_000);
  world.endIn(adaSubject, 60_000);
  await until(79_990);
  expect([ada.state.closed, ada.all("talk.ended")]).toEqual([null, []]);
  await until(80_000 + AT_ONCE_MS);
  expect(ada.state.closed?.code).toBe(4401);
});

test("an announced change that brings the end forward counts at once, and an unannounced one at the next recheck", async () => {
  const { ada, adaSubject, world, voice, tenantId, until } = await makeStage(DAY_MS);
  await until(10_000);
  world.endIn(adaSubject, 5_000);
  voice.onChange({ kind: "changed", tenantId, what: "tenant" });
  await until(15_000 + AT_ONCE_MS);
  expect(ada.state.closed?.code).toBe(4401);

  const second = await makeStage(DAY_MS);
  await second.until(10_000);
  second.world.endIn(second.adaSubject, 55_000);
  await second.until(64_900);
  expect(second.ada.state.closed).toBe(null);
  await second.until(65_000 + AT_ONCE_MS);
  expect(second.ada.state.closed?.code).toBe(4401);
});

test("of many connections each ends at its own moment, with all tabs of its session", async () => {
  const { ada, ben, adaSubject, world, tenantId, channelId, enter, until } = await makeStage(30_000);
  const tab = await enter(adaSubject, channelId);
  const subjects = [40_000, 20_000].map((ms): Subject => {
    const subject = world.addMember(tenantId);
    world.endIn(subject, ms);
    return subject;
  });
  const [late, early] = [await enter(subjects[0]!, channelId), await enter(subjects[1]!, channelId)];
  const isOpen = () => [ada, tab, late, early, ben].map(({ state }) => state.closed === null);
  await until(25_000, tab, late, early);
  expect(isOpen()).toEqual([true, true, true, false, true]);
  await until(35_000, tab, late, early);
  expect(isOpen()).toEqual([false, false, true, false, true]);
  await until(45_000, tab, late, early);
  expect(isOpen()).toEqual([false, false, false, false, true]);
});

test.each([
  ["fails", () => Promise.reject(new Error("database is down"))],
  ["hangs", () => new Promise<never>(() => {})],
])("when the read of the end %s, that connection is asked to reconnect, and no other is closed", async (_how, read) => {
  const { ada, ben, world, until } = await makeStage(30_000);
  vi.spyOn(world.access, "loadMembers").mockImplementation(read);
  await until(30_000 + END_CHECK_MS + 10);
  expect(ada.state.closed?.code).toBe(1012);
  expect(ben.state.closed).toBe(null);
});

test("an end that is months away is not read before its time", async () => {
  const { ada, world } = await makeStage(60 * DAY_MS);
  await settle();
  const before = world.state.reads;
  // Node fires a timer of more than 2^31 ms at once, and so do these timers.
  const timers = vi.spyOn(globalThis, "setTimeout");
  await vi.advanceTimersByTimeAsync(5_000);
  expect([world.state.reads - before, ada.state.closed]).toEqual([0, null]);
  expect(timers.mock.calls.filter(([, ms]) => ms !== undefined && ms > DAY_MS)).toEqual([]);
  expect(timers.mock.calls.length).toBeLessThan(100);
});
