import { v7 as uuidv7 } from "uuid";
import type { Media, MediaEvent } from "#contract/media.ts";
import { mediaChannel, type Room, type Session } from "./room.ts";
import type { Talk } from "./talk.ts";
import type { Transmissions } from "./transmissions.ts";

export type PeerEvent = Extract<MediaEvent, { peerId: string }>;

export interface MediaLinks {
  /** A new peer for the session, hearing what it joined. An earlier one ends, and with it what was said on it. */
  connect(room: Room, session: Session): void;
  answer(session: Session, sdp: string): void;
  candidate(session: Session, candidate: string, mid: string): void;
  /** Ends the session's peer, if it has one. */
  disconnect(room: Room, session: Session): void;
  onMedia(event: PeerEvent): void;
  count(): number;
}

/** Which media peer belongs to whom. Events of peers that ended find nobody. */
export function makeMediaLinks(media: Media, talk: Talk, transmissions: Transmissions): MediaLinks {
  const owners = new Map<string, { room: Room; session: Session }>();

  function disconnect(room: Room, session: Session): void {
    talk.end(room, session, "media_lost");
    if (session.peer === null) return;
    const { peerId } = session.peer;
    session.peer = null;
    owners.delete(peerId);
    media.send({ type: "closePeer", peerId });
  }

  function stateChanged(room: Room, session: Session, state: "connected" | "lost" | "failed"): void {
    if (session.peer === null) return;
    if (state === "connected") {
      session.peer.connected = true;
      return session.connection.send({ type: "media.state", state });
    }
    const { connected } = session.peer;
    // Nothing is kept for a comeback: the client is told to connect anew, and a lost peer would be a leak.
    disconnect(room, session);
    if (!connected) {
      session.connection.error("media_failed", "The audio connection could not be made; a firewall may block UDP.");
    }
    session.connection.send({ type: "media.state", state: "lost" });
  }

  return {
    connect(room, session) {
      if (!session.connectBudget.take()) {
        return session.connection.error("media_failed", "Audio was connected too often. Wait some seconds.");
      }
      disconnect(room, session);
      const peerId = uuidv7();
      session.peer = { peerId, connected: false };
      owners.set(peerId, { room, session });
      media.send({ type: "openPeer", peerId });
      for (const channelId of session.joined) {
        media.send({ type: "subscribe", peerId, channelId: mediaChannel(room.tenantId, channelId) });
      }
    },

    // Without a peer these are late: it was lost while they were on their way.
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
      const source = event.transmissionId === null ? undefined : transmissions.find(event.transmissionId);
      session.connection.send({
        type: "slot",
        mid: event.mid,
        // One that ended while the event was on its way carries nobody any more.
        source:
          source?.tenantId === room.tenantId
            ? { channelId: source.channelId, sessionId: source.sessionId, transmissionId: source.transmissionId }
            : null,
      });
    },

    count: () => owners.size,
  };
}
