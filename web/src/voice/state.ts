import type { TalkKeyMode } from "#contract/http/tenants.ts";
import type { ServerMessage, Talker } from "#contract/gateway.ts";
import type { Press, Microphone, LocalDenial, Notice, Volume, AudioTrouble, VoiceState } from "./model.ts";
import type { LastTalk } from "./model.ts";
import { noteTalk, withMissed, withoutMissed } from "./missed.ts";

export type VoiceEvent =
  | { type: "connecting" }
  | { type: "disconnected"; retryAt: number; neverOpen?: boolean }
  | { type: "ended" }
  | { type: "message"; message: ServerMessage; at: number }
  /** `index`: position on the board; without it, the end. */
  | { type: "want"; channelId: string; index?: number }
  | { type: "unwant"; channelId: string }
  | { type: "select"; channelId: string }
  | { type: "press"; channelId: string; pressId: number; mode: TalkKeyMode; at: number }
  | { type: "refuse"; channelId: string; reason: LocalDenial; at: number }
  /** `tail`: the microphone stays open until `tailOver`. */
  | { type: "release"; tail?: boolean }
  | { type: "tailOver" }
  /** The key is down again on the same channel, before the tail is over. */
  | { type: "resume" }
  | { type: "audioTrouble"; trouble: AudioTrouble | null }
  | { type: "media"; media: VoiceState["media"] }
  | { type: "microphone"; microphone: Microphone }
  | { type: "sound"; blocked: boolean }
  | { type: "volume"; channelId: string; volume: Volume }
  | { type: "noticeSeen"; at: number }
  /** The channel's last transmission, and the ids of others' transmissions while this page was away, as the server has them. */
  | { type: "caughtUp"; channelId: string; last: LastTalk | null; missed: readonly string[] }
  | { type: "heard"; transmissionId: string }
  | { type: "dismiss"; channelId: string };

export const FULL_VOLUME: Volume = { level: 1, muted: false };

export function initialState(
  remembered: Partial<Pick<VoiceState, "wanted" | "selected" | "volumes" | "missed">> = {},
): VoiceState {
  return {
    connection: { phase: "connecting", lost: false },
    media: "off",
    audioTrouble: null,
    microphone: "unasked",
    soundBlocked: false,
    sessionId: null,
    memberId: null,
    channels: {},
    wanted: remembered.wanted ?? [],
    joined: [],
    selected: remembered.selected ?? null,
    press: { phase: "up" },
    tail: null,
    notice: null,
    slots: {},
    unheard: null,
    volumes: remembered.volumes ?? {},
    last: {},
    missed: remembered.missed ?? {},
  };
}

export function reduce(state: VoiceState, event: VoiceEvent): VoiceState {
  return noteTalk(state, step(state, event));
}

function step(state: VoiceState, event: VoiceEvent): VoiceState {
  switch (event.type) {
    case "connecting":
      return { ...state, connection: { phase: "connecting", lost: state.connection.phase === "waiting" } };
    case "disconnected":
      return { ...cutOff(state), connection: { phase: "waiting", retryAt: event.retryAt, neverOpen: event.neverOpen ?? false } };
    case "ended":
      return { ...cutOff(state), connection: { phase: "ended" } };
    case "message":
      return onMessage(state, event.message, event.at);
    case "want":
      if (state.wanted.includes(event.channelId)) return state;
      return withSelection({ ...state, wanted: state.wanted.toSpliced(event.index ?? state.wanted.length, 0, event.channelId) });
    case "unwant":
      return withoutChannel(state, event.channelId);
    case "select":
      // A selection that moves during a press would look as if the talk moved with it.
      if (state.press.phase !== "up" || !state.wanted.includes(event.channelId)) return state;
      return { ...state, selected: event.channelId };
    case "press":
      return {
        ...state,
        selected: event.channelId,
        notice: null,
        press: { phase: "asking", channelId: event.channelId, pressId: event.pressId, mode: event.mode, since: event.at },
      };
    case "refuse":
      return { ...state, notice: { channelId: event.channelId, reason: event.reason, at: event.at } };
    case "release":
      return { ...state, press: { phase: "up" }, tail: event.tail && state.press.phase !== "up" ? state.press : null };
    case "tailOver":
      return state.tail ? { ...state, tail: null } : state;
    case "resume":
      return state.tail ? { ...state, press: state.tail, tail: null, notice: null } : state;
    case "media":
      return { ...state, media: event.media, audioTrouble: event.media === "connected" ? null : state.audioTrouble };
    case "audioTrouble":
      return { ...state, audioTrouble: event.trouble };
    case "microphone":
      return { ...state, microphone: event.microphone };
    case "sound":
      return state.soundBlocked === event.blocked ? state : { ...state, soundBlocked: event.blocked };
    case "volume":
      return { ...state, volumes: { ...state.volumes, [event.channelId]: event.volume } };
    case "noticeSeen":
      return state.notice?.at === event.at ? { ...state, notice: null } : state;
    case "caughtUp": {
      const { channelId, last, missed } = event;
      return {
        ...state,
        // ISO 8601 in UTC sorts as text. A talk since the request is newer than the server's answer.
        last:
          last && last.startedAt > (state.last[channelId]?.startedAt ?? "") ? { ...state.last, [channelId]: last } : state.last,
        missed: withMissed(state.missed, channelId, missed),
      };
    }
    case "heard": {
      const missed = withoutMissed(state.missed, event.transmissionId);
      return missed === state.missed ? state : { ...state, missed };
    }
    case "dismiss":
      return { ...state, missed: { ...state.missed, [event.channelId]: [] } };
  }
}

