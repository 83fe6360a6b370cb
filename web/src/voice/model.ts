/** What one open workspace knows about voice: plain data, which the reducer in state.ts changes event by event. */
import type { TalkKeyMode } from "#contract/http/tenants.ts";
import type { Person, TalkDenial, TalkEnd, Talker } from "#contract/gateway.ts";

export type Connection =
  /** lost: an earlier connection or attempt failed, so the board is out of date. */
  | { phase: "connecting"; lost: boolean }
  | { phase: "open" }
  /** neverOpen: no connection was ever made from this page, though the page itself was loaded. */
  | { phase: "waiting"; retryAt: number; neverOpen: boolean }
  /** The server closed it for good: signed out, no longer a member, or the workspace is gone. */
  | { phase: "ended" };

export type Press =
  | { phase: "up" }
  | { phase: "asking"; channelId: string; pressId: number; mode: TalkKeyMode; since: number }
  | { phase: "live"; channelId: string; pressId: number; mode: TalkKeyMode; transmissionId: string; since: number };

/**
 * A press whose key is up while the microphone stays open a moment longer, because the last words may still be on their way through
 * the sound card. A new press on the same channel resumes it.
 */
export type Tail = Exclude<Press, { phase: "up" }> | null;

/**
 * asking: the browser is asking for permission. muted: the system or the headset sends no sound. insecure: the page was loaded over
 * plain HTTP, where browsers allow no microphone.
 */
export type Microphone = "unasked" | "asking" | "ready" | "muted" | "denied" | "missing" | "busy" | "insecure";

/** Refusals and ends that the page itself decides, without the server. */
export type LocalDenial = "not_connected" | "microphone" | "other_tab" | KeyLoss | MicrophoneLoss;

/** Why the open microphone stopped giving sound, which ends a talk. */
export type MicrophoneLoss = "microphone_lost" | "microphone_muted";

/** Why a held press ended before its key came up: the page might not have seen the key's release. */
export type KeyLoss = "focus_lost" | "meta_key";

export interface Notice {
  channelId: string;
  reason: TalkDenial | TalkEnd | LocalDenial;
  at: number;
}

export interface Volume {
  level: number;
  muted: boolean;
}

/** `since`: when the talk began on this page's monotonic clock, because the server's clock may differ from the computer's. */
export type HeardTalker = Talker & { since: number };

/** A failed attempt to connect audio: the addresses that the server offered, and whether this browser has one at all. */
export interface AudioTrouble {
  servers: readonly string[];
  hasNetwork: boolean;
}

export interface SlotSource {
  channelId: string;
  sessionId: string;
  transmissionId: string;
}

/** The last transmission on a channel. */
export interface LastTalk {
  transmissionId: string;
  memberId: string | null;
  name: string;
  startedAt: string;
}

export interface VoiceState {
  connection: Connection;
  media: "off" | "connecting" | "connected" | "lost";
  /** Set once audio has not come up for ten seconds. */
  audioTrouble: AudioTrouble | null;
  microphone: Microphone;
  soundBlocked: boolean;
  sessionId: string | null;
  memberId: string | null;
  channels: Readonly<Record<string, { people: readonly Person[]; talkers: readonly HeardTalker[] }>>;
  /** Channels that the person joined, in the order on the board. They outlive a lost connection. */
  wanted: readonly string[];
  /** Channels that the server has confirmed on this connection. */
  joined: readonly string[];
  selected: string | null;
  press: Press;
  tail: Tail;
  notice: Notice | null;
  slots: Readonly<Record<string, SlotSource>>;
  /** Sessions that do not hear this person's transmission, because all their receive slots carry other talkers. */
  unheard: { transmissionId: string; sessionIds: ReadonlySet<string> } | null;
  volumes: Readonly<Record<string, Volume>>;
  /** By channel: the last transmission, of anybody. */
  last: Readonly<Record<string, LastTalk>>;
  /** By channel: ids of the transmissions that this person missed, oldest first (missed.ts). */
  missed: Readonly<Record<string, readonly string[]>>;
}
