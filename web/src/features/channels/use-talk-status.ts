import type { Channel } from "../../api/types.ts";
import { talkersOfOthers } from "../../voice/cues.ts";
import type { VoiceState } from "../../voice/state.ts";
import { useVoice } from "../../voice/use-voice.ts";
import { refusalWords } from "../../voice/words.ts";
import { useTenant } from "../tenants/tenant-context.ts";

export type TalkPhase = "idle" | "asking" | "live" | "incoming" | "denied" | "off";

export interface TalkStatus {
  phase: TalkPhase;
  since: number;
  /** Why one can't talk now, or why the last press was refused. */
  reason: string | null;
}

/** What happens on one channel for this person, in the order of what matters most. */
export function useTalkStatus(channel: Channel): TalkStatus {
  const { roleName } = useTenant().self;
  const press = useVoice((state) =>
    state.press.phase !== "up" && state.press.channelId === channel.channelId ? state.press : null,
  );
  const notice = useVoice((state) => (state.notice?.channelId === channel.channelId ? state.notice : null));
  const obstacle = useVoice((state) => obstacleOf(state, channel));
  const incoming = useVoice((state) => talkersOfOthers(state, channel.channelId).length > 0);

  const who = { channel: channel.name, role: roleName };
  const since = press?.since ?? 0;
  if (press?.phase === "live") return { phase: "live", since, reason: null };
  if (press) return { phase: "asking", since, reason: null };
  if (notice) return { phase: "denied", since, reason: refusalWords(notice.reason, who) };
  const mayAddSelf = channel.can.talkRefusal === "channel_restricted" && channel.can.setTransmission;
  const reason = channel.can.talkRefusal ? refusalWords(channel.can.talkRefusal, { ...who, mayAddSelf }) : obstacle;
  if (incoming) return { phase: "incoming", since, reason };
  return { phase: reason === null ? "idle" : "off", since, reason };
}

function obstacleOf(state: VoiceState, channel: Channel): string | null {
  // The note above the board says what to do about these, once.
  if (state.connection.phase !== "open") return "Not connected";
  if (!state.joined.includes(channel.channelId)) return "Joining…";
  if (state.microphone === "asking") return "Waiting for the microphone";
  if (state.microphone !== "ready") return "No microphone";
  if (state.media !== "connected") return "Connecting audio…";
  return null;
}
