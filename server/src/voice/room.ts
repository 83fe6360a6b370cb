import type { TalkKeyMode } from "#contract/http/tenants.ts";
import type { Person, ServerMessage, Talker } from "#contract/gateway.ts";
import type { Connection } from "./connection.ts";
import type { Subject, VoiceChannel, VoiceMember } from "./ports.ts";
import type { Presence } from "./presence.ts";
import type { Refresh } from "./refresh.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { Transmission } from "./transmissions.ts";

/** The live state of one tenant. Everything that authorizes is looked up in here, so another tenant's ids are no ids. */
export interface Room {
  readonly tenantId: string;
  readonly channels: Map<string, LiveChannel>;
  /** Welcomed sessions, by gateway session id. */
  readonly sessions: Map<string, Session>;
  /** Every open connection, those that are being admitted included. */
  readonly connections: Map<Connection, Subject>;
  readonly presence: Presence;
  readonly refresh: Refresh;
  readonly recheck: NodeJS.Timeout;
  /** Settled when the channels were read for the first time. */
  readonly ready: Promise<void>;
  /** Counts the changes that may have changed who is a member; an admission read across one is repeated. */
  membersVersion: number;
}

export interface LiveChannel {
  rules: VoiceChannel;
  readonly people: Set<Session>;
  readonly talkers: Set<Transmission>;
}

/** One open workspace of one person (a browser tab). */
export interface Session {
  /** Made for this connection, known to others; not the web session's id. */
  readonly sessionId: string;
  readonly subject: Subject;
  readonly connection: Connection;
  /** As it was read last. */
  member: VoiceMember;
  readonly joined: Set<string>;
  peer: Peer | null;
  readonly connectBudget: TokenBucket;
  /** What it says now; null as soon as the talk ended, though its recording may still be finishing. */
  talk: Transmission | null;
  /** How it says it: latched, the talk goes on with nobody's finger on the key, which takes a permission of its own. */
  talkMode: TalkKeyMode;
}

export interface Peer {
  /** New for every media.connect, so that a late event of an earlier peer cannot be taken for this one's. */
  readonly peerId: string;
  connected: boolean;
}

/** Tells everyone in the tenant. The text is made once. */
export function broadcast(room: Room, message: ServerMessage): void {
  const text = JSON.stringify(message);
  for (const session of room.sessions.values()) session.connection.sendText(text);
}

export function person(session: Session): Person {
  return { sessionId: session.sessionId, memberId: session.member.memberId, name: session.member.name };
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
    channels: [...room.channels].map(([channelId, channel]) => ({
      channelId,
      people: [...channel.people].map(person),
      talkers: [...channel.talkers].map(talker),
    })),
  };
}

/** The media worker knows channels as opaque ids; with the tenant in it, two tenants can never share one. */
export function mediaChannel(tenantId: string, channelId: string): string {
  return `${tenantId}/${channelId}`;
}
