import type { TalkKeyMode } from "#contract/http/tenants.ts";
import type { Person, ServerMessage, Talker } from "#contract/gateway.ts";
import type { Connection } from "./connection.ts";
import type { Ends } from "./ends.ts";
import type { Subject, VoiceChannel, VoiceMember } from "./ports.ts";
import type { Presence } from "./presence.ts";
import type { Refresh } from "./refresh.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { Transmission } from "./transmissions.ts";

/** The live state of one tenant. Every authorization looks ids up here, so another tenant's ids are unknown. */
export interface Room {
  readonly tenantId: string;
  readonly channels: Map<string, LiveChannel>;
  /** Welcomed sessions, by gateway session id. */
  readonly sessions: Map<string, Session>;
  /** Every open connection, including those being admitted. */
  readonly connections: Map<Connection, Subject>;
  readonly presence: Presence;
  readonly refresh: Refresh;
  readonly recheck: NodeJS.Timeout;
  readonly ends: Ends;
  /** Resolves once the channels were read for the first time. */
  readonly ready: Promise<void>;
  /** Counts changes to members. An admission repeats its read when the count changed meanwhile. */
  membersVersion: number;
}

export interface LiveChannel {
  rules: VoiceChannel;
  readonly people: Set<Session>;
  readonly talkers: Set<Transmission>;
}

/** One open workspace of one person (a browser tab). */
export interface Session {
  /** New for each connection and visible to others; not the web session's id. */
  readonly sessionId: string;
  readonly subject: Subject;
  readonly connection: Connection;
  /** As last read. */
  member: VoiceMember;
  /** When the access ends by time, as last read, on the monotonic clock. */
  endsAt: number;
  readonly joined: Set<string>;
  peer: Peer | null;
  readonly connectBudget: TokenBucket;
  readonly listening: Listening;
  /** The current talk. Null as soon as it ends, though its recording may still be finishing. */
  talk: Transmission | null;
  /** Mode of the current talk. A latched talk goes on without the key held and needs its own permission. */
  talkMode: TalkKeyMode;
}

/** What the client reports about its own playback. */
export interface Listening {
  sound: boolean;
  muted: ReadonlySet<string>;
  /** Runs for a while after a broadcast; with `changed`, another broadcast follows it. */
  pause: NodeJS.Timeout | null;
  changed: boolean;
}

export interface Peer {
  /** New for every media.connect, so that a late event of an earlier peer is not taken for this peer's. */
  readonly peerId: string;
  connected: boolean;
}

/** Sends the message to every session of the tenant, serialized once. */
export function broadcast(room: Room, message: ServerMessage): void {
  const text = JSON.stringify(message);
  for (const session of room.sessions.values()) session.connection.sendText(text);
}

export function person(session: Session, channelId: string): Person {
  const { sound, muted } = session.listening;
  return {
    sessionId: session.sessionId,
    memberId: session.member.memberId,
    name: session.member.name,
    hears: session.peer?.connected === true && sound && !muted.has(channelId),
  };
}

export function talker(talk: Transmission): Talker {
  return {
    sessionId: talk.sessionId,
    memberId: talk.memberId,
    name: talk.speakerName,
    transmissionId: talk.transmissionId,
    startedAt: talk.startedAt.toISOString(),
  };
}

export function welcome(room: Room, session: Session): ServerMessage {
  return {
    type: "welcome",
    sessionId: session.sessionId,
    memberId: session.member.memberId,
    serverTime: new Date().toISOString(),
    channels: [...room.channels].map(([channelId, channel]) => ({
      channelId,
      people: [...channel.people].map((present) => person(present, channelId)),
      talkers: [...channel.talkers].map(talker),
    })),
  };
}

/** The media worker's opaque id of a channel. It contains the tenant, so two tenants can never share a channel. */
export function mediaChannel(tenantId: string, channelId: string): string {
  return `${tenantId}/${channelId}`;
}
