/**
 * A safe wrapper of a native connection with its single track.
 *
 * Hazards of node-datachannel 0.33, all observed:
 * - A PeerConnection or Track that is garbage collected before its closed event was handled leaves a dangling pointer
 *   behind, and a later `cleanup()` hangs or crashes. So `closing` holds connections until both events have come.
 * - After `pc.close()` alone, the track's callbacks keep the process alive. So the track is closed first. And a track is
 *   released only if it has an `onClosed` callback.
 * - An exception in a callback ends the process. So every callback catches everything.
 * - `setLocalDescription` ends the process when it has no track to offer or no port to bind. So both always exist.
 * - The state "connected" comes before the track is open, and sending on the track throws until then.
 */
import { Audio, PeerConnection, type Track } from "node-datachannel";
import { OPUS_PAYLOAD_TYPE } from "./rtp.ts";
import { MICROPHONE_MID, OPUS_PARAMETERS } from "./sdp.ts";

export interface ConnectionCallbacks {
  offer?(sdp: string): void;
  candidate?(candidate: string): void;
  /** ICE and DTLS are up, and the track can send. */
  open?(): void;
  lost?(): void;
  /** The connection failed, or the client closed it. */
  failed?(): void;
  /** Gets every RTP and RTCP packet unread. */
  packet?(bytes: Buffer): void;
  /** An error that does not end the connection: a callback threw, or a candidate is bad. */
  error?(error: unknown): void;
}

export interface Connection {
  readonly track: Track;
  /** @throws whatever the native parser throws */
  setAnswer(sdp: string): void;
  /** Never throws, because one bad candidate among several is harmless. */
  addCandidate(candidate: string): void;
  /** The client's address on this connection; null before it is connected. */
  remoteAddress(): string | null;
  /** No callback is called afterwards. Harmless when called twice. */
  close(): void;
}

const closing = new Set<Connection>();

/** How many closed connections have not finished closing on the native side. */
export function closingConnections(): number {
  return closing.size;
}

/** Opens a connection on the shared port and creates its offer. */
export function openConnection(name: string, address: string, port: number, callbacks: ConnectionCallbacks): Connection {
  const pc = new PeerConnection(name, {
    iceServers: [],
    bindAddress: address,
    enableIceUdpMux: true,
    portRangeBegin: port,
    portRangeEnd: port,
    disableAutoNegotiation: true,
  });
  const audio = new Audio(MICROPHONE_MID, "SendRecv");
  audio.addOpusCodec(OPUS_PAYLOAD_TYPE, OPUS_PARAMETERS);
  const track = pc.addTrack(audio);
  let isClosed = false;
  /** How many of the two, connection and track, have not sent their closed event. */
  let openParts = 2;

  const guarded = (act: () => void) => {
    if (isClosed) return;
    try {
      act();
    } catch (error) {
      callbacks.error?.(error);
    }
  };
  const ended = () => {
    openParts--;
    if (openParts === 0) closing.delete(connection);
  };

  const connection: Connection = {
    track,
    setAnswer: (sdp) => pc.setRemoteDescription(sdp, "answer"),
    addCandidate(candidate) {
      try {
        pc.addRemoteCandidate(candidate, MICROPHONE_MID);
      } catch (error) {
        // The candidate is invalid, or the connection has just failed, which is reported as an event.
        callbacks.error?.(error);
      }
    },
    remoteAddress: () => (isClosed ? null : (pc.getSelectedCandidatePair()?.remote.address ?? null)),
    close() {
      if (isClosed) return;
      isClosed = true;
      if (openParts > 0) closing.add(connection);
      track.close();
      pc.close();
    },
  };

  pc.onLocalDescription((sdp) => guarded(() => callbacks.offer?.(sdp)));
  pc.onLocalCandidate((candidate) => guarded(() => callbacks.candidate?.(candidate)));
  pc.onStateChange((state) => {
    if (state === "closed") ended();
    if (state === "disconnected") guarded(() => callbacks.lost?.());
    if (state === "failed" || state === "closed") guarded(() => callbacks.failed?.());
  });
  track.onOpen(() => guarded(() => callbacks.open?.()));
  track.onClosed(ended);
  track.onMessage((bytes) => guarded(() => callbacks.packet?.(bytes)));
  pc.setLocalDescription("offer");
  return connection;
}
