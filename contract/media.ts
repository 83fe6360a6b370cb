/**
 * The narrow port between the gateway and a media worker: commands in, events out, every one of them a plain object that
 * survives a structured clone, so that the worker can be this process, another process or another machine.
 * The worker knows peers, channels and transmissions as opaque ids; it knows no tenants, no HTTP and no SQL. That the
 * peers of one channel may hear each other is the sender's promise.
 */

export type MediaCommand =
  /** Makes a peer and answers with `offer`. A peer of that id that exists is closed first. */
  | { type: "openPeer"; peerId: string }
  | { type: "answer"; peerId: string; sdp: string }
  | { type: "candidate"; peerId: string; candidate: string; mid: string }
  /** Ends the peer with its transmissions. Closing a peer that is gone is harmless. */
  | { type: "closePeer"; peerId: string }
  /** The peer hears the channel from now on, an ongoing transmission included. */
  | { type: "subscribe"; peerId: string; channelId: string }
  | { type: "unsubscribe"; peerId: string; channelId: string }
  /** Forwards the peer's audio to the channel, beginning with what waits in its ring buffer. */
  | { type: "startTransmission"; transmissionId: string; peerId: string; channelId: string; record: boolean }
  /** Ends it. Answered by `transmissionEnded`, after the last recorded page. */
  | { type: "endTransmission"; transmissionId: string }
  /** Drops what waits in the peer's ring buffer: its press was denied. */
  | { type: "dropBuffered"; peerId: string };

export type MediaEvent =
  | { type: "offer"; peerId: string; sdp: string }
  | { type: "candidate"; peerId: string; candidate: string; mid: string }
  | { type: "peerState"; peerId: string; state: "connected" | "lost" | "failed" }
  /** The listener's receive slot carries this transmission from now on, or nothing. `mid` names the m-line (RFC 9143). */
  | { type: "slot"; peerId: string; mid: string; transmissionId: string | null; channelId: string | null }
  /** The first packet of the transmission arrived (it may have waited in the ring buffer). */
  | { type: "transmissionStarted"; transmissionId: string; firstPacketAtMs: number }
  /**
   * A closed piece of the recording: whole Ogg pages (RFC 7845), at most 1 s of audio. Everything up to here, written one
   * after the other, is a playable file. `levels`: loudness of this piece, one value in 0–100 per 100 ms.
   */
  | {
      type: "recordingPiece";
      transmissionId: string;
      /** 0, 1, 2 … without gaps. */
      sequence: number;
      bytes: Uint8Array;
      /** Length of the recording up to the end of this piece. */
      durationMs: number;
      levels: number[];
      last: boolean;
    }
  /** Nothing more comes of this transmission. durationMs: audio received, in 20 ms steps. */
  | { type: "transmissionEnded"; transmissionId: string; durationMs: number; reason: "asked" | "peerGone" };

export interface Media {
  /** Never throws for an id that is unknown: ids may have ended while the command was on its way. */
  send(command: MediaCommand): void;
  onEvent(listener: (event: MediaEvent) => void): void;
  /** Ends every peer and frees the port. Harmless when called twice. */
  close(): Promise<void>;
}

export interface MediaOptions {
  /** UDP port that every peer shares; 0 takes a free one. */
  port: number;
  /** Address to listen on; "0.0.0.0" for all. */
  listenAddress: string;
  /** Address that clients are told, where it differs from the listening one (NAT, container). */
  announcedAddress?: string;
  log: (level: "error" | "warn" | "info" | "debug", message: string, details?: Record<string, unknown>) => void;
}
