import type { ClientMessage } from "#contract/gateway.ts";
import { midToSendOn } from "./sdp.ts";
import type { Speakers } from "./speakers.ts";

interface MediaOptions {
  send: (message: ClientMessage) => void;
  speakers: () => Speakers;
  /** The audio connection broke and has to be asked for again. */
  onFailed: () => void;
  /** A receive slot exists from now on. */
  onSlot: (mid: string) => void;
}

export interface Media {
  offer: (sdp: string) => Promise<void>;
  candidate: (candidate: string, mid: string) => void;
  /** Puts the microphone on the line, or takes it off: off the line, not one packet leaves the browser. */
  transmit: (track: MediaStreamTrack | null) => void;
  close: () => void;
}

/** The audio connection: the server offers, we answer. One line up for the microphone, several down for talkers. */
export function makeMedia({ send, speakers, onFailed, onSlot }: MediaOptions): Media {
  let peer: RTCPeerConnection | null = null;
  let sender: RTCRtpSender | null = null;
  let track: MediaStreamTrack | null = null;
  let early: RTCIceCandidateInit[] = [];

  function close(): void {
    const old = peer;
    peer = null;
    sender = null;
    early = [];
    if (!old) return;
    old.ontrack = old.onicecandidate = old.onconnectionstatechange = null;
    old.close();
    speakers().detachAll();
  }

  async function offer(sdp: string): Promise<void> {
    const waiting = early;
    close();
    const mine = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    peer = mine;
    early = waiting;
    mine.ontrack = ({ track: received, transceiver }) => {
      if (transceiver.mid === null) return;
      speakers().attach(transceiver.mid, received);
      onSlot(transceiver.mid);
    };
    mine.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate && candidate.sdpMid !== null) {
        send({ type: "media.candidate", candidate: candidate.candidate, mid: candidate.sdpMid });
      }
    };
    mine.onconnectionstatechange = () => {
      if (mine === peer && mine.connectionState === "failed") onFailed();
    };
    try {
      await mine.setRemoteDescription({ type: "offer", sdp });
      const mid = midToSendOn(sdp);
      const line = mine.getTransceivers().find((transceiver) => transceiver.mid === mid);
      if (line) line.direction = "sendonly";
      await mine.setLocalDescription(await mine.createAnswer());
      if (mine !== peer) return;
      sender = line?.sender ?? null;
      send({ type: "media.answer", sdp: mine.localDescription?.sdp ?? "" });
      for (const candidate of early.splice(0)) await mine.addIceCandidate(candidate);
      // A press may have come while the connection was being made.
      if (track) await sender?.replaceTrack(track);
    } catch (error) {
      // A newer offer closed this peer in the middle of its negotiation: nothing is wrong then.
      if (mine !== peer) return;
      console.error("whoot: the audio connection could not be set up", error);
      onFailed();
    }
  }

  function candidate(text: string, mid: string): void {
    const init = { candidate: text, sdpMid: mid };
    if (peer?.remoteDescription) peer.addIceCandidate(init).catch(() => undefined);
    else early.push(init);
  }

  return {
    offer,
    candidate,
    close,
    transmit(next) {
      track = next;
      // replaceTrack needs no negotiation; with null the encoder stops and no RTP is sent at all.
      sender?.replaceTrack(next).catch(() => undefined);
    },
  };
}
