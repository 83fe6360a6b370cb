import type { ClientMessage } from "#contract/gateway.ts";
import { midsToSendOn, endpointOf } from "./sdp.ts";
import type { AudioTrouble } from "./model.ts";
import type { Speakers } from "./speakers.ts";

interface MediaOptions {
  send: (message: ClientMessage) => void;
  speakers: () => Speakers;
  /** The audio connection broke and must be requested again. */
  onFailed: () => void;
  /** A new receive slot was attached to the speakers. */
  onSlot: (mid: string) => void;
}

export interface Media {
  offer: (sdp: string) => Promise<void>;
  candidate: (candidate: string, mid: string) => void;
  /**
   * Sends the microphone's track on one line. With null, not one packet leaves the browser. Each line is an RTP
   * stream of its own, so the server cannot take the end of one press for the beginning of the next.
   */
  transmit: (track: MediaStreamTrack | null, line?: number) => void;
  /** The addresses that the server offered, and whether this browser has one of its own: for diagnosing missing audio. */
  attempt: () => AudioTrouble;
  close: () => void;
}

/** The audio connection. The server offers, the browser answers: lines that send the microphone, and slots that receive talkers. */
export function makeMedia({ send, speakers, onFailed, onSlot }: MediaOptions): Media {
  let peer: RTCPeerConnection | null = null;
  let senders: RTCRtpSender[] = [];
  let onLine: { track: MediaStreamTrack; line: number } | null = null;
  let servers: string[] = [];
  let hasNetwork = false;
  let early: RTCIceCandidateInit[] = [];

  function close(): void {
    const old = peer;
    peer = null;
    senders = [];
    early = [];
    if (!old) return;
    old.ontrack = old.onicecandidate = old.onconnectionstatechange = null;
    old.close();
    speakers().detachAll();
  }

  async function offer(sdp: string): Promise<void> {
    const waiting = early;
    close();
    servers = [];
    hasNetwork = false;
    for (const { candidate: text } of waiting) noteServer(text ?? "");
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
        hasNetwork = true;
        send({ type: "media.candidate", candidate: candidate.candidate, mid: candidate.sdpMid });
      }
    };
    mine.onconnectionstatechange = () => {
      if (mine === peer && mine.connectionState === "failed") onFailed();
    };
    try {
      await mine.setRemoteDescription({ type: "offer", sdp });
      const mids = midsToSendOn(sdp);
      const lines = mine.getTransceivers().filter(({ mid }) => mid !== null && mids.includes(mid));
      for (const line of lines) line.direction = "sendonly";
      await mine.setLocalDescription(await mine.createAnswer());
      if (mine !== peer) return;
      senders = lines.map((line) => line.sender);
      send({ type: "media.answer", sdp: mine.localDescription?.sdp ?? "" });
      for (const candidate of early.splice(0)) await mine.addIceCandidate(candidate);
      // A press may have begun while the connection was being made.
      if (onLine) await senders[onLine.line]?.replaceTrack(onLine.track);
    } catch (error) {
      // A newer offer closed this peer during its negotiation, which is no failure.
      if (mine !== peer) return;
      console.error("whoot: the audio connection could not be set up", error);
      onFailed();
    }
  }

  function noteServer(text: string): void {
    const place = endpointOf(text);
    if (place && !servers.includes(place)) servers.push(place);
  }

  function candidate(text: string, mid: string): void {
    noteServer(text);
    const init = { candidate: text, sdpMid: mid };
    if (peer?.remoteDescription) peer.addIceCandidate(init).catch(() => undefined);
    else early.push(init);
  }

  return {
    offer,
    candidate,
    close,
    attempt: () => ({ servers: [...servers], hasNetwork }),
    transmit(track, line = 0) {
      onLine = track && { track, line };
      for (const [index, sender] of senders.entries()) {
        // replaceTrack needs no negotiation. With null the encoder stops and no RTP is sent.
        const next = index === line ? track : null;
        if (sender.track !== next) sender.replaceTrack(next).catch(() => undefined);
      }
    },
  };
}
