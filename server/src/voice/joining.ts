import type { Media } from "#contract/media.ts";
import type { VoiceChannel } from "./ports.ts";
import { mediaChannel, person, type Room, type Session } from "./room.ts";
import type { Talk } from "./talk.ts";

type LeaveReason = "asked" | "revoked" | "channel_deleted";

export interface Joining {
  join(room: Room, session: Session, channelId: string): void;
  leave(room: Room, session: Session, channelId: string, reason: LeaveReason): void;
  /** Adds new channels, updates changed ones, and makes everybody leave deleted ones. */
  applyChannels(room: Room, channels: readonly VoiceChannel[]): void;
}

/** Tracks who is in which channel and subscribes their media peers accordingly. */
export function makeJoining(media: Media, talk: Talk): Joining {
  function leave(room: Room, session: Session, channelId: string, reason: LeaveReason): void {
    const channel = room.channels.get(channelId);
    if (!channel) return session.connection.error("unknown_channel", "There is no such channel.");
    if (session.joined.delete(channelId)) {
      if (session.talk?.channelId === channelId) talk.end(room, session, reason === "asked" ? "left" : reason);
      channel.people.delete(session);
      if (session.peer) {
        const { peerId } = session.peer;
        media.send({ type: "unsubscribe", peerId, channelId: mediaChannel(room.tenantId, channelId) });
      }
      room.presence.left(channelId, session.sessionId);
    }
    session.connection.send({ type: "left", channelId, reason });
  }

  return {
    join(room, session, channelId) {
      const channel = room.channels.get(channelId);
      if (!channel) return session.connection.error("unknown_channel", "There is no such channel.");
      if (!session.member.permissions.has("voice.join")) {
        return session.connection.send({ type: "left", channelId, reason: "revoked" });
      }
      if (!session.joined.has(channelId)) {
        session.joined.add(channelId);
        channel.people.add(session);
        if (session.peer) {
          const { peerId } = session.peer;
          media.send({ type: "subscribe", peerId, channelId: mediaChannel(room.tenantId, channelId) });
        }
        room.presence.joined(channelId, person(session, channelId));
      }
      session.connection.send({ type: "joined", channelId });
    },

    leave,

    applyChannels(room, channels) {
      const fresh = new Map(channels.map((rules) => [rules.channelId, rules]));
      for (const [channelId, channel] of room.channels) {
        if (fresh.has(channelId)) continue;
        for (const session of channel.people) leave(room, session, channelId, "channel_deleted");
        room.channels.delete(channelId);
      }
      for (const [channelId, rules] of fresh) {
        const channel = room.channels.get(channelId);
        if (channel) channel.rules = rules;
        else room.channels.set(channelId, { rules, people: new Set(), talkers: new Set() });
      }
    },
  };
}
