import { vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { scriptedVoice } from "./scripted-voice.ts";

/** Ada and Ben in one channel, both with audio. */
export async function twoPeople(rules: { recording?: boolean } = {}) {
  const all = scriptedVoice();
  const tenantId = uuidv7();
  const channelId = all.world.addChannel(tenantId, rules);
  const ada = await all.enter(all.world.addMember(tenantId, "member", "Ada"), channelId);
  const ben = await all.enter(all.world.addMember(tenantId, "member", "Ben"), channelId);
  const transmissionId = () => ada.last("talk.granted").transmissionId;
  /** Somebody whose heart beats, for the tests that take longer than its absence. */
  const live = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5_000) {
      await vi.advanceTimersByTimeAsync(Math.min(left, 5_000));
      ada.say({ type: "heartbeat" });
      ben.say({ type: "heartbeat" });
    }
  };
  return { ...all, tenantId, channelId, ada, ben, transmissionId, live };
}
