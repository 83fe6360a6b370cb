import { uncarriedOn } from "./cues.ts";
import type { LastTalk, VoiceState } from "./model.ts";

/** The greatest number of missed transmissions that is kept for a channel. */
export const MAX_MISSED = 100;

/** Whether this page plays what is said on the channel. */
function isHearing(state: VoiceState, channelId: string): boolean {
  const volume = state.volumes[channelId];
  return state.media === "connected" && !state.soundBlocked && !(volume?.muted ?? false) && (volume?.level ?? 1) > 0;
}

/**
 * Notes who talked last on each joined channel, and which transmissions of others this person missed: those that this page did not
 * play, or played only in part. A missed transmission stays missed until it is played or dismissed.
 */
export function noteTalk(before: VoiceState, after: VoiceState): VoiceState {
  if (before.channels === after.channels && isHeardTheSame(before, after)) return after;
  let { last, missed } = after;
  for (const channelId of new Set([...before.joined, ...after.joined])) {
    const previous = before.channels[channelId]?.talkers ?? [];
    const current = after.channels[channelId]?.talkers ?? [];
    const newest = previous
      .filter((talker) => !current.some(({ transmissionId }) => transmissionId === talker.transmissionId))
      .at(-1);
    if (newest) last = { ...last, [channelId]: lastTalk(newest) };
    // The connection was lost while they talked, so the end was not heard.
    const cutOff = after.wanted.includes(channelId) && !after.joined.includes(channelId);
    const uncarried = uncarriedOn(after, channelId);
    const unheard = cutOff
      ? previous
      : isHearing(after, channelId)
        ? current.filter(({ sessionId }) => uncarried.has(sessionId))
        : current;
    const others = unheard.filter(({ memberId }) => memberId !== after.memberId);
    missed = withMissed(
      missed,
      channelId,
      others.map(({ transmissionId }) => transmissionId),
    );
  }
  return last === after.last && missed === after.missed ? after : { ...after, last, missed };
}

const lastTalk = ({ transmissionId, memberId, name, startedAt }: LastTalk): LastTalk => ({
  transmissionId,
  memberId,
  name,
  startedAt,
});

function isHeardTheSame(before: VoiceState, after: VoiceState): boolean {
  return (
    before.media === after.media &&
    before.soundBlocked === after.soundBlocked &&
    before.volumes === after.volumes &&
    before.slots === after.slots
  );
}

/** @returns the same object when nothing is new */
export function withMissed(
  missed: VoiceState["missed"],
  channelId: string,
  transmissionIds: readonly string[],
): VoiceState["missed"] {
  const known = missed[channelId] ?? [];
  const added = transmissionIds.filter((id) => !known.includes(id));
  return added.length === 0 ? missed : { ...missed, [channelId]: [...known, ...added].slice(-MAX_MISSED) };
}

/** @returns the same object when the transmission is not in it */
export function withoutMissed(missed: VoiceState["missed"], transmissionId: string): VoiceState["missed"] {
  const found = Object.entries(missed).find(([, ids]) => ids.includes(transmissionId));
  return found ? { ...missed, [found[0]]: found[1].filter((id) => id !== transmissionId) } : missed;
}
