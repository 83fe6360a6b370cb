/**
 * The port between the gateway and a media worker: commands in, events out. All are plain objects that survive a structured clone, so the
 * worker could run in another process or on another machine.
 * The worker knows peers, channels and transmissions by opaque ids, and no tenants, HTTP or SQL. The sender of commands must make sure that the
 * peers of a channel may hear each other.
 */

export type MediaCommand =
  /**
   * Creates a peer and answers with `offer`. An existing peer with this id is closed first. `remoteAddress`: the client's known IP address.
   * Candidates at any address other than this one and this machine's own are ignored.
   */
  | { type: "openPeer"; peerId: string; remoteAddress?: string | undefined }
  | { type: "answer"; peerId: string; sdp: string }
  | { type: "candidate"; peerId: string; candidate: string; mid: string }
  /** Closes the peer and ends its transmissions. Harmless when the peer is gone. */
  | { type: "closePeer"; peerId: string }
  /** The peer hears the channel from now on, transmissions in progress included. */
  | { type: "subscribe"; peerId: string; channelId: string }
  | { type: "unsubscribe"; peerId: string; channelId: string }
  /** Forwards the audio of the peer's microphone line (default 0) to the channel, beginning with the packets in its ring buffer. */
  | {
      type: "startTransmission";
      transmissionId: string;
      peerId: string;
      line?: number | undefined;
      channelId: string;
      record: boolean;
    }
  /**
   * Ends the transmission. Answered by `transmissionEnded`, after the last recorded page. `late`: packets that were sent before now are still
   * forwarded if they arrive within LATE_PACKETS_MS (contract/gateway.ts).
   */
  | { type: "endTransmission"; transmissionId: string; late?: boolean }
  /** Drops the packets in the peer's ring buffer, because its press was denied. */
  | { type: "dropBuffered"; peerId: string };

export type MediaEvent =
  | { type: "offer"; peerId: string; sdp: string }
  | { type: "candidate"; peerId: string; candidate: string; mid: string }
  | { type: "peerState"; peerId: string; state: "connected" | "lost" | "failed" }
  /** The listener's receive slot carries this transmission from now on, or nothing. `mid`: identifies the m-line (RFC 9143). */
  | { type: "slot"; peerId: string; mid: string; transmissionId: string | null; channelId: string | null }
  /** The listener has no free slot for this transmission. A `slot` that carries it may follow. */
  | { type: "uncarried"; peerId: string; transmissionId: string }
  /** The transmission's first packet arrived, or came from the ring buffer. */
  | { type: "transmissionStarted"; transmissionId: string; firstPacketAtMs: number }
  /**
   * A piece of the recording: whole Ogg pages (RFC 7845), at most 1 s of audio. All pieces up to any one, concatenated, are a playable file.
   * `levels`: loudness of this piece, one value in 0–100 per 100 ms.
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
  /** The last event of this transmission. `durationMs`: audio received, in steps of 20 ms. */
  | { type: "transmissionEnded"; transmissionId: string; durationMs: number; reason: "asked" | "peerGone" };

export interface Media {
  /** Never throws for an unknown id, because peers and transmissions may end while a command is on its way. */
  send(command: MediaCommand): void;
  onEvent(listener: (event: MediaEvent) => void): void;
  /** Closes every peer and frees the port. Harmless when called twice. */
  close(): Promise<void>;
}

export interface MediaOptions {
  /** UDP port that all peers share; 0 picks a free one. */
  port: number;
  /** Address to listen on; "0.0.0.0" for all. */
  listenAddress: string;
  /** Address that clients get, if it differs from the listening one (NAT, container). */
  announcedAddress?: string;
  /** Serve only browsers on this machine: offer them loopback, too, and close a peer that turns out to be elsewhere. */
  thisMachineOnly?: boolean;
  /** Returns this machine's addresses, loopback included. Called for each peer. Default: the addresses of its network interfaces. */
  machineAddresses?: () => readonly string[];
  log: (level: "error" | "warn" | "info" | "debug", message: string, details?: Record<string, unknown>) => void;
}
