import type { TalkKeyMode } from "#contract/http/tenants.ts";
import type { Person, ServerMessage, TalkDenial, TalkEnd, Talker } from "#contract/gateway.ts";

/** What one open workspace knows about voice. A pure reducer: sockets, tracks and timers live elsewhere. */
export type Connection =
  /** lost: there was a connection before, so what the board shows is no longer true. */
  | { phase: "connecting"; lost: boolean }
  | { phase: "open" }
  | { phase: "waiting"; retryAt: number }
  /** The server said not to come back: signed out, no longer a member, or the workspace is gone. */
  | { phase: "ended" };

export type Press =
  | { phase: "up" }
  | { phase: "asking"; channelId: string; pressId: number; mode: TalkKeyMode; since: number }
  | { phase: "live"; channelId: string; pressId: number; mode: TalkKeyMode; transmissionId: string; since: number };

/** asking: the browser's question is open. insecure: the page came by plain HTTP, which gets no microphone. */
export type Microphone = "unasked" | "asking" | "ready" | "denied" | "missing" | "busy" | "insecure";

/** Refusals that the page itself makes, before or without asking the server. */
export type LocalDenial = "not_connected" | "microphone" | "other_tab";

export interface Notice {
  channelId: string;
  reason: TalkDenial | TalkEnd | LocalDenial;
  at: number;
}

export interface Volume {
  level: number;
  muted: boolean;
}

export interface SlotSource {
  channelId: string;
  sessionId: string;
}

export interface VoiceState {
  connection: Connection;
  media: "off" | "connecting" | "connected" | "lost";
  microphone: Microphone;
  soundBlocked: boolean;
  sessionId: string | null;
  channels: Readonly<Record<string, { people: readonly Person[]; talkers: readonly Talker[] }>>;
  /** Channels that the person wants to be in, in the order of joining: they outlive a lost connection. */
  wanted: readonly string[];
  /** Channels that the server has confirmed on this connection. */
  joined: readonly string[];
  selected: string | null;
  press: Press;
  notice: Notice | null;
  slots: Readonly<Record<string, SlotSource>>;
  volumes: Readonly<Record<string, Volume>>;
}

export type VoiceEvent =
  | { type: "connecting" }
  | { type: "disconnected"; retryAt: number }
  | { type: "ended" }
  | { type: "message"; message: ServerMessage; at: number }
  | { type: "want"; channelId: string }
  | { type: "unwant"; channelId: string }
  | { type: "select"; channelId: string }
  | { type: "press"; channelId: string; pressId: number; mode: TalkKeyMode; at: number }
  | { type: "refuse"; channelId: string; reason: LocalDenial; at: number }
  | { type: "release" }
  | { type: "media"; media: VoiceState["media"] }
  | { type: "microphone"; microphone: Microphone }
  | { type: "sound"; blocked: boolean }
  | { type: "volume"; channelId: string; volume: Volume }
  | { type: "noticeSeen"; at: number };

export const FULL_VOLUME: Volume = { level: 1, muted: false };

export function initialState(remembered: Partial<Pick<VoiceState, "wanted" | "selected" | "volumes">> = {}): VoiceState {
  return {
    connection: { phase: "connecting", lost: false },
    media: "off",
    microphone: "unasked",
    soundBlocked: false,
    sessionId: null,
    channels: {},
    wanted: remembered.wanted ?? [],
    joined: [],
    selected: remembered.selected ?? null,
    press: { phase: "up" },
    notice: null,
    slots: {},
    volumes: remembered.volumes ?? {},
  };
}

