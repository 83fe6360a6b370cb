import { v7 as uuidv7 } from "uuid";
import type { Media, MediaEvent } from "#contract/media.ts";
import { tellHears } from "./listening.ts";
import { makeReach } from "./reach.ts";
import { mediaChannel, type Room, type Session } from "./room.ts";
import type { Talk } from "./talk.ts";
import type { Transmissions } from "./transmissions.ts";

export type PeerEvent = Extract<MediaEvent, { peerId: string }>;

export interface MediaLinks {
  /** Opens a new peer for the session, subscribed to the channels it joined. Ends an earlier peer and the talk on it. */
  connect(room: Room, session: Session): void;
  answer(session: Session, sdp: string): void;
  candidate(session: Session, candidate: string, mid: string): void;
  /** Ends the session's peer, if it has one. */
  disconnect(room: Room, session: Session): void;
  onMedia(event: PeerEvent): void;
  count(): number;
}

/** Links media peers to sessions. Events of ended peers are ignored. */
export function makeMediaLinks(media: Media, talk: Talk, transmissions: Transmissions): MediaLinks {
  const owners = new Map<string, { room: Room; session: Session }>();
  const reach = makeReach();

  function disconnect(room: Room, session: Session): void {
    talk.end(room, session, "media_lost");
    if (session.peer === null) return;
    const { peerId, connected } = session.peer;
    session.peer = null;
    owners.delete(peerId);
    media.send({ type: "closePeer", peerId });
    if (connected) tellHears(room, session);
  }

  function stateChanged(room: Room, session: Session, state: "connected" | "lost" | "failed"): void {
    if (session.peer === null) return;
    if (state === "connected") {
      session.peer.connected = true;
      tellHears(room, session);
      return session.connection.send({ type: "media.state", state });
    }
    const { connected } = session.peer;
    // A lost peer is closed, not kept: the client connects a new one, and the old one would leak.
    disconnect(room, session);
    if (!connected) {
      session.connection.error("media_failed", "The audio connection could not be established. A firewall may be blocking UDP.");
    }
    session.connection.send({ type: "media.state", state: "lost" });
  }

  return {
    connect(room, session) {
      if (!session.connectBudget.take()) {
        return session.connection.error("media_failed", "Too many audio connections in a short time. Wait a few seconds.");
      }
      disconnect(room, session);
      const peerId = uuidv7();
      session.peer = { peerId, connected: false };
      owners.set(peerId, { room, session });
      media.send({ type: "openPeer", peerId, remoteAddress: session.subject.remoteAddress });
      for (const channelId of session.joined) {
        media.send({ type: "subscribe", peerId, channelId: mediaChannel(room.tenantId, channelId) });
      }
    },

    // Without a peer, an answer or a candidate is late: the peer was lost while it was on its way.
    answer(session, sdp) {
      if (session.peer) media.send({ type: "answer", peerId: session.peer.peerId, sdp });
    },
    candidate(session, candidate, mid) {
      if (session.peer) media.send({ type: "candidate", peerId: session.peer.peerId, candidate, mid });
    },

    disconnect,

    onMedia(event) {
      const owner = owners.get(event.peerId);
      if (!owner) return;
      const { room, session } = owner;
      if (event.type === "peerState") return stateChanged(room, session, event.state);
      if (event.type === "offer") return session.connection.send({ type: "media.offer", sdp: event.sdp });
      if (event.type === "candidate") {
        const { candidate, mid } = event;
        return session.connection.send({ type: "media.candidate", candidate, mid });
      }
      const transmission = event.transmissionId === null ? undefined : transmissions.find(event.transmissionId);
      // Undefined when the transmission ended while the event was on its way.
      const source = transmission?.tenantId === room.tenantId ? transmission : null;
      if (source) reach.note(room, source, session, event.type === "slot");
      if (event.type === "uncarried") return;
      session.connection.send({
        type: "slot",
        mid: event.mid,
        source: source && { channelId: source.channelId, sessionId: source.sessionId, transmissionId: source.transmissionId },
      });
    },

    count: () => owners.size,
  };
}
