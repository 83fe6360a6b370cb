import type { Channel } from "../../api/types.ts";
import { talkersOfOthers } from "../../voice/cues.ts";
import type { VoiceState } from "../../voice/model.ts";
import { useVoice } from "../../voice/use-voice.ts";
import { refusalWords } from "../../voice/words.ts";
import { useTenant } from "../tenants/tenant-context.ts";

/** ending: the key is up and the microphone stays open for the tail. */
export type TalkPhase = "idle" | "asking" | "live" | "ending" | "incoming" | "denied" | "off";

export interface TalkStatus {
  phase: TalkPhase;
  since: number;
  /** Why the person can't talk now, or why the last press was refused. */
  reason: string | null;
}

/** The state of one channel for this person: the most important of those that apply. */
export function useTalkStatus(channel: Channel): TalkStatus {
  const { roleName } = useTenant().self;
  const press = useVoice((state) =>
    state.press.phase !== "up" && state.press.channelId === channel.channelId ? state.press : null,
  );
  const isEnding = useVoice((state) => state.tail?.channelId === channel.channelId);
  const notice = useVoice((state) => (state.notice?.channelId === channel.channelId ? state.notice : null));
  const obstacle = useVoice((state) => obstacleOf(state, channel));
  const incoming = useVoice((state) => talkersOfOthers(state, channel.channelId).length > 0);

  const who = { channel: channel.name, role: roleName };
  const since = press?.since ?? 0;
  if (press?.phase === "live") return { phase: "live", since, reason: null };
  if (press) return { phase: "asking", since, reason: null };
  if (isEnding && !notice) return { phase: "ending", since, reason: null };
  if (notice) return { phase: "denied", since, reason: refusalWords(notice.reason, who) };
  const mayAddSelf = channel.can.talkRefusal === "channel_restricted" && channel.can.setTransmission;
  const reason = channel.can.talkRefusal ? refusalWords(channel.can.talkRefusal, { ...who, mayAddSelf }) : obstacle;
  if (incoming) return { phase: "incoming", since, reason };
  return { phase: reason === null ? "idle" : "off", since, reason };
}

function obstacleOf(state: VoiceState, channel: Channel): string | null {
  // What to do about these is said once, in the notes at the top of the page.
  if (state.connection.phase !== "open") return "Not connected";
  if (!state.joined.includes(channel.channelId)) return "Joining…";
  if (state.microphone === "asking") return "Waiting for the microphone";
  if (state.microphone === "muted") return "Microphone muted";
  if (state.microphone !== "ready") return "No microphone";
  if (state.media !== "connected") return state.audioTrouble ? "No audio connection" : "Connecting audio…";
  return null;
}