export function reduce(state: VoiceState, event: VoiceEvent): VoiceState {
  switch (event.type) {
    case "connecting":
      return { ...state, connection: { phase: "connecting", lost: state.connection.phase === "waiting" } };
    case "disconnected":
      return { ...cutOff(state), connection: { phase: "waiting", retryAt: event.retryAt } };
    case "ended":
      return { ...cutOff(state), connection: { phase: "ended" } };
    case "message":
      return onMessage(state, event.message, event.at);
    case "want":
      if (state.wanted.includes(event.channelId)) return state;
      return withSelection({ ...state, wanted: [...state.wanted, event.channelId] });
    case "unwant":
      return withoutChannel(state, event.channelId);
    case "select":
      // Moving the selection in mid-sentence would look as if the voice moved with it.
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
      return { ...state, press: { phase: "up" } };
    case "media":
      return { ...state, media: event.media };
    case "microphone":
      return { ...state, microphone: event.microphone };
    case "sound":
      return state.soundBlocked === event.blocked ? state : { ...state, soundBlocked: event.blocked };
    case "volume":
      return { ...state, volumes: { ...state.volumes, [event.channelId]: event.volume } };
    case "noticeSeen":
      return state.notice?.at === event.at ? { ...state, notice: null } : state;
  }
}

function onMessage(state: VoiceState, message: ServerMessage, at: number): VoiceState {
  switch (message.type) {
    case "welcome": {
      const channels = Object.fromEntries(
        message.channels.map(({ channelId, people, talkers }) => [channelId, { people, talkers }]),
      );
      return withSelection({
        ...state,
        connection: { phase: "open" },
        sessionId: message.sessionId,
        channels,
        // What was deleted while we were away cannot be joined again.
        wanted: state.wanted.filter((channelId) => channelId in channels),
        joined: [],
        press: { phase: "up" },
        // "Not connected" is no longer true.
        notice: null,
        slots: {},
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
        talkers: [...talkers.filter((t) => t.transmissionId !== message.talker.transmissionId), message.talker],
      }));
    case "talker.stopped":
      return withChannel(state, message.channelId, ({ people, talkers }) => ({
        people,
        talkers: talkers.filter((talker) => talker.transmissionId !== message.transmissionId),
      }));
    case "talk.granted":
      // An answer to an older press must not turn a newer one live.
      if (state.press.phase !== "asking" || state.press.pressId !== message.pressId) return state;
      return {
        ...state,
        press: {
          phase: "live",
          channelId: message.channelId,
          pressId: message.pressId,
          mode: state.press.mode,
          transmissionId: message.transmissionId,
          since: state.press.since,
        },
      };
    case "talk.denied":
      if (state.press.phase === "up" || state.press.pressId !== message.pressId) return state;
      return { ...state, press: { phase: "up" }, notice: { channelId: message.channelId, reason: message.reason, at } };
    case "talk.ended":
      if (state.press.phase !== "live" || state.press.transmissionId !== message.transmissionId) return state;
      return { ...state, press: { phase: "up" }, notice: { channelId: message.channelId, reason: message.reason, at } };
    case "media.state":
      if (message.state === "lost" && state.media !== "connected") return state;
      return { ...state, media: message.state };
    case "slot": {
      const { [message.mid]: _, ...others } = state.slots;
      return { ...state, slots: message.source ? { ...others, [message.mid]: message.source } : others };
    }
    case "heartbeat":
    case "media.offer":
    case "media.candidate":
    case "changed":
    case "error":
      return state;
  }
}

/** Without a connection nobody's presence is known, and nobody can hear us. */
function cutOff(state: VoiceState): VoiceState {
  return { ...state, media: "off", sessionId: null, channels: {}, joined: [], press: { phase: "up" }, notice: null, slots: {} };
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
    notice: state.notice?.channelId === channelId ? null : state.notice,
  });
}

/** While any channel is joined, exactly one is the one to talk on. */
function withSelection(state: VoiceState): VoiceState {
  if (state.selected !== null && state.wanted.includes(state.selected)) return state;
  return { ...state, selected: state.wanted[0] ?? null };
}

/** Nobody can be heard: the connection broke, and it is not the first moment of the page. */
export function isCutOff({ connection }: VoiceState): boolean {
  return connection.phase === "waiting" || connection.phase === "ended" || (connection.phase === "connecting" && connection.lost);
}
