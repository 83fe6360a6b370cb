import type { ClientMessage, TalkDenial, TalkEnd } from "#contract/gateway.ts";
import type { Media } from "#contract/media.ts";
import { mayLatch, talkRefusal } from "./talk-rule.ts";
import { broadcast, mediaChannel, talker, type LiveChannel, type Room, type Session } from "./room.ts";
import type { Transmissions } from "./transmissions.ts";

type TalkStart = Extract<ClientMessage, { type: "talk.start" }>;

export interface Talk {
  /** The key went down: grants or denies in the same tick, from the last read state. Never queries the database. */
  start(room: Room, session: Session, press: TalkStart): void;
  /** The key went up. Harmless when nothing was granted. */
  stop(room: Room, session: Session): void;
  /** Ends the session's talk, if any. With a reason, the talker is told; without, late packets are still forwarded. */
  end(room: Room, session: Session, reason: TalkEnd | null): void;
}

/** Starts and ends talk: several talkers at once on a channel, one transmission at a time per session. */
export function makeTalk(media: Media, transmissions: Transmissions): Talk {
  function dropBuffered(session: Session): void {
    if (session.peer) media.send({ type: "dropBuffered", peerId: session.peer.peerId });
  }

  function deny(session: Session, { channelId, pressId }: TalkStart, reason: TalkDenial): void {
    // While an earlier talk is live, its packets are forwarded at once and nothing needs to be dropped.
    if (session.talk === null) dropBuffered(session);
    session.connection.send({ type: "talk.denied", channelId, pressId, reason });
  }

  const talk: Talk = {
    start(room, session, press) {
      const { channelId, pressId } = press;
      const channel = room.channels.get(channelId);
      if (!channel) {
        session.connection.error("unknown_channel", "There is no such channel.");
        return deny(session, press, "not_joined");
      }
      const denial = denialOf(session, channel, press.mode);
      if (denial !== null) return deny(session, press, denial);
      if (!session.peer) return deny(session, press, "no_media");

      const transmission = transmissions.register(
        {
          tenantId: room.tenantId,
          channelId,
          sessionId: session.sessionId,
          memberId: session.member.memberId,
          speakerName: session.member.name,
          // Fixed for the whole talk: half a recording would look like a complete one.
          recorded: channel.rules.recording,
        },
        (cutoff) => {
          if (session.talk === transmission) talk.end(room, session, cutoff);
        },
      );
      session.talk = transmission;
      session.talkMode = press.mode ?? "hold";
      channel.talkers.add(transmission);
      const { transmissionId } = transmission;
      session.connection.send({ type: "talk.granted", channelId, pressId, transmissionId });
      broadcast(room, { type: "talker.started", channelId, talker: talker(transmission) });
      transmissions.forward(transmission, session.peer.peerId, press.line ?? 0, mediaChannel(room.tenantId, channelId));
    },

    stop(room, session) {
      // Audio that was sent after a denial must not be heard at the start of the next press.
      if (session.talk === null) dropBuffered(session);
      else talk.end(room, session, null);
    },

    end(room, session, reason) {
      const transmission = session.talk;
      if (transmission === null) return;
      session.talk = null;
      const { channelId, transmissionId } = transmission;
      room.channels.get(channelId)?.talkers.delete(transmission);
      // A talker who releases the key is heard to the end of the word; one who was revoked, cut off or left is not.
      transmissions.end(transmission, reason === null);
      if (reason !== null) session.connection.send({ type: "talk.ended", channelId, transmissionId, reason });
      broadcast(room, { type: "talker.stopped", channelId, transmissionId });
    },
  };
  return talk;
}

/** Permissions come before "not joined" and "no audio": a viewer should see that reconnecting does not help. */
function denialOf(session: Session, channel: LiveChannel, mode: TalkStart["mode"]): TalkDenial | null {
  if (session.talk !== null) return "already_talking";
  const refusal = talkRefusal(session.member, channel.rules);
  if (refusal !== null) return refusal;
  if (channel.rules.talkStopped) return "workspace_unpaid";
  if (mode === "latch" && !mayLatch(session.member)) return "latch_not_allowed";
  if (!session.joined.has(channel.rules.channelId)) return "not_joined";
  return session.peer?.connected ? null : "no_media";
}
