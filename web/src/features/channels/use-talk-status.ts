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
  /** Nobody's press can change it: the role or the channel keeps the person from talking, or the workspace's bill everybody. */
  onlyListens: boolean;
}

/** The state of one channel for this person: the most important of those that apply. */
export function useTalkStatus(channel: Channel): TalkStatus {
  const { self, talkStopped } = useTenant();
  const press = useVoice((state) =>
    state.press.phase !== "up" && state.press.channelId === channel.channelId ? state.press : null,
  );
  const isEnding = useVoice((state) => state.tail?.channelId === channel.channelId);
  const notice = useVoice((state) => (state.notice?.channelId === channel.channelId ? state.notice : null));
  const obstacle = useVoice((state) => obstacleOf(state, channel));
  const incoming = useVoice((state) => talkersOfOthers(state, channel.channelId).length > 0);

  const who = { channel: channel.name, role: self.roleName };
  const since = press?.since ?? 0;
  const refusal = channel.can.talkRefusal ?? (talkStopped ? "workspace_unpaid" : null);
  const rest = { since, reason: null, onlyListens: refusal !== null };
  if (press?.phase === "live") return { ...rest, phase: "live" };
  if (press) return { ...rest, phase: "asking" };
  if (isEnding && !notice) return { ...rest, phase: "ending" };
  if (notice) return { ...rest, phase: "denied", reason: refusalWords(notice.reason, who) };
  const mayAddSelf = channel.can.talkRefusal === "channel_restricted" && channel.can.setTransmission;
  const reason = refusal ? refusalWords(refusal, { ...who, mayAddSelf }) : obstacle;
  if (incoming) return { ...rest, phase: "incoming", reason };
  return { ...rest, phase: reason === null ? "idle" : "off", reason };
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
