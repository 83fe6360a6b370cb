import type { ClientMessage, TalkDenial, TalkEnd } from "#contract/gateway.ts";
import type { Media } from "#contract/media.ts";
import { mayLatch, talkRefusal } from "../channels/policy.ts";
import { broadcast, mediaChannel, talker, type LiveChannel, type Room, type Session } from "./room.ts";
import type { Transmissions } from "./transmissions.ts";

type TalkStart = Extract<ClientMessage, { type: "talk.start" }>;

export interface Talk {
  /** The key went down: grants or denies in the same tick, from what was read last. Never asks the database. */
  start(room: Room, session: Session, press: TalkStart): void;
  /** The key went up. Harmless when nothing was granted. */
  stop(room: Room, session: Session): void;
  /** Ends what the session says now, if anything. With a reason the talker is told. */
  end(room: Room, session: Session, reason: TalkEnd | null): void;
}

/** Who talks: several at once on a channel, one transmission per session at a time. */
export function makeTalk(media: Media, transmissions: Transmissions): Talk {
  function dropBuffered(session: Session): void {
    if (session.peer) media.send({ type: "dropBuffered", peerId: session.peer.peerId });
  }

  function deny(session: Session, { channelId, pressId }: TalkStart, reason: TalkDenial): void {
    // While an earlier press is on the air there is nothing held back that would have to go.
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
          // Recording that is switched during a talk acts on the next one: half a recording would look like a whole.
          recorded: channel.rules.recording,
        },
        (why) => {
          if (session.talk === transmission) talk.end(room, session, why);
        },
      );
      session.talk = transmission;
      session.talkMode = press.mode ?? "hold";
      channel.talkers.add(transmission);
      const { transmissionId } = transmission;
      session.connection.send({ type: "talk.granted", channelId, pressId, transmissionId });
      broadcast(room, { type: "talker.started", channelId, talker: talker(transmission) });
      transmissions.forward(transmission, session.peer.peerId, mediaChannel(room.tenantId, channelId));
    },

    stop(room, session) {
      // What was said after a denial must not be heard at the beginning of the next press.
      if (session.talk === null) dropBuffered(session);
      else talk.end(room, session, null);
    },

    end(room, session, reason) {
      const transmission = session.talk;
      if (transmission === null) return;
      session.talk = null;
      const { channelId, transmissionId } = transmission;
      room.channels.get(channelId)?.talkers.delete(transmission);
      transmissions.end(transmission);
      if (reason !== null) session.connection.send({ type: "talk.ended", channelId, transmissionId, reason });
      broadcast(room, { type: "talker.stopped", channelId, transmissionId });
    },
  };
  return talk;
}

/** What the member may not do comes before what is not ready: a viewer should learn that no reconnecting helps. */
function denialOf(session: Session, channel: LiveChannel, mode: TalkStart["mode"]): TalkDenial | null {
  if (session.talk !== null) return "already_talking";
  const refusal = talkRefusal(session.member, channel.rules);
  if (refusal !== null) return refusal;
  if (mode === "latch" && !mayLatch(session.member)) return "latch_not_allowed";
  if (!session.joined.has(channel.rules.channelId)) return "not_joined";
  return session.peer?.connected ? null : "no_media";
}
