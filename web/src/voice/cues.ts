import { SLOT_COUNT } from "#contract/gateway.ts";
import type { Notice, VoiceState } from "./model.ts";

/** Events that play a sound, or that screen readers announce. */
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

/** The channel on which this person is live, also during the tail. */
function liveOn({ press, tail }: VoiceState): string | null {
  const open = press.phase === "up" ? tail : press;
  return open?.phase === "live" ? open.channelId : null;
}

/** Sessions on a channel that talk but are not forwarded to this person, because all slots are taken by others. */
export function uncarriedOn(state: VoiceState, channelId: string): ReadonlySet<string> {
  const carried = Object.values(state.slots);
  if (carried.length < SLOT_COUNT) return NOBODY;
  const talkers = talkersOfOthers(state, channelId).filter(
    ({ transmissionId }) => !carried.some((slot) => slot.transmissionId === transmissionId),
  );
  return new Set(talkers.map(({ sessionId }) => sessionId));
}

const NOBODY: ReadonlySet<string> = new Set();

export interface Listener {
  memberId: string;
  name: string;
  hears: boolean;
}

/** Everybody on a channel, each person once, and whether they hear it in at least one of their tabs. */
export function hearersOn(state: VoiceState, channelId: string): Listener[] {
  const unheard = unheardBy(state, channelId);
  const listeners = new Map<string, Listener>();
  for (const { sessionId, memberId, name, hears } of state.channels[channelId]?.people ?? []) {
    const hearsHere = (hears && !unheard.has(sessionId)) || listeners.get(memberId)?.hears === true;
    listeners.set(memberId, { memberId, name, hears: hearsHere });
  }
  return [...listeners.values()];
}

/** The same, without the person `me`. */
export function listenersOn(state: VoiceState, channelId: string, me: string): Listener[] {
  return hearersOn(state, channelId).filter(({ memberId }) => memberId !== me);
}

/** Sessions that do not hear what this person says on the channel now. */
function unheardBy({ press, tail, unheard }: VoiceState, channelId: string): ReadonlySet<string> {
  const open = press.phase === "up" ? tail : press;
  const isCurrent = open?.phase === "live" && open.channelId === channelId && open.transmissionId === unheard?.transmissionId;
  return isCurrent && unheard ? unheard.sessionIds : NOBODY;
}

/** Member ids of the people on a channel, each once however many tabs they have open. */
export function peopleOn(state: VoiceState, channelId: string): readonly string[] {
  return [...new Set((state.channels[channelId]?.people ?? []).map(({ memberId }) => memberId))];
}

/** The events between two states. Only the first talker on a silent channel is incoming, not each further one. */
export function cuesBetween(before: VoiceState, after: VoiceState): Cue[] {
  const cues: Cue[] = [];
  const wasUp = before.connection.phase === "open";
  const isUp = after.connection.phase === "open";
  if (wasUp && !isUp) cues.push({ kind: "lost" });
  if (!wasUp && isUp && before.wanted.length > 0) cues.push({ kind: "back" });
  if (before.press.phase !== "live" && after.press.phase === "live") {
    cues.push({ kind: "live", channelId: after.press.channelId });
  }
  const wasOn = liveOn(before);
  // An end with a notice plays the notice's sound instead.
  if (wasOn !== null && liveOn(after) === null && isUp && after.notice?.channelId !== wasOn) {
    cues.push({ kind: "released", channelId: wasOn });
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
