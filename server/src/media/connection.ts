/**
 * A native connection with its one track, made safe to use.
 *
 * Hazards of node-datachannel 0.33, each seen:
 * - A PeerConnection or Track that is garbage collected before its closed event was handled leaves a dangling pointer
 *   behind; a later `cleanup()` then hangs or crashes. So `closing` holds connections until those events came.
 * - `pc.close()` alone keeps the track's callbacks, and with them the process, alive: the track is closed first. And only a
 *   track with an `onClosed` of its own is ever let go of.
 * - An exception in a callback ends the process, and so does one of `setLocalDescription`, which has no track to offer
 *   or no port to bind: the callbacks catch everything, and a track and port are always there.
 * - The state "connected" comes before the track is open, and sending on it throws until then.
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
  /** Failed, or closed by the other side. */
  failed?(): void;
  /** RTP and RTCP as they come. */
  packet?(bytes: Buffer): void;
  /** Something went wrong that does not end the connection: a callback threw, a candidate is bad. */
  error?(error: unknown): void;
}

export interface Connection {
  readonly track: Track;
  /** Throws what the native parser throws. */
  setAnswer(sdp: string): void;
  /** Never throws: one candidate of several may be bad. */
  addCandidate(candidate: string): void;
  /** No callback comes after it. Harmless when called twice. */
  close(): void;
}

const closing = new Set<Connection>();

/** How many connections are closed here and not yet on the native side. */
export function closingConnections(): number {
  return closing.size;
}

/** Opens a connection on the shared port and offers. */
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
  /** Connection and track: those whose closed event has not come. */
  let alive = 2;

  const guarded = (act: () => void) => {
    if (isClosed) return;
    try {
      act();
    } catch (error) {
      callbacks.error?.(error);
    }
  };
  const ended = () => {
    alive--;
    if (alive === 0) closing.delete(connection);
  };

  const connection: Connection = {
    track,
    setAnswer: (sdp) => pc.setRemoteDescription(sdp, "answer"),
    addCandidate(candidate) {
      try {
        pc.addRemoteCandidate(candidate, MICROPHONE_MID);
      } catch (error) {
        // Of no use, or too late because the connection just failed; that comes as an event of its own.
        callbacks.error?.(error);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      if (alive > 0) closing.add(connection);
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