function onMessage(state: VoiceState, message: ServerMessage, at: number): VoiceState {
  switch (message.type) {
    case "welcome": {
      const channels = Object.fromEntries(
        message.channels.map(({ channelId, people, talkers }) => [
          channelId,
          { people, talkers: talkers.map((talker) => ({ ...talker, since: at - talkedMs(talker, message.serverTime) })) },
        ]),
      );
      return withSelection({
        ...state,
        connection: { phase: "open" },
        sessionId: message.sessionId,
        memberId: message.memberId,
        channels,
        // Channels that were deleted meanwhile cannot be joined again.
        wanted: state.wanted.filter((channelId) => channelId in channels),
        joined: [],
        press: { phase: "up" },
        tail: null,
        // "Not connected" is no longer true.
        notice: null,
        slots: {},
        unheard: null,
      });
    }
    case "joined":
      return { ...state, joined: [...state.joined.filter((id) => id !== message.channelId), message.channelId] };
    case "left":
      return withoutChannel(state, message.channelId);
    case "presence":
      return message.changes.reduce(
        (next, change) =>
          withChannel(next, change.channelId, ({ people, talkers }) => {
            const arrived = new Set(change.joined.map((person) => person.sessionId));
            const gone = new Set(change.left);
            return {
              people: [...people.filter((p) => !gone.has(p.sessionId) && !arrived.has(p.sessionId)), ...change.joined],
              talkers: talkers.filter((talker) => !gone.has(talker.sessionId)),
            };
          }),
        state,
      );
    case "talker.started":
      return withChannel(state, message.channelId, ({ people, talkers }) => ({
        people,
        talkers: [...talkers.filter((t) => t.transmissionId !== message.talker.transmissionId), { ...message.talker, since: at }],
      }));
    case "talker.stopped":
      return withChannel(state, message.channelId, ({ people, talkers }) => ({
        people,
        talkers: talkers.filter((talker) => talker.transmissionId !== message.transmissionId),
      }));
    case "talk.granted": {
      const open = state.tail ?? state.press;
      // An answer to an older press must not turn a newer one live.
      if (open.phase !== "asking" || open.pressId !== message.pressId) return state;
      const { channelId, transmissionId } = message;
      const live: Press = { ...open, phase: "live", channelId, transmissionId };
      return state.tail ? { ...state, tail: live } : { ...state, press: live };
    }
    case "talk.denied": {
      const open = state.tail ?? state.press;
      if (open.phase === "up" || open.pressId !== message.pressId) return state;
      return over(state, { channelId: message.channelId, reason: message.reason, at });
    }
    case "talk.ended": {
      const open = state.tail ?? state.press;
      if (open.phase !== "live" || open.transmissionId !== message.transmissionId) return state;
      return over(state, { channelId: message.channelId, reason: message.reason, at });
    }
    case "talk.unheard":
      return { ...state, unheard: { transmissionId: message.transmissionId, sessionIds: new Set(message.sessionIds) } };
    case "media.state":
      if (message.state === "lost" && state.media !== "connected") return state;
      return { ...state, media: message.state, audioTrouble: message.state === "connected" ? null : state.audioTrouble };
    case "slot": {
      const { [message.mid]: _, ...others } = state.slots;
      return { ...state, slots: message.source ? { ...others, [message.mid]: message.source } : others };
    }
    case "heartbeat":
    case "pong":
    case "media.offer":
    case "media.candidate":
    case "changed":
    case "error":
      return state;
  }
}

/** How long somebody has been talking, by the server's clock alone. */
function talkedMs({ startedAt }: Talker, serverTime: string): number {
  return Math.max(0, Date.parse(serverTime) - Date.parse(startedAt));
}

/** The server refused or ended the talk, so it ends at once, without a tail. */
function over(state: VoiceState, notice: Notice): VoiceState {
  return { ...state, press: { phase: "up" }, tail: null, notice };
}

/** Without a connection presence is unknown, and nobody can hear this person. */
function cutOff(state: VoiceState): VoiceState {
  return {
    ...state,
    media: "off",
    audioTrouble: null,
    sessionId: null,
    channels: {},
    joined: [],
    press: { phase: "up" },
    tail: null,
    notice: null,
    slots: {},
    unheard: null,
  };
}

type Occupancy = VoiceState["channels"][string];

function withChannel(state: VoiceState, channelId: string, change: (channel: Occupancy) => Occupancy): VoiceState {
  const channel = state.channels[channelId] ?? { people: [], talkers: [] };
  return { ...state, channels: { ...state.channels, [channelId]: change(channel) } };
}

function withoutChannel(state: VoiceState, channelId: string): VoiceState {
  return withSelection({
    ...state,
    wanted: state.wanted.filter((id) => id !== channelId),
    joined: state.joined.filter((id) => id !== channelId),
    press: state.press.phase !== "up" && state.press.channelId === channelId ? { phase: "up" } : state.press,
    tail: state.tail?.channelId === channelId ? null : state.tail,
    notice: state.notice?.channelId === channelId ? null : state.notice,
  });
}

/** Keeps one channel selected while any is joined. */
function withSelection(state: VoiceState): VoiceState {
  if (state.selected !== null && state.wanted.includes(state.selected)) return state;
  return { ...state, selected: state.wanted[0] ?? null };
}

/** Whether the microphone is sent: while the key is down, and until the tail is over. */
export function isMicrophoneOpen({ press, tail }: VoiceState): boolean {
  return press.phase !== "up" || tail !== null;
}

/** Whether the connection was lost or ended. False while the page makes its first connection. */
export function isCutOff({ connection }: VoiceState): boolean {
  return connection.phase === "waiting" || connection.phase === "ended" || (connection.phase === "connecting" && connection.lost);
}
