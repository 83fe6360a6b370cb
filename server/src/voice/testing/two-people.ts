import { vi } from "vitest";
import { v7 as uuidv7 } from "uuid";
import { scriptedVoice } from "./scripted-voice.ts";

/** Ada and Ben in one channel, both with audio connected. */
export async function twoPeople(rules: { recording?: boolean } = {}) {
  const stage = scriptedVoice();
  const tenantId = uuidv7();
  const channelId = stage.world.addChannel(tenantId, rules);
  const ada = await stage.enter(stage.world.addMember(tenantId, "member", "Ada"), channelId);
  const ben = await stage.enter(stage.world.addMember(tenantId, "member", "Ben"), channelId);
  const transmissionId = () => ada.last("talk.granted").transmissionId;
  /** Advances time while both send heartbeats, so that neither connection times out. */
  const live = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5_000) {
      await vi.advanceTimersByTimeAsync(Math.min(left, 5_000));
      ada.say({ type: "heartbeat" });
      ben.say({ type: "heartbeat" });
    }
  };
  return { ...stage, tenantId, channelId, ada, ben, transmissionId, live };
}
