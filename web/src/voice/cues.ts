import type { Notice, VoiceState } from "./state.ts";

/** Moments that are worth a sound and a sentence for screen readers. */
export type Cue =
  | { kind: "live"; channelId: string }
  | { kind: "released"; channelId: string }
  | { kind: "incoming"; channelId: string; name: string }
  | { kind: "denied"; notice: Notice }
  | { kind: "lost" }
  | { kind: "back" };

export function talkersOfOthers(state: VoiceState, channelId: string) {
  return (state.channels[channelId]?.talkers ?? []).filter((talker) => talker.sessionId !== state.sessionId);
}

/** Who is on a channel, each person once however many tabs they have open. */
export function peopleOn(state: VoiceState, channelId: string): readonly string[] {
  return [...new Set((state.channels[channelId]?.people ?? []).map(({ memberId }) => memberId))];
}

/** What happened between two states. A channel that goes from silence to speech is news, each further talker is not. */
export function cuesBetween(before: VoiceState, after: VoiceState): Cue[] {
  const cues: Cue[] = [];
  const wasUp = before.connection.phase === "open";
  const isUp = after.connection.phase === "open";
  if (wasUp && !isUp) cues.push({ kind: "lost" });
  if (!wasUp && isUp && before.wanted.length > 0) cues.push({ kind: "back" });
  if (before.press.phase !== "live" && after.press.phase === "live") {
    cues.push({ kind: "live", channelId: after.press.channelId });
  }
  if (before.press.phase === "live" && after.press.phase === "up" && isUp && after.notice === before.notice) {
    cues.push({ kind: "released", channelId: before.press.channelId });
  }
  if (after.notice && after.notice !== before.notice) cues.push({ kind: "denied", notice: after.notice });
  for (const channelId of after.joined) {
    if (after.volumes[channelId]?.muted) continue;
    const now = talkersOfOthers(after, channelId)[0];
    if (now && before.joined.includes(channelId) && talkersOfOthers(before, channelId).length === 0) {
      cues.push({ kind: "incoming", channelId, name: now.name });
    }
  }
  return cues;
}
